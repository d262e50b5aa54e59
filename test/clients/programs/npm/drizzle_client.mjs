// drizzle-orm over node-postgres and postgres.js: schema, migrations, relational queries, prepared statements.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { and, desc, eq, gt, inArray, relations, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { bigint, boolean, date, integer, jsonb, numeric, pgSchema, serial, text, timestamp, uuid, varchar } from "drizzle-orm/pg-core";
import { drizzle as drizzleJs } from "drizzle-orm/postgres-js";
import pg from "pg";
import postgres from "postgres";

const config = { host: "127.0.0.1", port: Number(process.argv[2]), user: "postgres", database: "postgres" };
const pool = new pg.Pool({ ...config, max: 3, options: "-c client_min_messages=warning" });
await pool.query("drop schema if exists drizzle_test cascade; drop schema if exists drizzle cascade");
const schema = pgSchema("drizzle_test");
const mood = schema.enum("mood", ["sad", "ok"]);
const users = schema.table("users", {
  id: serial().primaryKey(),
  name: varchar({ length: 40 }).notNull().unique(),
  mood: mood(),
  doc: jsonb(),
  tags: text().array(),
  at: timestamp({ withTimezone: true }),
  day: date(),
  big: bigint({ mode: "bigint" }),
  price: numeric({ precision: 8, scale: 2 }),
  live: boolean().default(false),
});
const posts = schema.table("posts", {
  id: uuid().primaryKey().defaultRandom(),
  author: integer().references(() => users.id, { onDelete: "cascade" }),
  title: text().notNull(),
});
const usersRelations = relations(users, ({ many }) => ({ posts: many(posts) }));
const postsRelations = relations(posts, ({ one }) => ({ author: one(users, { fields: [posts.author], references: [users.id] }) }));
const folder = mkdtempSync(join(tmpdir(), "drizzle-"));
mkdirSync(join(folder, "meta"));
writeFileSync(
  join(folder, "meta", "_journal.json"),
  JSON.stringify({
    version: "7",
    dialect: "postgresql",
    entries: [0, 1].map((idx) => ({ idx, version: "7", when: 1700000000000 + idx, tag: `000${idx}_m`, breakpoints: true })),
  }),
);
writeFileSync(
  join(folder, "0000_m.sql"),
  `CREATE SCHEMA "drizzle_test";\n--> statement-breakpoint\nCREATE TYPE "drizzle_test"."mood" AS ENUM('sad', 'ok');--> statement-breakpoint\nCREATE TABLE "drizzle_test"."users" ("id" serial PRIMARY KEY NOT NULL, "name" varchar(40) NOT NULL, "mood" "drizzle_test"."mood", "doc" jsonb, "tags" text[], "at" timestamp with time zone, "day" date, "big" bigint, "price" numeric(8, 2), CONSTRAINT "users_name_unique" UNIQUE("name"));--> statement-breakpoint\nCREATE TABLE IF NOT EXISTS "drizzle_test"."posts" ("id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL, "author" integer, "title" text NOT NULL);--> statement-breakpoint\nALTER TABLE "drizzle_test"."posts" ADD CONSTRAINT "posts_author_users_id_fk" FOREIGN KEY ("author") REFERENCES "drizzle_test"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint\nCREATE INDEX "title_index" ON "drizzle_test"."posts" USING btree ("title" DESC NULLS LAST);`,
);
writeFileSync(join(folder, "0001_m.sql"), `ALTER TABLE "drizzle_test"."users" ADD COLUMN "live" boolean DEFAULT false;`);
const db = drizzle(pool, { schema: { users, posts, usersRelations, postsRelations } });
await migrate(db, { migrationsFolder: folder });
await migrate(db, { migrationsFolder: folder });
console.log((await pool.query("select count(*)::int n from drizzle.__drizzle_migrations")).rows);
console.log(
  await db
    .insert(users)
    .values([
      { name: "Ann", mood: "ok", doc: { a: [1] }, tags: ["x", "y z"], at: new Date(0), day: "2024-02-29", big: 2n ** 60n, price: "1.50" },
      { name: "Bo" },
    ])
    .returning(),
);
console.log(
  (
    await db
      .insert(posts)
      .values(Array.from({ length: 20 }, (_, i) => ({ author: 1 + (i % 2), title: `t${i}` })))
      .returning({ title: posts.title })
  ).length,
);
console.log(
  JSON.stringify(
    await db.query.users.findMany({
      columns: { name: true },
      with: { posts: { columns: { title: true }, orderBy: desc(posts.title), limit: 3 } },
      orderBy: users.id,
    }),
  ),
);
console.log(
  await db.query.posts.findFirst({
    columns: { title: true },
    with: { author: { columns: { name: true, mood: true } } },
    where: eq(posts.title, "t3"),
  }),
);
console.log(
  await db
    .select({ name: users.name, n: sql`count(*)::int` })
    .from(users)
    .leftJoin(posts, eq(posts.author, users.id))
    .where(and(gt(users.id, 0), inArray(users.name, ["Ann", "Bo"])))
    .groupBy(users.name)
    .orderBy(users.name),
);
console.log(
  await db
    .insert(users)
    .values({ name: "Ann" })
    .onConflictDoUpdate({ target: users.name, set: { price: sql`${users.price} + 1` } })
    .returning({ price: users.price }),
);
const prepared = db
  .select()
  .from(posts)
  .where(eq(posts.title, sql.placeholder("t")))
  .prepare("by_title");
console.log((await prepared.execute({ t: "t1" })).length, (await prepared.execute({ t: "none" })).length);
await db.transaction(
  async (t) => {
    await t.insert(users).values({ name: "tx" });
    await t
      .transaction(async (n) => {
        await n.delete(users);
        n.rollback();
      })
      .catch(() => {});
  },
  { isolationLevel: "serializable" },
);
console.log(
  await db.$count(users),
  await db
    .delete(posts)
    .where(eq(posts.title, "t1"))
    .then((r) => r.rowCount),
  await db
    .insert(users)
    .values({ name: "Bo" })
    .catch((e) => [e.cause?.code ?? e.code]),
);
const client = postgres({ ...config, onnotice() {} });
const js = drizzleJs(client);
console.log(
  await js.select().from(users).where(eq(users.id, 1)),
  (await js.execute(sql`select ${users.name} from ${users} order by id`)).map((r) => r.name),
);
await client.end();
rmSync(folder, { recursive: true });
await pool.query("drop schema drizzle_test cascade; drop schema drizzle cascade");
await pool.end();
