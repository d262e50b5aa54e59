/** What vector searches are measured against, in this process: hnswlib-node and usearch, with the same m and ef_construction. */
import { statSync } from "node:fs";
import * as usearch from "usearch";
import type { VectorSet } from "./vector-sets.js";

export const M = 16;
export const EF_CONSTRUCTION = 128;
export const K = 10;

/** One index of one library, its effort adjustable. */
export interface Candidate {
  readonly name: string;
  /** `timed`: searches will be measured. */
  setEffort(ef: number, timed?: boolean): Promise<void> | void;
  /** The k nearest, as positions in the set. */
  search(query: Float32Array): Promise<readonly number[]> | readonly number[];
  /** All of the set's queries with two threads; undefined: it has one. */
  readonly searchAll?: (() => Promise<void> | void) | undefined;
}
export interface PeerIndex extends Candidate {
  readonly buildSeconds: number;
  readonly buildThreads: number;
  /** Of its file, which is what it holds in memory; its copy of the vector among them. */
  readonly bytesPerVector: number;
}

export async function buildHnswlib(set: VectorSet, file: string): Promise<PeerIndex> {
  let library: typeof import("hnswlib-node");
  try {
    library = ((await import("hnswlib-node")) as unknown as { readonly default: typeof import("hnswlib-node") }).default;
  } catch (error) {
    // Its addon is compiled when it is installed: a compiler, make and Python are needed, nothing is downloaded.
    throw new Error("hnswlib-node cannot be loaded; `npm rebuild hnswlib-node` builds it from its own source", { cause: error });
  }
  const index = new library.HierarchicalNSW(set.metric, set.dimensions);
  index.initIndex(set.vectors.length, M, EF_CONSTRUCTION, 100);
  // Arrays of numbers are what it takes: to make them is not counted.
  let milliseconds = 0;
  for (const [id, vector] of set.vectors.entries()) {
    const point = Array.from(vector);
    const started = performance.now();
    index.addPoint(point, id);
    milliseconds += performance.now() - started;
  }
  await index.writeIndex(file);
  const arrays = new Map(set.queries.map((q) => [q, Array.from(q)]));
  return {
    name: "hnswlib-node",
    buildSeconds: milliseconds / 1000,
    buildThreads: 1,
    bytesPerVector: statSync(file).size / set.vectors.length,
    setEffort: (ef) => index.setEf(ef),
    search: (query) => index.searchKnn(arrays.get(query) as number[], K).neighbors,
  };
}

/**
 * Built with two threads. Its search effort is fixed when it is made: one index for each, of the first one's file; in memory of its own where it is
 * measured, mapped where the effort is looked for (V8 does not see how much memory an index has, and would keep all of them).
 */
export function buildUsearch(set: VectorSet, file: string): PeerIndex {
  const make = (ef: number) =>
    new usearch.Index({
      metric: set.metric === "l2" ? usearch.MetricKind.L2sq : usearch.MetricKind.Cos,
      quantization: usearch.ScalarKind.F32,
      dimensions: set.dimensions,
      connectivity: M,
      expansion_add: EF_CONSTRUCTION,
      expansion_search: ef,
      multi: false,
    });
  const first = make(64);
  let milliseconds = 0;
  const PART = 20_000;
  for (let at = 0; at < set.vectors.length; at += PART) {
    const part = set.vectors.slice(at, at + PART);
    const matrix = matrixOf(part, set.dimensions);
    const keys = BigUint64Array.from(part, (_, i) => BigInt(at + i));
    const started = performance.now();
    first.add(keys, matrix, 2);
    milliseconds += performance.now() - started;
  }
  first.save(file);
  const queries = matrixOf(set.queries, set.dimensions);
  let current = first;
  const loaded = new Map<number, usearch.Index>();
  return {
    name: "usearch",
    buildSeconds: milliseconds / 1000,
    buildThreads: 2,
    bytesPerVector: statSync(file).size / set.vectors.length,
    setEffort(ef, timed = false) {
      current = loaded.get(ef) ?? make(ef);
      if (loaded.has(ef)) return;
      if (timed) {
        current.load(file);
        loaded.set(ef, current);
      } else current.view(file);
    },
    search: (query) => Array.from(current.search(query, K, 1).keys, Number),
    searchAll: () => void current.search(queries, K, 2),
  };
}

function matrixOf(vectors: readonly Float32Array[], dimensions: number): Float32Array {
  const matrix = new Float32Array(vectors.length * dimensions);
  for (const [i, vector] of vectors.entries()) matrix.set(vector, i * dimensions);
  return matrix;
}
