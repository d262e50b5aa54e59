/** Numbers that the vector room of the addon shares with TypeScript (native/index/hnsw/hnsw.h). */
export const VectorMetric = { l2: 1, innerProduct: 2, cosine: 3, l1: 4 } as const;
export type VectorMetric = (typeof VectorMetric)[keyof typeof VectorMetric];
