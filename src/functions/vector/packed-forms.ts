/**
 * Types that an HNSW index keeps in another form than the table: packed into the places of a float32 matrix, which nothing reads as floats
 * (Metric in native/index/vector_column_index.h). A hidden column of the table holds them, computed by a function that users never call.
 */
import { type Oid, type SparseVector, sparseTooManyForIndex, TypeOid } from "../../types/index.js";

export interface PackedForm {
  /** Of the type, to vector. */
  readonly functionName: string;
  /** Places that a value of this type modifier takes. */
  places(typmod: number): number;
  pack(value: never): Float32Array;
}

/** pgvector's HNSW_MAX_NNZ. */
const INDEXED_ELEMENTS_MAX = 1000;
const ONE = 49;
const bitPlaces = (bitCount: number): number => (bitCount + 31) >> 5;
const elementsOf = (dimensions: number): number => Math.min(dimensions, INDEXED_ELEMENTS_MAX);

/** 32 bits to a place, the first one lowest. */
function packBits(bits: string): Float32Array {
  const words = new Uint32Array(bitPlaces(bits.length));
  for (let i = 0; i < bits.length; i++) if (bits.charCodeAt(i) === ONE) (words[i >> 5] as number) |= 1 << (i & 31);
  return new Float32Array(words.buffer);
}

/** The count, the indices, the values (native/kernels/sparse.h). */
function packSparse({ dimensions, indices, values }: SparseVector): Float32Array {
  const capacity = elementsOf(dimensions);
  if (indices.length > capacity) throw sparseTooManyForIndex(INDEXED_ELEMENTS_MAX);
  const places = new Float32Array(2 * capacity + 1);
  const words = new Uint32Array(places.buffer);
  words[0] = indices.length;
  words.set(indices, 1);
  places.set(values, 1 + capacity);
  return places;
}

export const packedForms: ReadonlyMap<Oid, PackedForm> = new Map<Oid, PackedForm>([
  [TypeOid.bit, { functionName: "orrery_packed_bits", places: bitPlaces, pack: packBits }],
  [TypeOid.sparsevec, { functionName: "orrery_packed_sparse", places: (dimensions) => 2 * elementsOf(dimensions) + 1, pack: packSparse }],
]);
