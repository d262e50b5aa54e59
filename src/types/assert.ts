/** Our own mistakes. A failed assertion is a bug of Orrery, never of the client or the disk. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** The end of an exhaustive switch: a new kind breaks the build here, not in production. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unreachable: ${JSON.stringify(value)}`);
}
