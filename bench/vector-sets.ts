/** The vector sets of the benchmarks: each made from a fixed seed, its last vectors are the queries. */
import { mulberry32, shiftedMnist } from "../test/support/mnist.js";

export const QUERIES = 500;

export interface VectorSet {
  readonly name: string;
  readonly metric: "l2" | "cosine";
  readonly dimensions: number;
  readonly vectors: readonly Float32Array[];
  readonly queries: readonly Float32Array[];
}

/** By name; `count` undefined: the size that the set is measured with. */
export const vectorSets: Readonly<Record<string, (count?: number) => VectorSet>> = {
  mnist: (count = 60_000) => split("MNIST-shift", "l2", shiftedMnist(count + QUERIES)),
  "mnist-large": (count = 240_000) => split("MNIST-shift", "l2", shiftedMnist(count + QUERIES)),
  clustered: (count = 1_000_000) => split("clustered", "l2", clustered(count + QUERIES, 128, 1000, 2)),
  unit: (count = 200_000) => split("of unit length and 32 degrees of freedom", "cosine", lowRank(count + QUERIES, 768, 32)),
};

function split(name: string, metric: "l2" | "cosine", all: readonly Float32Array[]): VectorSet {
  return { name, metric, dimensions: all[0]?.length ?? 0, vectors: all.slice(0, -QUERIES), queries: all.slice(-QUERIES) };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function clustered(count: number, dimensions: number, clusters: number, seed: number): Float32Array[] {
  const random = mulberry32(seed);
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
    const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
    return vector.map((x) => x / length);
  });
}
