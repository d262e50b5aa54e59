/** Numbers that the vector room of the addon shares with TypeScript (native/index/vector_column_index.h). */
export const VectorMetric = {
  l2: 1,
  innerProduct: 2,
  cosine: 3,
  l1: 4,
  hamming: 5,
  jaccard: 6,
  sparseL2: 7,
  sparseInnerProduct: 8,
  sparseCosine: 9,
  sparseL1: 10,
} as const;
export type VectorMetric = (typeof VectorMetric)[keyof typeof VectorMetric];

/** What walks of an HNSW index compare (native/index/hnsw/quantizer.h). */
export const VectorQuantization = { none: 0, f16: 1, bf16: 2, int8: 3, binary: 4 } as const;
export type VectorQuantization = (typeof VectorQuantization)[keyof typeof VectorQuantization];

/** How a search of an HNSW index finds what a condition lets through (native/index/hnsw/hnsw.h). */
export const VectorSearchWay = { walk: 0, matching: 1, exact: 2 } as const;
