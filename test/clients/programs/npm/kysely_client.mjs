// kysely: schema, migrations, typed queries, introspection, streams.
import { Kysely, Migrator, PostgresDialect, sql } from "kysely";
import { jsonArrayFrom, jsonObjectFrom } from "kysely/helpers/postgres";
import pg from "pg";
import Cursor from "pg-cursor";

const pool = new pg.Pool({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  user: "postgres",
  database: "postgres",
  max: 3,
  options: "-c search_path=kysely_test -c client_min_messages=warning",
});
const db = new Kysely({ dialect: new PostgresDialect({ pool, cursor: Cursor }) });
await sql`drop schema if exists kysely_test cascade`.execute(db);
await sql`create schema kysely_test`.execute(db);
const migrations = {
  1: {
    up: async (d) => {
      await d.schema.createType("mood").asEnum(["sad", "ok"]).execute();
      await d.schema
        .createTable("person")
        .addColumn("id", "serial", (c) => c.primaryKey())
        .addColumn("name", "varchar(40)", (c) => c.notNull().unique())
        .addColumn("mood", sql`mood`)
        .addColumn("doc", "jsonb")
        .addColumn("at", "timestamptz", (c) => c.defaultTo(sql`now()`))
        .addColumn("n", "integer", (c) => c.generatedAlwaysAs(sql`length(name)`).stored())
        .execute();
      await d.schema
        .createTable("pet")
        .addColumn("id", "bigint", (c) => c.primaryKey().generatedByDefaultAsIdentity())
        .addColumn("owner", "integer", (c) => c.references("person.id").onDelete("cascade"))
        .addColumn("name", "text")
        .addUniqueConstraint("pet_both", ["owner", "name"])
        .addCheckConstraint("named", sql`name <> ''`)
        .execute();
      await d.schema.createIndex("pet_lower").on("pet").expression(sql`lower(name)`).execute();
    },
    down: async (d) => {
      await d.schema.dropTable("pet").execute();
    },
  },
  2: {
    up: async (d) => {
      await d.schema
        .alterTable("pet")
        .addColumn("age", "int2", (c) => c.defaultTo(3))
        .execute();
      await d.schema
        .createView("grown")
        .as(d.selectFrom("pet").selectAll().where("age", ">", 2))
        .execute();
    },
    down: async (d) => {
      await d.schema.dropView("grown").execute();
      await d.schema.alterTable("pet").dropColumn("age").execute();
    },
  },
};
const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
const show = ({ error, results }) =>
  console.log(
    error?.message,
    results?.map((r) => [r.migrationName, r.direction, r.status]),
  );
show(await migrator.migrateToLatest());
show(await migrator.migrateDown());
show(await migrator.migrateToLatest());
console.log(
  await db
    .insertInto("person")
    .values([
      { name: "Ann", mood: "ok", doc: JSON.stringify({ a: [1] }) },
      { name: "Bo", mood: null, doc: null },
    ])
    .returning(["id", "name", "mood", "doc", "n"])
    .execute(),
);
console.log(
  await db
    .insertInto("pet")
    .values([
      { owner: 1, name: "cat" },
      { owner: 1, name: "dog" },
      { owner: 2, name: "cow" },
    ])
    .executeTakeFirst()
    .then((r) => r.numInsertedOrUpdatedRows),
);
console.log(
  JSON.stringify(
    await db
      .selectFrom("person")
      .select((e) => [
        "name",
        jsonArrayFrom(e.selectFrom("pet").select(["pet.name", "pet.age"]).whereRef("pet.owner", "=", "person.id").orderBy("pet.id")).as(
          "pets",
        ),
        jsonObjectFrom(e.selectFrom("pet").select("pet.name").whereRef("pet.owner", "=", "person.id").orderBy("pet.id").limit(1)).as(
          "first",
        ),
      ])
      .orderBy("id")
      .execute(),
  ),
);
console.log(
  await db
    .insertInto("pet")
    .values({ owner: 1, name: "cat" })
    .onConflict((o) => o.columns(["owner", "name"]).doUpdateSet({ age: 9 }))
    .returningAll()
    .execute(),
);
console.log(
  await db
    .selectFrom("pet")
    .innerJoin("person", "person.id", "pet.owner")
    .select(({ fn }) => [
      "person.name",
      fn.count("pet.id").as("n"),
      fn
        .agg("string_agg", ["pet.name", sql.lit(",")])
        .orderBy("pet.id")
        .as("all"),
      fn.max("age").filterWhere("age", "<", 9).as("m"),
    ])
    .groupBy("person.name")
    .having(({ fn }) => fn.count("pet.id"), ">", 0)
    .orderBy("person.name")
    .execute(),
);
console.log(
  await db
    .with("w", (q) => q.deleteFrom("pet").where("name", "=", "dog").returning("name"))
    .selectFrom("w")
    .selectAll()
    .execute(),
  await db
    .updateTable("pet")
    .set((e) => ({ age: e("age", "+", 1) }))
    .from("person")
    .whereRef("person.id", "=", "pet.owner")
    .where("person.name", "=", "Bo")
    .returning("age")
    .execute(),
);
console.log(
  await db
    .mergeInto("pet")
    .using("person", "person.id", "pet.owner")
    .whenMatchedAnd("pet.name", "=", "cow")
    .thenDelete()
    .whenNotMatched()
    .thenInsertValues({ name: "new" })
    .executeTakeFirst()
    .then((r) => r.numChangedRows),
);
await db
  .transaction()
  .setIsolationLevel("repeatable read")
  .execute(async (t) => {
    await t.insertInto("person").values({ name: "tx" }).execute();
    throw new Error("no");
  })
  .catch((e) => console.log(e.message));
let n = 0;
for await (const row of db.selectFrom(sql`generate_series(1, 1000)`.as("g")).select(sql`g`.as("g")).stream(50)) n += row.g;
console.log(
  n,
  JSON.stringify(
    (await db.introspection.getTables()).filter((t) => t.schema === "kysely_test"),
    null,
    1,
  ),
  (await db.introspection.getSchemas()).filter((s) => s.name === "kysely_test"),
);
console.log(
  (await db.selectFrom("person").selectAll().explain("json")).length,
  await db
    .selectFrom("person")
    .select("name")
    .where("doc", "@>", JSON.stringify({ a: [1] }))
    .execute(),
  await db
    .selectFrom("person")
    .select((e) => e.ref("doc", "->").key("a").at(0).as("x"))
    .execute(),
);
await sql`drop schema kysely_test cascade`.execute(db);
await db.destroy();
