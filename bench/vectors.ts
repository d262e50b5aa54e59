/**
 * HNSW in process: the embedded API against usearch and hnswlib-node, the same vectors, m and ef_construction, one thread, k = 10; ours also with
 * quantization. Each side gets the smallest effort that reaches the recall on the same queries; rounds are interleaved.
 *
 * `ORRERY_BENCH_VECTORS` sets how many vectors each set has (default: 60,000 MNIST-shift, 100,000 others), `ORRERY_BENCH_SETS` which sets.
 */
import * as usearch from "usearch";
import { open } from "../src/index.js";
import { mulberry32, shiftedMnist } from "../test/support/mnist.js";
import { type Line, median, report } from "./report.js";

const M = 16;
const EF_CONSTRUCTION = 128;
const K = 10;
const QUERIES = 500;
const ROUNDS = 5;
const GOALS = [0.9, 0.95, 0.99] as const;
const EFFORTS = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 130, 170, 220, 300, 400, 600, 800];
const COUNT = process.env.ORRERY_BENCH_VECTORS === undefined ? undefined : Number(process.env.ORRERY_BENCH_VECTORS);

interface VectorSet {
  readonly name: string;
  readonly metric: "l2" | "cosine";
  readonly vectors: readonly Float32Array[];
  readonly queries: readonly Float32Array[];
}

const sets: Readonly<Record<string, () => VectorSet>> = {
  mnist: () => ({ name: "MNIST-shift, 784 dimensions", metric: "l2", ...split(shiftedMnist((COUNT ?? 60_000) + QUERIES)) }),
  clustered: () => ({ name: "clustered, 128 dimensions", metric: "l2", ...split(clustered((COUNT ?? 100_000) + QUERIES, 128, 1000)) }),
  unit: () => ({
    name: "unit length, 768 dimensions of 32 degrees of freedom",
    metric: "cosine",
    ...split(lowRank((COUNT ?? 100_000) + QUERIES, 768, 32)),
  }),
};

/** One index of one library, its effort adjustable. */
interface Candidate {
  readonly name: string;
  readonly buildSeconds: number;
  setEffort(ef: number): Promise<void> | void;
  search(query: Float32Array): Promise<readonly number[]> | readonly number[];
}

export async function run(): Promise<void> {
  const wanted = process.env.ORRERY_BENCH_SETS?.split(",") ?? Object.keys(sets);
  for (const name of wanted) await runSet((sets[name] as () => VectorSet)());
}

async function runSet(set: VectorSet): Promise<void> {
  const database = await open();
  try {
    await database.query(`create extension vector; create table items (id int primary key, v vector(${set.vectors[0]?.length}))`);
    for (let at = 0; at < set.vectors.length; at += 500)
      await database.query("insert into items select * from unnest($1::int[], $2::vector[])", [
        Array.from({ length: Math.min(500, set.vectors.length - at) }, (_, i) => at + i),
        set.vectors.slice(at, at + 500),
      ]);
    const operator = set.metric === "l2" ? "<->" : "<=>";
    const nearest = `select id from items order by v ${operator} $1 limit ${K}`;
    const ids = async (query: Float32Array) => (await database.query<{ id: number }>(nearest, [query])).rows.map((r) => r.id);
    await database.query("set enable_indexscan = off");
    const exact: Set<number>[] = [];
    for (const query of set.queries) exact.push(new Set(await ids(query)));
    await database.query("reset enable_indexscan");

    const peers = [await hnswlib(set), buildUsearch(set)];
    const lines: Line[] = [];
    const notes: string[] = [];
    for (const quantization of ["none", "int8", "f16", "binary"]) {
      const started = performance.now();
      await database.query(
        `create index i on items using hnsw (v vector_${set.metric}_ops) with (m = ${M}, ef_construction = ${EF_CONSTRUCTION}, quantization = ${quantization})`,
      );
      const ours: Candidate = {
        name: quantization,
        buildSeconds: (performance.now() - started) / 1000,
        setEffort: async (ef) => void (await database.query(`set hnsw.ef_search = ${ef}`)),
        search: ids,
      };
      notes.push(`Built with quantization ${quantization} in ${ours.buildSeconds.toFixed(1)} s on all cores.`);
      for (const goal of GOALS) {
        const line = await compare(set, exact, ours, peers, goal);
        if (line === undefined) notes.push(`Recall ${goal} is not reached with quantization ${quantization}.`);
        else lines.push({ ...line, what: `${line.what}${quantization === "none" ? "" : `, ${quantization}`}` });
      }
      await database.query("drop index i");
    }
    for (const peer of peers) notes.push(`${peer.name} built in ${peer.buildSeconds.toFixed(1)} s with one thread.`);
    report("vectors", `HNSW in process: ${set.vectors.length.toLocaleString("en-US")} ${set.name}`, lines, notes);
  } finally {
    await database.close();
  }
}

