/**
 * Inverted indexes against PostgreSQL's gin, both in one run: building over jsonb documents, searching by containment, existence and jsonpath, and
 * inserting into a table that has one.
 *
 * `ORRERY_BENCH_DOCUMENTS`: how many documents (200,000 by default).
 */
import { startOrrery, startPostgres } from "../test/support/processes.js";
import { connectDrain, type DrainClient } from "./drain-client.js";
import { interleave, type Line, ratioOf, report } from "./report.js";

const ROWS = Number(process.env.ORRERY_BENCH_DOCUMENTS ?? 200_000);
const ROUNDS = 5;
const SEARCHES = 50;

const documents = (
  from: number,
  to: number,
): string => `select g, jsonb_build_object('id', g, 'kind', 'k' || g % 20, 'price', (g % 1000) / 10.0,
  'tags', jsonb_build_array('t' || g % 701, 'u' || g % 97, 'w' || g % 13),
  'size', jsonb_build_object('width', g % 311, 'height', g % 173), 'name', md5(g::text)), array[g % 997, g % 499, g % 10] from generate_series(${from}, ${to}) g`;

/** One search after another with values of its own each: texts are new every time, as an application's are. */
const searches: readonly { readonly what: string; readonly sql: (i: number) => string }[] = [
  { what: "@> one document of all", sql: (i) => `select * from docs where j @> '{"id": ${1 + ((i * 7919) % ROWS)}}'` },
  { what: "@> a tag, about 285 rows", sql: (i) => `select id from docs where j @> '{"tags": ["t${i % 701}"]}'` },
  {
    what: "@> two members, few rows",
    sql: (i) => `select id from docs where j @> '{"size": {"width": ${i % 311}, "height": ${(i * 3) % 173}}, "kind": "k${i % 20}"}'`,
  },
  { what: "@> counted, about 2,000 rows", sql: (i) => `select count(*) from docs where j @> '{"tags": ["u${i % 97}"]}'` },
  { what: "@? a jsonpath, about 640 rows", sql: (i) => `select id from docs where j @? '$.size ? (@.width == ${i % 311})'` },
  { what: "array @>, about 200 rows", sql: (i) => `select id from docs where a @> array[${i % 997}]` },
  { what: "array &&, about 600 rows", sql: (i) => `select id from docs where a && array[${10 + (i % 480)}, ${500 + (i % 480)}]` },
];

export async function run(): Promise<void> {
  const postgres = await startPostgres(["shared_buffers=512MB"]);
  const orrery = await startOrrery({ flags: ["--redis-port", "0"] });
  const lines: Line[] = [];
  try {
    const clients = await Promise.all([orrery.port, postgres.port].map(connectDrain));
    const [ours, theirs] = clients as [DrainClient, DrainClient];
    const both = async (sql: string): Promise<void> => {
      for (const client of clients) await client.run(sql);
    };
    const compare = async (what: string, work: (client: DrainClient) => Promise<void>, rounds = ROUNDS): Promise<void> => {
      const timed = (client: DrainClient) => async () => {
        const start = performance.now();
        await work(client);
        return performance.now() - start;
      };
      const { ours: a, peer: b } = await interleave(rounds, timed(ours), timed(theirs));
      const line: Line = { what, unit: "ms", ours: a, peer: b, peerName: "PostgreSQL", higherIsBetter: false, goal: 1 };
      lines.push(line);
      console.log(`${what}: ${a.toFixed(1)} / ${b.toFixed(1)} = ${ratioOf(line).toFixed(2)}`);
    };
    await both("create table docs (id int primary key, j jsonb, a int[])");
    await both(`insert into docs ${documents(1, ROWS)}`);
    await both("vacuum analyze docs");
    const build = (name: string, definition: string) =>
      compare(
        `CREATE INDEX, ${name}`,
        async (client) => {
          await client.run(`create index docs_new on docs using gin (${definition})`);
          await client.run("drop index docs_new");
        },
        3,
      );
    await build("jsonb_ops", "j");
    await build("jsonb_path_ops", "j jsonb_path_ops");
    await build("int[]", "a");
    await build("an expression", "(j -> 'tags')");
    await both("create index docs_j on docs using gin (j)");
    await both("create index docs_a on docs using gin (a)");
    await both("vacuum analyze docs");
    for (const { what, sql } of searches) {
      let at = 0;
      await compare(`${SEARCHES} × ${what}`, async (client) => {
        for (let i = 0; i < SEARCHES; i++) await client.run(sql(at + i * 31));
        at += 7;
      });
    }
    await compare(
      "INSERT of 20,000 documents into a table with both indexes",
      async (client) => {
        await client.run("begin");
        await client.run(`insert into docs ${documents(ROWS + 1, ROWS + 20_000)}`);
        await client.run("rollback");
      },
      3,
    );
    for (const client of clients) client.end();
  } finally {
    await orrery.stop();
    await postgres.stop();
  }
  const notes = [
    `${ROWS.toLocaleString("en-US")} documents of about 200 bytes. Statements are simple queries, each text new; PostgreSQL with shared_buffers of 512 MB.`,
  ];
  if (ROWS >= 200_000) report("inverted", "Inverted indexes", lines, notes);
}
