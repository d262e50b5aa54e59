/**
 * Filtered nearest neighbours in process: every row has conditions that keep 50 %, 10 %, 1 %, 0.1 % and 0.01 % of the rows, once by chance and once
 * correlated with the vector (rows near one center, the queries near another: what is wanted lies far away in the graph). Default settings.
 * Shown: rows returned, recall@10 against the exact scan, the way that EXPLAIN (ANALYZE) names, the rate against the unfiltered one. Two lines more have
 * a condition of its own for each query, as many tenants have. Where all matching rows are compared there is no goal.
 *
 * `ORRERY_BENCH_VECTORS`: how many vectors (default 100,000, 128 dimensions).
 */
import { open } from "../src/index.js";
import { mulberry32 } from "../test/support/mnist.js";
import { type Line, median, report, warmUp } from "./report.js";

const COUNT = Number(process.env.ORRERY_BENCH_VECTORS ?? 100_000);
const DIMENSIONS = 128;
const CLUSTERS = 200;
const QUERIES = 100;
const ROUNDS = 5;
const SELECTIVITIES = [0.5, 0.1, 0.01, 0.001, 0.0001] as const;

interface Condition {
  readonly where: string;
  readonly values: readonly number[];
}
const everyRow: Condition = { where: "", values: [] };

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
    const text = (condition: Condition) => `select id from items ${condition.where} order by v <-> $1 limit 10`;
    const search = async (condition: Condition, query: Float32Array) =>
      (await database.query<{ id: number }>(text(condition), [query, ...condition.values])).rows.map((r) => r.id);
    const rate = async (conditions: readonly Condition[]) => {
      const started = performance.now();
      for (const [i, query] of queries.entries()) await search(conditions[i % conditions.length] as Condition, query);
      return QUERIES / ((performance.now() - started) / 1000);
    };
    const wayOf = async (condition: Condition, query: Float32Array): Promise<string> => {
      const plan = await database.query(`explain (analyze, costs off, timing off, summary off) ${text(condition)}`, [
        query,
        ...condition.values,
      ]);
      const shown = plan.rows.map((row) => String(Object.values(row)[0]));
      return shown.map((line) => /^ *Search: (.*)/.exec(line)?.[1]).find((way) => way !== undefined) ?? (shown[1] as string).trim();
    };
    /** `conditions`: the one of all queries, or for each round and query one of its own. */
    const measure = async (name: string, conditions: (round: number) => readonly Condition[]) => {
      const own = conditions(0);
      const conditionOf = (i: number) => own[i % own.length] as Condition;
      const ways = new Map<string, number>();
      let found = 0;
      let wanted = 0;
      let short = 0;
      for (const [i, query] of queries.entries()) {
        await database.query("set enable_indexscan = off");
        const expected = new Set(await search(conditionOf(i), query));
        await database.query("reset enable_indexscan");
        const ids = await search(conditionOf(i), query);
        wanted += expected.size;
        found += ids.filter((id) => expected.has(id)).length;
        if (ids.length < expected.size) short++;
        const way = await wayOf(conditionOf(i), query);
        ways.set(way, (ways.get(way) ?? 0) + 1);
      }
      const filtered: number[] = [];
      const plain: number[] = [];
      await warmUp((turn) => rate(turn % 2 === 0 ? own : [everyRow]));
      for (let round = 1; round <= ROUNDS; round++) {
        filtered.push(await rate(conditions(round)));
        plain.push(await rate([everyRow]));
      }
      const shown = [...ways]
        .sort((a, b) => b[1] - a[1])
        .map(([way, count]) => (ways.size === 1 ? way : `${way} (${count} of ${QUERIES})`));
      const line: Line = {
        what: `${name}: ${shown.join(", ")}; recall ${(found / Math.max(1, wanted)).toFixed(3)}, ${short} short`,
        unit: "queries/s",
        ours: median(filtered),
        peer: median(plain),
        peerName: "unfiltered",
        higherIsBetter: true,
        ...(ways.size === 1 && shown[0]?.startsWith("exact") ? {} : { goal: 0.5 }),
      };
      console.log(`${line.what}: ${line.ours.toFixed(0)} / ${line.peer.toFixed(0)}`);
      lines.push(line);
    };
    for (const column of ["chance", "region"])
      for (const selectivity of SELECTIVITIES)
        await measure(`${column === "chance" ? "by chance" : "correlated"}, ${selectivity * 100} % of the rows`, () => [
          { where: `where ${column} < $2`, values: [selectivity] },
        ]);
    for (const selectivity of [0.1, 0.01])
      await measure(`by chance, ${selectivity * 100} % of the rows, each query others`, (round) =>
        queries.map((_, i) => {
          const from = 0.005 * i + 0.0001 * round;
          return { where: "where chance between $2 and $3", values: [from, from + selectivity] };
        }),
      );
    report(
      "filtered",
      `Filtered nearest neighbours, ${COUNT.toLocaleString("en-US")} vectors of ${DIMENSIONS} dimensions, default settings`,
      lines,
      ["The unfiltered rate is measured in turn with each line's. Lines without a goal compare all matching rows."],
    );
  } finally {
    await database.close();
  }
}