async function compare(
  set: VectorSet,
  exact: readonly ReadonlySet<number>[],
  ours: Candidate,
  peers: readonly Candidate[],
  goal: number,
): Promise<Line | undefined> {
  const efforts = new Map<Candidate, number>();
  for (const candidate of [ours, ...peers]) {
    const ef = await smallestEffort(set, exact, candidate, goal);
    if (ef !== undefined) efforts.set(candidate, ef);
  }
  const ourEffort = efforts.get(ours);
  if (ourEffort === undefined) return undefined;
  const rates = new Map<Candidate, number[]>([...efforts.keys()].map((c) => [c, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [candidate, ef] of round % 2 === 0 ? efforts : [...efforts].reverse()) {
      await candidate.setEffort(ef);
      const started = performance.now();
      for (const query of set.queries) await candidate.search(query);
      rates.get(candidate)?.push(set.queries.length / ((performance.now() - started) / 1000));
    }
  const best = peers
    .filter((p) => efforts.has(p))
    .toSorted((a, b) => median(rates.get(b) as number[]) - median(rates.get(a) as number[]))[0];
  if (best === undefined) return undefined;
  const line: Line = {
    what: `recall ${goal} (ef ${ourEffort})`,
    unit: "queries/s",
    ours: median(rates.get(ours) as number[]),
    peer: median(rates.get(best) as number[]),
    peerName: `${best.name}, ef ${efforts.get(best)}`,
    higherIsBetter: true,
    goal: ours.name === "int8" && goal === 0.95 ? 1.8 : 1.2,
  };
  console.log(`${set.name}, ${ours.name}, ${line.what}: ${line.ours.toFixed(0)} / ${line.peer.toFixed(0)} (${line.peerName})`);
  return line;
}

async function smallestEffort(
  set: VectorSet,
  exact: readonly ReadonlySet<number>[],
  candidate: Candidate,
  goal: number,
): Promise<number | undefined> {
  for (const ef of EFFORTS) {
    await candidate.setEffort(ef);
    let hits = 0;
    for (const [i, query] of set.queries.entries()) for (const id of await candidate.search(query)) if (exact[i]?.has(id) === true) hits++;
    if (hits / (set.queries.length * K) >= goal) return ef;
  }
  return undefined;
}

async function hnswlib(set: VectorSet): Promise<Candidate> {
  const { default: library } = (await import("hnswlib-node")) as unknown as { readonly default: typeof import("hnswlib-node") };
  const index = new library.HierarchicalNSW(set.metric, set.vectors[0]?.length ?? 0);
  index.initIndex(set.vectors.length, M, EF_CONSTRUCTION, 100);
  const started = performance.now();
  for (const [id, vector] of set.vectors.entries()) index.addPoint(Array.from(vector), id);
  // Arrays of numbers are what it takes: made once, they cost it nothing here.
  const arrays = new Map(set.queries.map((q) => [q, Array.from(q)]));
  return {
    name: "hnswlib-node",
    buildSeconds: (performance.now() - started) / 1000,
    setEffort: (ef) => index.setEf(ef),
    search: (query) => index.searchKnn(arrays.get(query) as number[], K).neighbors,
  };
}

/** Its search effort is fixed when it is made: one index for each, read from the first one's file. */
function buildUsearch(set: VectorSet): Candidate {
  const make = (ef: number) =>
    new usearch.Index({
      metric: set.metric === "l2" ? usearch.MetricKind.L2sq : usearch.MetricKind.Cos,
      quantization: usearch.ScalarKind.F32,
      dimensions: set.vectors[0]?.length ?? 0,
      connectivity: M,
      expansion_add: EF_CONSTRUCTION,
      expansion_search: ef,
      multi: false,
    });
  const first = make(64);
  const started = performance.now();
  for (const [id, vector] of set.vectors.entries()) first.add(BigInt(id), vector, 1);
  const buildSeconds = (performance.now() - started) / 1000;
  const file = `/tmp/orrery-bench-${process.pid}.usearch`;
  first.save(file);
  let current = first;
  return {
    name: "usearch",
    buildSeconds,
    setEffort: (ef) => {
      current = make(ef);
      current.load(file);
    },
    search: (query) => Array.from(current.search(query, K, 1).keys, Number),
  };
}

function split(all: readonly Float32Array[]): Pick<VectorSet, "vectors" | "queries"> {
  return { vectors: all.slice(0, -QUERIES), queries: all.slice(-QUERIES) };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
function clustered(count: number, dimensions: number, clusters: number): Float32Array[] {
  const random = mulberry32(2);
  const centers = Array.from({ length: clusters }, () => Float32Array.from({ length: dimensions }, () => normal(random) * 2));
  return Array.from({ length: count }, () => {
    const center = centers[Math.floor(random() * clusters)] as Float32Array;
    return center.map((c) => c + normal(random));
  });
}
/** Points of a space of few dimensions seen through a random projection, with a little noise, at length one. */
function lowRank(count: number, dimensions: number, rank: number): Float32Array[] {
  const random = mulberry32(3);
  const basis = Array.from({ length: rank }, () => Float32Array.from({ length: dimensions }, () => normal(random)));
  return Array.from({ length: count }, () => {
    const vector = new Float32Array(dimensions);
    for (const axis of basis) {
      const weight = normal(random);
      for (let i = 0; i < dimensions; i++) (vector[i] as number) += weight * (axis[i] as number);
    }
    for (let i = 0; i < dimensions; i++) (vector[i] as number) += 0.3 * normal(random);
    const length = Math.hypot(...vector);
    return vector.map((x) => x / length);
  });
}
