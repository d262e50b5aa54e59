/** pgvector's sparsevec: the elements that are not zero. `indices` count from 0, ascend, and are below `dimensions`. */
export class SparseVector {
  constructor(
    readonly dimensions: number,
    readonly indices: Int32Array,
    readonly values: Float32Array,
  ) {}
}
