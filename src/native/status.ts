/** Status codes of native/core/status.h, same numbers. */
export const StatusCode = {
  ok: 0,
  wait: 1,
  serializationFailure: 2,
  uniqueViolation: 3,
  deadlock: 4,
  notNullViolation: 5,
  wrongType: 6,
  outOfMemory: 7,
  diskFull: 8,
  ioError: 9,
  corrupt: 10,
  notFound: 11,
  limit: 12,
  invalid: 13,
  readOnly: 14,
  interrupted: 15,
} as const;
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];
