// mikro-orm: schema generator and its comparison, unit of work, query builder, locking, transactions.
import { EntitySchema, LockMode, MikroORM, raw } from "@mikro-orm/postgresql";

const Author = new EntitySchema({
  name: "Author",
  tableName: "author",
  properties: {
    id: { type: "number", primary: true, autoincrement: true },
    name: { type: "string", length: 40, unique: true },
    mood: { enum: true, items: () => ["sad", "ok"], default: "ok", nativeEnumName: "mood" },
    doc: { type: "json", nullable: true },
    tags: { type: "array", nullable: true },
    price: { type: "decimal", precision: 8, scale: 2, nullable: true },
    born: { type: "date", nullable: true },
    at: { type: "datetime", nullable: true },
    big: { type: "bigint", nullable: true },
    version: { type: "number", version: true },
    books: { kind: "1:m", entity: "Book", mappedBy: "author", orphanRemoval: true },
  },
  indexes: [{ properties: ["price", "born"] }],
  checks: [{ name: "positive", expression: "price >= 0" }],
});
const Book = new EntitySchema({
  name: "Book",
  tableName: "book",
  properties: {
    id: { type: "uuid", primary: true, defaultRaw: "gen_random_uuid()" },
    title: { type: "text" },
    author: { kind: "m:1", entity: "Author", deleteRule: "cascade" },
    tags: { kind: "m:n", entity: "Tag", pivotTable: "book_tag" },
  },
});
const Tag = new EntitySchema({ name: "Tag", tableName: "tag", properties: { name: { type: "string", primary: true } } });
const orm = await MikroORM.init({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  user: "postgres",
  dbName: "postgres",
  schema: "mikro_test",
  entities: [Author, Book, Tag],
  debug: false,
  discovery: { warnWhenNoEntities: false },
  driverOptions: { connection: { options: "-c client_min_messages=warning" } },
  schemaGenerator: { disableForeignKeys: false },
});
const em = orm.em.fork();
await em.getConnection().execute("drop schema if exists mikro_test cascade");
const generator = orm.getSchemaGenerator();
console.log((await generator.getCreateSchemaSQL()).length > 0);
await generator.createSchema({ schema: "mikro_test" });
console.log(JSON.stringify(await generator.getUpdateSchemaSQL({ schema: "mikro_test", safe: false, dropTables: false })));
const a = em.create("Author", {
  name: "Ann",
  doc: { k: [1] },
  tags: ["x", "y"],
  price: "1.50",
  born: "2024-02-29",
  at: new Date(0),
  big: "1152921504606846976",
  books: [
    { id: "00000000-0000-0000-0000-000000000001", title: "one", tags: [{ name: "red" }] },
    { id: "00000000-0000-0000-0000-000000000002", title: "two" },
  ],
});
await em.persistAndFlush(a);
for (let i = 0; i < 20; i++) em.create("Author", { name: `a${i}`, price: i });
await em.flush();
em.clear();
const found = await em.findOneOrFail("Author", { name: "Ann" }, { populate: ["books.tags"] });
console.log(JSON.stringify(found));
found.name = "Anna";
found.books.remove(found.books.getItems()[1]);
await em.flush();
console.log(found.version, await em.count("Book"));
console.log(
  (
    await em.find(
      "Author",
      { price: { $gt: 15 }, $or: [{ name: { $like: "a1%" } }, { tags: { $contains: ["x"] } }] },
      { orderBy: { price: "desc" }, limit: 2 },
    )
  ).map((x) => x.name),
  await em.count("Author", { doc: { k: { $contains: [1] } } }).catch((e) => e.code),
  await em.find("Author", { books: { title: "one" } }).then((r) => r.length),
);
console.log(
  await em
    .createQueryBuilder("Author", "a")
    .select(["name"])
    .leftJoin("a.books", "b")
    .addSelect(raw("count(b.id) as n"))
    .groupBy("name")
    .having("count(b.id) > 0")
    .execute("all"),
  await em.nativeUpdate("Author", { name: "a1" }, { price: 50 }),
  await em.nativeDelete("Author", { name: "a2" }),
  await em.upsert("Author", { name: "a3", price: 70 }).then((x) => x.price),
);
await em
  .transactional(async (t) => {
    const x = await t.findOne("Author", { name: "a4" }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    x.price = 99;
    throw new Error("no");
  })
  .catch((e) => console.log(e.message));
try {
  const f = orm.em.fork();
  f.create("Author", { name: "a5" });
  await f.flush();
} catch (e) {
  console.log(e.name, e.code, e.detail);
}
await em.getConnection().execute("drop schema mikro_test cascade");
await orm.close();
