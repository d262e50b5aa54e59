/**
 * Filtered nearest neighbours in process: every row has conditions that keep 50 %, 10 %, 1 %, 0.1 % and 0.01 % of the rows, once by chance and once
 * correlated with the vector (rows near one center, the queries near another: what is wanted lies far away in the graph). Default settings.
 * Shown: rows returned, recall@10 against the exact scan, the rate against the unfiltered one.
 *
 * `ORRERY_BENCH_VECTORS`: how many vectors (default 100,000, 128 dimensions).
 */
import { open } from "../src/index.js";
import { mulberry32 } from "../test/support/mnist.js";
import { type Line, median, report } from "./report.js";

const COUNT = Number(process.env.ORRERY_BENCH_VECTORS ?? 100_000);
const DIMENSIONS = 128;
const CLUSTERS = 200;
const QUERIES = 100;
const ROUNDS = 3;
const SELECTIVITIES = [0.5, 0.1, 0.01, 0.001, 0.0001] as const;

export async function run(): Promise<void> {
  const random = mulberry32(4);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centers = Array.from({ length: CLUSTERS }, () => Float32Array.from({ length: DIMENSIONS }, () => normal() * 2));
  const near = (center: number) => (centers[center] as Float32Array).map((c) => c + normal());
  const rows = Array.from({ length: COUNT }, (_, id) => {
    const center = Math.floor(random() * CLUSTERS);
    // The correlated value: the center's number, so that a range of it is a region of space.
    return { id, chance: random(), region: (center + random()) / CLUSTERS, vector: near(center) };
  });
  // Near the centers whose rows the correlated conditions leave out last.
  const queries = Array.from({ length: QUERIES }, (_, i) => near(CLUSTERS - 1 - (i % 10)));

  const database = await open();
  try {
    await database.query(
      `create extension vector; create table items (id int primary key, chance float8, region float8, v vector(${DIMENSIONS}))`,
    );
    for (let at = 0; at < COUNT; at += 500) {
      const part = rows.slice(at, at + 500);
      await database.query("insert into items select * from unnest($1::int[], $2::float8[], $3::float8[], $4::vector[])", [
        part.map((r) => r.id),
        part.map((r) => r.chance),
        part.map((r) => r.region),
        part.map((r) => r.vector),
      ]);
    }
    await database.query("create index on items using hnsw (v vector_l2_ops); analyze items");
    const lines: Line[] = [];
    const search = async (condition: string, query: Float32Array) =>
      (await database.query<{ id: number }>(`select id from items ${condition} order by v <-> $1 limit 10`, [query])).rows.map((r) => r.id);
    const rate = async (condition: string) => {
      const started = performance.now();
      for (const query of queries) await search(condition, query);
      return QUERIES / ((performance.now() - started) / 1000);
    };
    for (const column of ["chance", "region"])
      for (const selectivity of SELECTIVITIES) {
        const condition = `where ${column} < ${selectivity}`;
        const exact: Set<number>[] = [];
        await database.query("set enable_indexscan = off");
        for (const query of queries) exact.push(new Set(await search(condition, query)));
        await database.query("reset enable_indexscan");
        let found = 0;
        let wanted = 0;
        let short = 0;
        for (const [i, query] of queries.entries()) {
          const ids = await search(condition, query);
          const expected = exact[i] as Set<number>;
          wanted += expected.size;
          found += ids.filter((id) => expected.has(id)).length;
          if (ids.length < expected.size) short++;
        }
        const filtered: number[] = [];
        const plain: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          filtered.push(await rate(condition));
          plain.push(await rate(""));
        }
        const line: Line = {
          what: `${column === "chance" ? "by chance" : "correlated"}, ${selectivity * 100} % of the rows: recall ${(found / Math.max(1, wanted)).toFixed(3)}, ${short} short`,
          unit: "queries/s",
          ours: median(filtered),
          peer: median(plain),
          peerName: "unfiltered",
          higherIsBetter: true,
          goal: 0.5,
        };
        console.log(`${line.what}: ${line.ours.toFixed(0)} / ${line.peer.toFixed(0)}`);
        lines.push(line);
      }
    report(
      "filtered",
      `Filtered nearest neighbours, ${COUNT.toLocaleString("en-US")} vectors of ${DIMENSIONS} dimensions, default settings`,
      lines,
    );
  } finally {
    await database.close();
  }
}
