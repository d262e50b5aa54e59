// knex: schema builder, migrations, queries, transactions, streams.
import knexFactory from "knex";

const knex = knexFactory({
  client: "pg",
  connection: { host: "127.0.0.1", port: Number(process.argv[2]), user: "postgres", database: "postgres" },
  searchPath: ["knex_test"],
  pool: { min: 0, max: 4 },
  log: { warn() {} },
});
await knex.raw("set client_min_messages to warning; drop schema if exists knex_test cascade; create schema knex_test");
const migrations = {
  first: {
    up: async (k) => {
      await k.schema.createTable("users", (t) => {
        t.increments();
        t.string("name", 40).notNullable().unique();
        t.jsonb("doc").defaultTo("{}");
        t.specificType("tags", "text[]");
        t.timestamps(true, true);
        t.enu("mood", ["sad", "ok"], { useNative: true, enumName: "mood" });
        t.comment("people");
        t.decimal("balance", 10, 2).index();
      });
      await k.schema.createTable("posts", (t) => {
        t.uuid("id").primary().defaultTo(k.raw("gen_random_uuid()"));
        t.integer("user_id").unsigned().references("users.id").onDelete("CASCADE");
        t.text("title");
        t.boolean("live").defaultTo(false);
        t.index(["user_id", "title"], "posts_both");
        t.check("length(title) > 0", [], "title_check");
        t.date("day");
        t.binary("raw");
        t.double("ratio");
        t.bigInteger("big");
      });
    },
    down: (k) => k.schema.dropTable("posts").dropTable("users").raw("drop type mood"),
  },
  second: {
    up: (k) =>
      k.schema.alterTable("posts", (t) => {
        t.renameColumn("title", "heading");
        t.string("extra").defaultTo("x");
        t.dropColumn("ratio");
        t.bigInteger("user_id").alter();
        t.unique(["heading", "day"]);
        t.setNullable("live");
        t.dropForeign("user_id");
      }),
    down: (k) =>
      k.schema.alterTable("posts", (t) => {
        t.renameColumn("heading", "title");
        t.dropColumn("extra");
      }),
  },
};
const migrationSource = {
  getMigrations: async () => Object.keys(migrations),
  getMigrationName: (m) => m,
  getMigration: async (m) => migrations[m],
};
console.log(await knex.migrate.latest({ migrationSource }), await knex.migrate.currentVersion({ migrationSource }));
console.log(await knex("posts").columnInfo(), await knex.schema.hasTable("users"), await knex.schema.hasColumn("posts", "nope"));
console.log(
  await knex("users").insert(
    [
      { name: "Ann", tags: ["a", "b"], mood: "ok", balance: 5 },
      { name: "Bo", doc: { k: [1] }, balance: 7.25 },
    ],
    ["id", "name", "doc", "tags", "mood", "balance"],
  ),
);
console.log(await knex("users").insert({ name: "Ann", balance: 9 }).onConflict("name").merge(["balance"]).returning(["id", "balance"]));
await knex.batchInsert(
  "posts",
  Array.from({ length: 100 }, (_, i) => ({
    user_id: 1 + (i % 2),
    heading: `t${i}`,
    day: `2024-01-${String(1 + (i % 28)).padStart(2, "0")}`,
    big: i,
    live: i % 3 === 0,
  })),
  30,
);
console.log(
  await knex("posts as p")
    .join("users as u", "u.id", "p.user_id")
    .select("u.name")
    .count("* as n")
    .max("p.big as m")
    .groupBy("u.name")
    .orderBy("u.name"),
);
console.log(
  await knex("users").whereJsonPath("doc", "$.k[0]", "=", 1).select("name"),
  await knex("users")
    .whereJsonSupersetOf("doc", { k: [1] })
    .pluck("name"),
);
console.log(
  await knex
    .with("w", (q) => q.from("posts").where("live", true).select("big"))
    .from("w")
    .sum("big as s")
    .first(),
  await knex("posts").whereRaw("heading ~ ?", ["^t1"]).andWhere("big", "<", 15).pluck("heading"),
);
console.log(
  await knex("posts")
    .whereIn("big", [1, 2])
    .update({ heading: knex.raw("upper(heading)") }, ["heading"]),
  await knex("posts").where("big", ">", 90).del(),
);
await knex.transaction(async (t) => {
  await t("users").insert({ name: "tx" });
  await t
    .transaction(async (n) => {
      await n("users").insert({ name: "inner" });
      throw new Error("no");
    })
    .catch(() => {});
});
console.log(
  await knex("users").pluck("name").orderBy("id"),
  await knex("users")
    .insert({ name: "Bo" })
    .catch((e) => [e.code, e.constraint, e.detail]),
);
let n = 0;
for await (const row of knex("posts").select("big").orderBy("big").stream()) n += Number(row.big);
console.log(
  n,
  await knex("users").select(knex.raw("row_number() over (order by id) as r"), "name").where("name", "like", "%o%"),
  await knex.transaction((t) => t("users").forUpdate().skipLocked().where("id", 1).pluck("name"), { isolationLevel: "serializable" }),
);
console.log(
  await knex("users").distinctOn("mood").orderBy("mood").pluck("mood"),
  await knex("posts")
    .select("live")
    .rowNumber("rn", (q) => q.orderBy("big"))
    .limit(2)
    .offset(1),
  await knex("posts").countDistinct("user_id as c"),
);
console.log(
  (await knex.schema.withSchema("knex_test").createView("lives", (v) => {
    v.columns(["h"]);
    v.as(knex("posts").select("heading").where("live", true));
  })) !== null,
  await knex("lives").count("* as n"),
);
await knex.schema.dropView("lives");
console.log(
  await knex.migrate.rollback({ migrationSource }, true),
  await knex.migrate.list({ migrationSource }).then((l) => l.map((x) => x.length)),
);
await knex.raw("drop schema knex_test cascade");
await knex.destroy();
