/** What CREATE INDEX … USING hnsw and ivfflat accept: options, their limits, dimensions. Numbers and texts are pgvector's. */
import {
  efConstructionTooSmall,
  indexColumnWithoutDimensions,
  indexOptionNotInteger,
  indexOptionNotOneOf,
  indexOptionOutOfBounds,
  indexOptionUnknown,
  indexQuantizationUnfit,
  indexTooManyDimensions,
  type Oid,
  TypeOid,
} from "../../types/index.js";
import type { VectorOperatorClass } from "./operator-classes.js";
import { packedForms } from "./packed-forms.js";

export interface HnswOptions {
  readonly m: number;
  readonly efConstruction: number;
  readonly quantization: Quantization;
}
/** Ours: what a walk compares in place of the vectors, which then rank what it found. */
const quantizations = ["none", "f16", "bf16", "int8", "binary"] as const;
export type Quantization = (typeof quantizations)[number];

/** HNSW_MAX_DIM and IVFFLAT_MAX_DIM, twice as many halves, thirty-two times as many bits; SPARSEVEC_MAX_DIM. */
const dimensionLimits: ReadonlyMap<Oid, number> = new Map([
  [TypeOid.vector, 2000],
  [TypeOid.halfvec, 4000],
  [TypeOid.bit, 64_000],
  [TypeOid.sparsevec, 1_000_000_000],
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

export function parseHnswOptions(given: Readonly<Record<string, string>>): HnswOptions {
  const { quantization: written, ...options } = given;
  const quantization = written === undefined ? "none" : quantizations.find((q) => q === written.toLowerCase());
  if (quantization === undefined) throw indexOptionNotOneOf("quantization", written ?? "", quantizations);
  const values = parseOptions(options, { m: { min: 2, max: 100, initial: 16 }, ef_construction: { min: 4, max: 1000, initial: 64 } });
  if (values.ef_construction < 2 * values.m) throw efConstructionTooSmall();
  return { m: values.m, efConstruction: values.ef_construction, quantization };
}

/** Bit strings and sparse vectors are as short as they get; signs and bytes say nothing of a taxicab distance. */
export function checkQuantization(quantization: Quantization, operatorClass: VectorOperatorClass): void {
  if (quantization === "none") return;
  const isHalf = quantization === "f16" || quantization === "bf16";
  if (packedForms.has(operatorClass.type) || (operatorClass.operator === "<+>" && !isHalf))
    throw indexQuantizationUnfit(quantization, operatorClass.name);
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
