/** What CREATE INDEX … USING hnsw accepts: operator classes, options and their limits, columns. Numbers and texts are pgvector's. */
import {
  efConstructionTooSmall,
  indexColumnWithoutDimensions,
  indexOptionNotInteger,
  indexOptionOutOfBounds,
  indexOptionUnknown,
  indexTooManyDimensions,
  operatorClassUnknown,
} from "../../types/index.js";

export interface HnswOptions {
  readonly m: number;
  readonly efConstruction: number;
}

/** Operator classes of type vector for hnsw and their metric (VectorMetric of the addon); the first is the default. */
export const hnswOperatorClasses = {
  vector_l2_ops: { metric: 1, operator: "<->" },
  vector_ip_ops: { metric: 2, operator: "<#>" },
  vector_cosine_ops: { metric: 3, operator: "<=>" },
  vector_l1_ops: { metric: 4, operator: "<+>" },
} as const;
export type HnswOperatorClass = keyof typeof hnswOperatorClasses;

/** HNSW_MAX_DIM. */
export const hnswDimensionLimit = 2000;
const limits = { m: [2, 100], ef_construction: [4, 1000] } as const;

/** Settings of a session that scans read. */
export const hnswSettings = [
  { name: "hnsw.ef_search", default: "40", min: 1, max: 1000, description: "Sets the size of the dynamic candidate list for search" },
] as const;

export function hnswOperatorClass(name: string | undefined): HnswOperatorClass {
  if (name === undefined) return "vector_l2_ops";
  if (name in hnswOperatorClasses) return name as HnswOperatorClass;
  throw operatorClassUnknown(name, "hnsw");
}

/** `options` as written in WITH (…). */
export function parseHnswOptions(options: Readonly<Record<string, string>>): HnswOptions {
  const values = { m: 16, ef_construction: 64 };
  for (const [name, text] of Object.entries(options)) {
    if (name !== "m" && name !== "ef_construction") throw indexOptionUnknown(name);
    if (!/^\s*[+-]?\d+\s*$/.test(text)) throw indexOptionNotInteger(text, name);
    const [low, high] = limits[name];
    const value = Number(text);
    if (value < low || value > high) throw indexOptionOutOfBounds(text, name, low, high);
    values[name] = value;
  }
  if (values.ef_construction < 2 * values.m) throw efConstructionTooSmall();
  return { m: values.m, efConstruction: values.ef_construction };
}

/** `typmod` of the indexed column. */
export function checkHnswColumn(typmod: number): void {
  if (typmod < 0) throw indexColumnWithoutDimensions();
  if (typmod > hnswDimensionLimit) throw indexTooManyDimensions(hnswDimensionLimit, "hnsw");
}
