/** What histories are made of: transactions over lists and registers, of which every element and every value is written once. */
export type Operation =
  | { readonly kind: "append"; readonly key: string; readonly element: number }
  | { readonly kind: "elements"; readonly key: string; readonly elements: readonly number[] }
  /** `replaced` is what the write told that it put an end to; undefined: it was blind. */
  | { readonly kind: "write"; readonly key: string; readonly value: number; readonly replaced?: number }
  | { readonly kind: "value"; readonly key: string; readonly value: number };

/** What a register holds before anybody wrote to it. */
export const INITIAL = 0;

export interface Transaction {
  readonly id: number;
  /** "unknown": the server died before it answered. */
  readonly committed: boolean | "unknown";
  readonly operations: readonly Operation[];
}
export type History = readonly Transaction[];

/** What is there after the last transaction. */
export interface Final {
  readonly lists: ReadonlyMap<string, readonly number[]>;
  readonly registers: ReadonlyMap<string, number>;
  /** Every transaction that writes also leaves its id: whether it committed is known whatever overwrote the rest. */
  readonly witnesses: ReadonlySet<number>;
}

/** What the level forbids: serializable no cycle, snapshot none with fewer than two rw edges, committed none of ww and wr alone. */
export type Level = "serializable" | "repeatable read" | "read committed";

/** What an operation wrote or read, elements and values alike. */
export const written = (operation: Operation): number | undefined =>
  operation.kind === "append" ? operation.element : operation.kind === "write" ? operation.value : undefined;
export function seen(operation: Operation): readonly number[] {
  if (operation.kind === "elements") return operation.elements;
  if (operation.kind === "value") return [operation.value];
  return operation.kind === "write" && operation.replaced !== undefined ? [operation.replaced] : [];
}
export const writes = (t: Transaction): boolean => t.operations.some((o) => written(o) !== undefined);

/** The transaction that wrote each element and value. */
export function writers(history: History): ReadonlyMap<number, Transaction> {
  const writer = new Map<number, Transaction>();
  for (const t of history)
    for (const operation of t.operations) {
      const value = written(operation);
      if (value !== undefined) writer.set(value, t);
    }
  return writer;
}

/** G1a, G1b and what nobody wrote: what a committed transaction must not have seen in `key`, told with the last of what it saw there. */
export function findDirtyReads(
  t: Transaction,
  key: string,
  values: readonly number[],
  writer: ReadonlyMap<number, Transaction>,
  anomalies: string[],
): void {
  for (const value of values) {
    const by = writer.get(value);
    if (by === undefined) anomalies.push(`transaction ${t.id} read ${value} in ${key}, which nobody wrote`);
    else if (by.committed !== true) anomalies.push(`G1a: transaction ${t.id} read ${value} of ${by.id}, which did not commit`);
  }
  const last = values.at(-1);
  const by = last === undefined ? undefined : writer.get(last);
  if (by === undefined || by === t) return;
  const own = by.operations.filter((o) => o.key === key && written(o) !== undefined);
  const final = own.at(-1);
  if (final !== undefined && written(final) !== last) anomalies.push(`G1b: transaction ${t.id} read ${key} in the middle of ${by.id}`);
}
