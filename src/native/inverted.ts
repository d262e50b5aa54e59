/** The numbers that inverted indexes are told by (native/index/inverted/keys.h, inverted_index.h). */
export const InvertedKind = { jsonb: 1, jsonbPath: 2, array: 3 } as const;
export type InvertedKind = (typeof InvertedKind)[keyof typeof InvertedKind];

export const InvertedOperation = { key: 0, and: 1, or: 2 } as const;
