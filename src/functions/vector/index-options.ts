/** What CREATE INDEX … USING hnsw accepts: options, their limits, dimensions. Numbers and texts are pgvector's. */
import {
  efConstructionTooSmall,
  indexColumnWithoutDimensions,
  indexOptionNotInteger,
  indexOptionOutOfBounds,
  indexOptionUnknown,
  indexTooManyDimensions,
  type Oid,
  TypeOid,
} from "../../types/index.js";

export interface HnswOptions {
  readonly m: number;
  readonly efConstruction: number;
}

/** HNSW_MAX_DIM, and twice as many halves. */
const dimensionLimits: ReadonlyMap<Oid, number> = new Map([
  [TypeOid.vector, 2000],
  [TypeOid.halfvec, 4000],
]);
const limits = { m: [2, 100], ef_construction: [4, 1000] } as const;

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
export function checkHnswColumn(type: Oid, typmod: number): void {
  if (typmod < 0) throw indexColumnWithoutDimensions();
  const limit = dimensionLimits.get(type) ?? 0;
  if (typmod > limit) throw indexTooManyDimensions(limit, "hnsw");
}
