// typeorm: schema synchronization, migrations, repositories, query builder, transactions, streams.
import "reflect-metadata";
import { DataSource, EntitySchema, In, LessThan, Like, Raw } from "typeorm";

const url = {
  type: "postgres",
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  username: "postgres",
  database: "postgres",
  schema: "typeorm_test",
  extra: { options: "-c client_min_messages=warning" },
  installExtensions: false,
};
const admin = new DataSource(url);
await admin.initialize();
await admin.query("drop schema if exists typeorm_test cascade");
await admin.query("create schema typeorm_test");
await admin.destroy();
const User = new EntitySchema({
  name: "user",
  columns: {
    id: { type: Number, primary: true, generated: true },
    name: { type: "varchar", length: 40, unique: true, comment: "its name" },
    mood: { type: "enum", enum: ["sad", "ok"], default: "ok" },
    doc: { type: "jsonb", nullable: true },
    tags: { type: "text", array: true, default: () => "'{}'" },
    price: { type: "decimal", precision: 8, scale: 2, nullable: true },
    at: { type: "timestamptz", createDate: true },
    version: { type: Number, version: true },
    big: { type: "bigint", nullable: true },
    live: { type: Boolean, default: true },
    day: { type: "date", nullable: true },
    span: { type: "interval", nullable: true },
    raw: { type: "bytea", nullable: true },
    pages: { type: "int4range", nullable: true },
    twice: { type: "int", generatedType: "STORED", asExpression: "id * 2", nullable: true },
  },
  relations: { posts: { type: "one-to-many", target: "post", inverseSide: "author", cascade: true } },
  indices: [{ name: "user_price", columns: ["price", "live"], where: "live" }],
  checks: [{ name: "positive", expression: "price >= 0" }],
});
const Post = new EntitySchema({
  name: "post",
  columns: {
    id: { type: "uuid", primary: true, default: () => "gen_random_uuid()" },
    title: { type: "text" },
    deleted: { type: "timestamptz", deleteDate: true, nullable: true },
  },
  relations: {
    author: { type: "many-to-one", target: "user", inverseSide: "posts", onDelete: "CASCADE", joinColumn: true },
    labels: { type: "many-to-many", target: "label", joinTable: true, cascade: true },
  },
});
const Label = new EntitySchema({ name: "label", columns: { name: { type: String, primary: true } } });
class AddExtra1700000000000 {
  name = "AddExtra1700000000000";
  async up(q) {
    await q.query('alter table typeorm_test."user" add column extra int default 3');
    const t = await q.getTable("typeorm_test.user");
    console.log(
      t.columns.map((c) => [c.name, c.type, c.isNullable, c.default, c.isUnique, c.isArray, c.length, c.precision, c.comment, c.enum]),
      t.indices.map((i) => [i.name, i.columnNames, i.where]),
      t.checks.map((c) => [c.name, c.expression]),
      t.uniques.map((u) => u.columnNames),
    );
  }
  async down(q) {
    await q.dropColumn("typeorm_test.user", "extra");
  }
}
const db = new DataSource({
  ...url,
  entities: [User, Post, Label],
  synchronize: true,
  migrations: [AddExtra1700000000000],
  logging: false,
});
await db.initialize();
const log = await db.driver.createSchemaBuilder().log();
console.log(log.upQueries.map((q) => q.query));
console.log((await db.runMigrations()).map((m) => m.name));
await db.undoLastMigration();
const users = db.getRepository("user");
const posts = db.getRepository("post");
const ann = await users.save({
  name: "Ann",
  doc: { a: [1] },
  tags: ["x", "y z"],
  price: "1.50",
  big: "1152921504606846976",
  day: "2024-02-29",
  span: "1 day",
  raw: Buffer.from([0, 255]),
  pages: "[1,5)",
  posts: [
    { title: "one", labels: [{ name: "red" }, { name: "blue" }] },
    { title: "two", labels: [] },
  ],
});
await users.insert(Array.from({ length: 20 }, (_, i) => ({ name: `u${i}`, price: i })));
const { at, posts: p, ...rest } = await users.findOne({ where: { name: "Ann" }, relations: { posts: { labels: true } } });
console.log(rest, p.map((x) => [x.title, x.labels?.map((l) => l.name).sort()]).sort());
ann.name = "Anna";
await users.save(ann);
console.log(
  (await users.findOneBy({ id: ann.id })).version,
  await users.count({ where: { price: LessThan(5) } }),
  (await users.find({ where: { name: Like("u1%"), price: In([1, 11, 12]) }, order: { price: "DESC" }, take: 2, skip: 1 })).map(
    (u) => u.name,
  ),
  await users.findAndCount({ take: 1, order: { id: "ASC" } }).then(([r, n]) => [r.length, n]),
  await users.countBy({ doc: Raw((a) => `${a} @> '{"a": [1]}'`) }),
);
console.log(
  await users
    .createQueryBuilder("u")
    .leftJoin("u.posts", "p")
    .select("u.name", "name")
    .addSelect("count(p.id)", "n")
    .groupBy("u.name")
    .having("count(p.id) > 0")
    .getRawMany(),
  await users
    .createQueryBuilder()
    .insert()
    .values({ name: "u1", price: 50 })
    .orUpdate(["price"], ["name"])
    .returning(["id", "price"])
    .execute()
    .then((r) => r.raw.map((x) => x.price)),
  await users.upsert([{ name: "u2", price: 60 }], ["name"]).then((r) => r.identifiers.length),
  await users
    .createQueryBuilder()
    .update()
    .set({ price: () => "price + 1" })
    .where("name = :n", { n: "u3" })
    .returning("price")
    .execute()
    .then((r) => r.raw),
  (await users.delete({ name: "u4" })).affected,
);
await posts.softDelete({ title: "two" });
console.log(await posts.count(), await posts.count({ withDeleted: true }));
console.log(
  await users.insert({ name: "u5" }).catch((e) => [e.code, e.detail]),
  await db
    .transaction("SERIALIZABLE", async (m) => {
      await m.insert("user", { name: "tx" });
      throw new Error("no");
    })
    .catch((e) => e.message),
  await db.transaction(
    async (m) => (await m.findOne("user", { where: { name: "u5" }, lock: { mode: "pessimistic_write", onLocked: "skip_locked" } })).name,
  ),
  await db.query("select $1::int + 1 as n", [1]),
);
await db.dropDatabase().catch((e) => console.log(e.message));
await db.query("drop schema typeorm_test cascade");
await db.destroy();
