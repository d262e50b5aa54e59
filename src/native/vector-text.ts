/**
 * Texts and wire forms of dense vectors (vector, halfvec) as float32 elements. `text`: a string, or bytes of UTF-8. Elements are what C's strtof gives, of a
 * halfvec rounded to binary16 after it. What is not read is TypeScript's to read or to refuse.
 */
export interface VectorTextBinding {
  /** `[1.5,2]` to `out`. How many elements; 0: not read, or more than there is room for. */
  read(text: string | Uint8Array, isHalf: boolean, out: Float32Array): number;
  /** The wire form to `out`. How many elements; 0: not read, or more than there is room for. */
  receive(bytes: Uint8Array, isHalf: boolean, out: Float32Array): number;
  /** `{"[1,2]","[3,4]"}`: the vectors behind each other, all of `dimensions` elements. null: not read. */
  readArray(text: string | Uint8Array, isHalf: boolean): { readonly dimensions: number; readonly values: Float32Array } | null;
  /**
   * Field `field` of each of `rows` rows of `columns` fields, which begin and end in `bytes` where `starts` and `ends` say (a negative start: NULL),
   * to float32[rows, dimensions] at byte `at` of `out`. `isRead` becomes 1 where it was read; fields with a flag are not.
   */
  readFields(
    bytes: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    flags: Uint8Array,
    columns: number,
    field: number,
    rows: number,
    isHalf: boolean,
    out: Uint8Array,
    at: number,
    dimensions: number,
    isRead: Uint8Array,
  ): void;
  /** `1,2.5`: each as its shortest digits. */
  formatElements(values: Float32Array): string;
}
