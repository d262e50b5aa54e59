// prisma: its client without an engine of its own, over @prisma/adapter-pg. `prisma migrate` needs a program that npm does not bring.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";

const port = Number(process.argv[2]);
const show = (label, value) =>
  console.log(
    label,
    JSON.stringify(value, (_key, v) => (typeof v === "bigint" ? `${v}n` : v instanceof Uint8Array ? [...v] : v)),
  );

// ---- the client, generated from a schema. Inside this folder, so that it finds the run-time library.
const folder = join(import.meta.dirname, "node_modules", `.prisma-program-${port}`);
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "schema.prisma"),
  `generator client {
  provider   = "prisma-client-js"
  engineType = "client"
  output     = "./generated"
}
datasource db {
  provider = "postgresql"
}
model User {
  id      Int      @id @default(autoincrement())
  email   String   @unique
  role    Role     @default(USER)
  meta    Json?
  at      DateTime @default(now())
  posts   Post[]
  @@map("users")
}
model Post {
  id       Int      @id @default(autoincrement())
  title    String
  score    Decimal? @db.Decimal(10, 2)
  weight   Float?
  tags     String[]
  big      BigInt   @default(0)
  body     Bytes?
  token    String?  @db.Uuid
  day      DateTime? @db.Date
  authorId Int
  author   User     @relation(fields: [authorId], references: [id], onDelete: Cascade)
  labels   Label[]
  @@unique([authorId, title])
  @@index([score(sort: Desc)])
}
model Label {
  name  String @id
  posts Post[]
}
enum Role {
  USER
  ADMIN
}
`,
);
writeFileSync(
  join(folder, "prisma.config.mjs"),
  `export default { schema: ${JSON.stringify(join(folder, "schema.prisma"))}, datasource: { url: "postgresql://127.0.0.1:${port}/postgres" } };\n`,
);
execFileSync(
  process.execPath,
  [join(import.meta.dirname, "node_modules", "prisma", "build", "index.js"), "generate", "--config", join(folder, "prisma.config.mjs")],
  {
    // The program for migrations is looked for first of all, and downloaded where there is none: any other will do for generating.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: "1", CHECKPOINT_DISABLE: "1" },
    stdio: "pipe",
  },
);
const { default: generated } = await import(join(folder, "generated", "index.js"));
const { PrismaClient, Prisma } = generated;

const adapter = new PrismaPg(
  { host: "127.0.0.1", port, user: "postgres", database: "postgres", max: 4, options: "-c search_path=prisma_test" },
  { schema: "prisma_test" },
);
const prisma = new PrismaClient({ adapter });

// ---- what \`prisma migrate diff\` writes for the schema
const definition = [
  `drop schema if exists prisma_test cascade`,
  `create schema prisma_test`,
  `CREATE TYPE "prisma_test"."Role" AS ENUM ('USER', 'ADMIN')`,
  `CREATE TABLE "prisma_test"."users" ("id" SERIAL NOT NULL, "email" TEXT NOT NULL, "role" "prisma_test"."Role" NOT NULL DEFAULT 'USER', "meta" JSONB,
     "at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "users_pkey" PRIMARY KEY ("id"))`,
  `CREATE TABLE "prisma_test"."Post" ("id" SERIAL NOT NULL, "title" TEXT NOT NULL, "score" DECIMAL(10,2), "weight" DOUBLE PRECISION, "tags" TEXT[],
     "big" BIGINT NOT NULL DEFAULT 0, "body" BYTEA, "token" UUID, "day" DATE, "authorId" INTEGER NOT NULL, CONSTRAINT "Post_pkey" PRIMARY KEY ("id"))`,
  `CREATE TABLE "prisma_test"."Label" ("name" TEXT NOT NULL, CONSTRAINT "Label_pkey" PRIMARY KEY ("name"))`,
  `CREATE TABLE "prisma_test"."_LabelToPost" ("A" TEXT NOT NULL, "B" INTEGER NOT NULL, CONSTRAINT "_LabelToPost_AB_pkey" PRIMARY KEY ("A","B"))`,
  `CREATE UNIQUE INDEX "users_email_key" ON "prisma_test"."users"("email")`,
  `CREATE INDEX "Post_score_idx" ON "prisma_test"."Post"("score" DESC)`,
  `CREATE UNIQUE INDEX "Post_authorId_title_key" ON "prisma_test"."Post"("authorId", "title")`,
  `CREATE INDEX "_LabelToPost_B_index" ON "prisma_test"."_LabelToPost"("B")`,
  `ALTER TABLE "prisma_test"."Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "prisma_test"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE`,
  `ALTER TABLE "prisma_test"."_LabelToPost" ADD CONSTRAINT "_LabelToPost_A_fkey" FOREIGN KEY ("A") REFERENCES "prisma_test"."Label"("name") ON DELETE CASCADE ON UPDATE CASCADE`,
  `ALTER TABLE "prisma_test"."_LabelToPost" ADD CONSTRAINT "_LabelToPost_B_fkey" FOREIGN KEY ("B") REFERENCES "prisma_test"."Post"("id") ON DELETE CASCADE ON UPDATE CASCADE`,
];
for (const statement of definition) await prisma.$executeRawUnsafe(statement);

