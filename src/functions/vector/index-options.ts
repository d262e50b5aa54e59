/** What CREATE INDEX … USING hnsw and ivfflat accept: options, their limits, dimensions. Numbers and texts are pgvector's. */
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

/** HNSW_MAX_DIM and IVFFLAT_MAX_DIM, and twice as many halves. */
const dimensionLimits: ReadonlyMap<Oid, number> = new Map([
  [TypeOid.vector, 2000],
  [TypeOid.halfvec, 4000],
]);
/** `options` as written in WITH (…): each an integer of `limits`, the defaults for what is not written. */
function parseOptions<Name extends string>(
  options: Readonly<Record<string, string>>,
  limits: Readonly<Record<Name, { readonly min: number; readonly max: number; readonly initial: number }>>,
): Record<Name, number> {
  const values = Object.fromEntries(Object.entries<{ initial: number }>(limits).map(([name, l]) => [name, l.initial])) as Record<
    Name,
    number
  >;
  for (const [name, text] of Object.entries(options)) {
    if (!Object.hasOwn(limits, name)) throw indexOptionUnknown(name);
    const { min, max } = limits[name as Name];
    if (!/^\s*[+-]?\d+\s*$/.test(text)) throw indexOptionNotInteger(text, name);
    const value = Number(text);
    if (value < min || value > max) throw indexOptionOutOfBounds(text, name, min, max);
    values[name as Name] = value;
  }
  return values;
}

export function parseHnswOptions(options: Readonly<Record<string, string>>): HnswOptions {
  const values = parseOptions(options, { m: { min: 2, max: 100, initial: 16 }, ef_construction: { min: 4, max: 1000, initial: 64 } });
  if (values.ef_construction < 2 * values.m) throw efConstructionTooSmall();
  return { m: values.m, efConstruction: values.ef_construction };
}

/** The number of lists. */
export function parseIvfflatOptions(options: Readonly<Record<string, string>>): number {
  return parseOptions(options, { lists: { min: 1, max: 32768, initial: 100 } }).lists;
}

/** `typmod` of the indexed column. */
export function checkVectorColumn(method: "hnsw" | "ivfflat", type: Oid, typmod: number): void {
  if (typmod < 0) throw indexColumnWithoutDimensions();
  const limit = dimensionLimits.get(type) ?? 0;
  if (typmod > limit) throw indexTooManyDimensions(limit, method);
}