const failing = async (label, work) => {
  try {
    show(label, await work());
  } catch (error) {
    show(label, { code: error.code, name: error.constructor.name, meta: error.meta?.modelName });
  }
};

try {
  const ann = await prisma.user.create({
    data: {
      email: "ann@example.org",
      role: "ADMIN",
      meta: { a: [1, { b: null }], text: "ü" },
      at: new Date("2024-02-29T12:00:00.123Z"),
      posts: {
        create: [
          {
            title: "first",
            score: "12.50",
            weight: 0.1,
            tags: ["x", 'y"z'],
            big: 9007199254740993n,
            body: Uint8Array.from([0, 255, 10]),
            token: "00000000-0000-0000-0000-00000000000a",
            day: new Date("2024-02-29"),
            labels: { create: [{ name: "red" }, { name: "blue" }] },
          },
          { title: "second", labels: { connect: { name: "red" } } },
        ],
      },
    },
    include: { posts: { include: { labels: { orderBy: { name: "asc" } } }, orderBy: { id: "asc" } } },
  });
  show("nested create", ann);
  show(
    "many",
    await prisma.user.createManyAndReturn({
      data: [1, 2, 3].map((i) => ({ email: `u${i}@example.org`, at: new Date(i) })),
      select: { id: true, email: true, role: true },
    }),
  );
  show(
    "skipped",
    await prisma.user.createMany({
      data: [{ email: "u1@example.org" }, { email: "u4@example.org", at: new Date(4) }],
      skipDuplicates: true,
    }),
  );
  show(
    "find",
    await prisma.user.findMany({
      where: { OR: [{ email: { startsWith: "u" } }, { role: "ADMIN" }], NOT: { id: 3 } },
      orderBy: { id: "asc" },
      take: 3,
      skip: 1,
    }),
  );
  show("cursor", await prisma.user.findMany({ cursor: { id: 2 }, take: 2, orderBy: { id: "asc" }, select: { id: true } }));
  show("insensitive", await prisma.user.findMany({ where: { email: { contains: "ANN", mode: "insensitive" } }, select: { email: true } }));
  show("json path", await prisma.user.count({ where: { meta: { path: ["a", "0"], equals: 1 } } }));
  show("json null", await prisma.user.count({ where: { meta: { equals: Prisma.DbNull } } }));
  show(
    "lists",
    await prisma.post.findMany({
      where: { tags: { hasEvery: ["x"] } },
      select: { title: true, tags: true, score: true, big: true, day: true },
    }),
  );
  show(
    "relation filters",
    await prisma.user.findMany({
      where: { posts: { some: { labels: { some: { name: "red" } } } } },
      select: { email: true, _count: { select: { posts: true } } },
    }),
  );
  show("none", await prisma.user.count({ where: { posts: { none: {} } } }));
  show(
    "join",
    await prisma.post.findMany({ include: { author: { select: { email: true } } }, orderBy: [{ score: { sort: "desc", nulls: "last" } }] }),
  );
  show(
    "aggregate",
    await prisma.post.aggregate({ _count: true, _sum: { score: true, big: true }, _avg: { weight: true }, _max: { day: true } }),
  );
  show(
    "group",
    await prisma.user.groupBy({
      by: ["role"],
      _count: { _all: true },
      _min: { id: true },
      having: { id: { _count: { gt: 0 } } },
      orderBy: { role: "asc" },
    }),
  );
  show("distinct", await prisma.user.findMany({ distinct: ["role"], select: { role: true }, orderBy: { role: "asc" } }));
  show(
    "update",
    await prisma.post.update({
      where: { authorId_title: { authorId: 1, title: "first" } },
      data: { big: { increment: 2 }, tags: { push: "new" }, score: { multiply: 2 } },
      select: { big: true, tags: true, score: true },
    }),
  );
  show(
    "update many",
    await prisma.user.updateManyAndReturn({ where: { id: { in: [2, 3] } }, data: { role: "ADMIN" }, select: { id: true, role: true } }),
  );
  for (const meta of [{ v: 1 }, { v: 2 }])
    show(
      "upsert",
      await prisma.user.upsert({
        where: { email: "up@example.org" },
        create: { email: "up@example.org", meta, at: new Date(9) },
        update: { meta },
      }),
    );
  show(
    "disconnect",
    await prisma.post.update({
      where: { id: 1 },
      data: { labels: { disconnect: { name: "blue" }, connectOrCreate: { where: { name: "green" }, create: { name: "green" } } } },
      select: { labels: { orderBy: { name: "asc" } } },
    }),
  );

  await failing("unique", () => prisma.user.create({ data: { email: "ann@example.org" } }));
  await failing("missing", () => prisma.user.update({ where: { id: 999 }, data: { role: "USER" } }));
  await failing("foreign key", () => prisma.post.create({ data: { title: "t", authorId: 999 } }));
  await failing("not there", () => prisma.user.findUniqueOrThrow({ where: { id: 999 } }));
  await failing("raw error", () => prisma.$queryRaw`select 1 / 0`);
  await failing("too long", () => prisma.post.update({ where: { id: 1 }, data: { score: "123456789012.00" } }));

  show(
    "raw",
    await prisma.$queryRaw`select ${1}::int as i, ${"x"} as t, ${[1, 2]}::int[] as a, now() is not null as b, 1.5::numeric as n, ${new Date(0)}::timestamptz as at, ${Prisma.sql`${2}::bigint`} as big`,
  );
  show("raw in", await prisma.$queryRaw`select id from prisma_test.users where id in (${Prisma.join([1, 2])}) order by id`);
  show("execute", await prisma.$executeRaw`update prisma_test.users set meta = '{"raw": true}' where id = ${2}`);

  show("batch", (await prisma.$transaction([prisma.label.create({ data: { name: "one" } }), prisma.label.count()])).length);
  await failing("rolled back", () =>
    prisma.$transaction(async (tx) => {
      await tx.label.create({ data: { name: "two" } });
      throw Object.assign(new Error("no"), { code: "own" });
    }),
  );
  await failing("level", () =>
    prisma.$transaction((tx) => tx.$queryRaw`select current_setting('transaction_isolation')`, { isolationLevel: "Serializable" }),
  );
  // A loser of two writers at repeatable read.
  const conflict = async (ready, go) =>
    prisma.$transaction(
      async (tx) => {
        await tx.user.findUnique({ where: { id: 1 } });
        ready();
        await go;
        return (await tx.user.update({ where: { id: 1 }, data: { meta: { won: true } } })).id;
      },
      { isolationLevel: "RepeatableRead", maxWait: 20_000, timeout: 20_000 },
    );
  let waiting = 2;
  let start;
  const go = new Promise((resolve) => {
    start = resolve;
  });
  const ready = () => --waiting === 0 && start();
  const outcomes = await Promise.allSettled([conflict(ready, go), conflict(ready, go)]);
  show("conflict", outcomes.map((o) => (o.status === "fulfilled" ? o.value : o.reason.code)).sort());
  show("labels", await prisma.label.findMany({ orderBy: { name: "asc" } }));
  show("parallel", (await Promise.all(Array.from({ length: 20 }, (_, i) => prisma.user.count({ where: { id: { gt: i } } })))).join());
  show("delete", await prisma.user.delete({ where: { id: 1 }, select: { email: true } }));
  show("cascaded", [await prisma.post.count(), await prisma.user.deleteMany({ where: { role: "USER" } })]);
} finally {
  await prisma.$executeRawUnsafe("drop schema prisma_test cascade");
  await prisma.$disconnect();
  rmSync(folder, { recursive: true, force: true });
}
