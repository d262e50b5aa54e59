/**
 * The partitions of one partitioned table, ready to be searched: which one takes a row's key, which ones a condition leaves.
 *
 * Bounds stand in the catalog as text of the keys' types. A map is built once per list of partitions (the catalog keeps that list until
 * it changes) and shared by routing, pruning and the checks of new bounds; each bound is read once for all maps it stands in.
 */
import type { BoundDatum, PartitionBound, PartitionScheme, TableObject } from "../catalog/index.js";
import { assert, type Datum, type FormatContext, type SqlType, storedFormat } from "../types/index.js";
import { partitionHash } from "./partition-hash.js";

type Value = Exclude<Datum, null>;
/** One side of a range, key by key. */
export type BoundTuple = readonly (Value | typeof MIN | typeof MAX)[];
export const MIN = Symbol("minvalue");
export const MAX = Symbol("maxvalue");

/** Bounds are written and read in one form, whatever the session's settings are. */
export const boundFormat: FormatContext = storedFormat;

export interface RangePartition {
  readonly table: TableObject;
  readonly from: BoundTuple;
  readonly to: BoundTuple;
}

export class PartitionMap {
  readonly default: TableObject | undefined;
  /** By lower bound. */
  readonly ranges: readonly RangePartition[];
  readonly hashes: readonly { readonly table: TableObject; readonly modulus: number; readonly remainder: number }[];
  /** One entry per value, in order; NULL apart. */
  readonly listValues: readonly { readonly value: Value; readonly table: TableObject }[];
  readonly listNull: TableObject | undefined;
  readonly #byValue = new Map<string | number | bigint | boolean, TableObject>();
  /** Each modulus divides the next greater one, so there are few. */
  readonly #byModulus = new Map<bigint, Map<number, TableObject>>();

  constructor(
    readonly scheme: PartitionScheme,
    readonly types: readonly SqlType[],
    partitions: readonly TableObject[],
    readonly typeOf: (oid: number) => SqlType,
  ) {
    const ranges: RangePartition[] = [];
    const hashes: { table: TableObject; modulus: number; remainder: number }[] = [];
    const values: { value: Value; table: TableObject }[] = [];
    for (const table of partitions) {
      const bound = table.partition;
      switch (bound?.kind) {
        case "default":
          this.default = table;
          break;
        case "hash":
          hashes.push({ table, modulus: bound.modulus, remainder: bound.remainder });
          break;
        case "range":
          ranges.push({ table, ...rangeOf(bound, types) });
          break;
        case "list":
          for (const value of listOf(bound, types)) {
            if (value === null) this.listNull = table;
            else {
              this.#byValue.set(hashOf(types[0] as SqlType, value), table);
              values.push({ value, table });
            }
          }
          break;
        default:
          break;
      }
    }
    const compare = (types[0] as SqlType | undefined)?.compare;
    this.listValues = compare === undefined ? values : values.sort((a, b) => compare(a.value, b.value));
    this.ranges = ranges.sort((a, b) => this.compareTuples(a.from, b.from));
    this.hashes = hashes.sort((a, b) => a.modulus - b.modulus || a.remainder - b.remainder);
    for (const { table, modulus, remainder } of this.hashes) {
      const key = BigInt(modulus);
      let byRemainder = this.#byModulus.get(key);
      if (byRemainder === undefined) {
        byRemainder = new Map();
        this.#byModulus.set(key, byRemainder);
      }
      byRemainder.set(remainder, table);
    }
  }

  /** The partition for a key; undefined: there is none. */
  find(key: readonly Datum[]): TableObject | undefined {
    switch (this.scheme.strategy) {
      case "list": {
        const value = key[0] as Datum;
        const found = value === null ? this.listNull : this.#byValue.get(hashOf(this.types[0] as SqlType, value));
        return found ?? this.default;
      }
      case "range": {
        if (key.includes(null)) return this.default;
        return this.#findRange(key as BoundTuple) ?? this.default;
      }
      case "hash": {
        if (this.#byModulus.size === 0) return undefined;
        const hash = partitionHash(this.types, key, this.typeOf);
        for (const [modulus, byRemainder] of this.#byModulus) {
          const found = byRemainder.get(Number(hash % modulus));
          if (found !== undefined) return found;
        }
        return undefined;
      }
    }
  }
  #findRange(key: BoundTuple): TableObject | undefined {
    const at = this.lastNotAbove(key);
    const found = this.ranges[at];
    return found !== undefined && this.compareTuples(key, found.to) < 0 ? found.table : undefined;
  }
  /** The last range whose lower bound is not above the key; -1: none. */
  lastNotAbove(key: BoundTuple): number {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compareTuples((this.ranges[middle] as RangePartition).from, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The first range that shares a key with the one from `from` to below `to`: ranges lie apart, so the one before or at its start. */
  overlapping(from: BoundTuple, to: BoundTuple): RangePartition | undefined {
    const at = this.lastNotAbove(from);
    const before = this.ranges[at];
    if (before !== undefined && this.compareTuples(from, before.to) < 0) return before;
    const after = this.ranges[at + 1];
    return after !== undefined && this.compareTuples(after.from, to) < 0 ? after : undefined;
  }

  /** The first column that two bounds differ in; 0: in none. */
  firstDifference(a: BoundTuple, b: BoundTuple): number {
    for (let i = 1; i <= a.length; i++) if (this.compareTuples(a.slice(0, i), b.slice(0, i)) !== 0) return i - 1;
    return 0;
  }
  compareTuples(a: BoundTuple, b: BoundTuple): number {
    const length = Math.min(a.length, b.length);
    for (let i = 0; i < length; i++) {
      const x = a[i] as BoundTuple[number];
      const y = b[i] as BoundTuple[number];
      if (typeof x === "symbol" || typeof y === "symbol") {
        const order = rank(x) - rank(y);
        if (order !== 0) return order;
        continue;
      }
      const order = (this.types[i] as SqlType).compare?.(x, y) ?? 0;
      if (order !== 0) return order;
    }
    return 0;
  }

  #inOrder: readonly TableObject[] | undefined;
  #places: ReadonlyMap<number, number> | undefined;
  /** Those with the OIDs, in order; without a walk over all. */
  theseInOrder(oids: ReadonlySet<number>): readonly TableObject[] {
    const all = this.inOrder();
    this.#places ??= new Map(all.map((table, i) => [table.oid, i]));
    const places: number[] = [];
    for (const oid of oids) {
      const place = this.#places.get(oid);
      if (place !== undefined) places.push(place);
    }
    return places.sort((a, b) => a - b).map((place) => all[place] as TableObject);
  }
  /** In the order in which PostgreSQL reads them: by bounds, the default last. */
  inOrder(): readonly TableObject[] {
    this.#inOrder ??= this.#ordered();
    return this.#inOrder;
  }
  #ordered(): readonly TableObject[] {
    const tables = new Set<TableObject>();
    for (const { table } of this.ranges) tables.add(table);
    for (const { table } of this.listValues) tables.add(table);
    if (this.listNull !== undefined) tables.add(this.listNull);
    for (const { table } of this.hashes) tables.add(table);
    if (this.default !== undefined) tables.add(this.default);
    return [...tables];
  }

  /** Whether a key belongs to the partition with this bound: what the partition's own constraint says. */
  accepts(bound: PartitionBound, table: TableObject, key: readonly Datum[]): boolean {
    if (bound.kind === "hash") return Number(partitionHash(this.types, key, this.typeOf) % BigInt(bound.modulus)) === bound.remainder;
    return this.find(key)?.oid === table.oid;
  }
}

const rank = (value: BoundTuple[number]): number => (value === MIN ? -1 : value === MAX ? 1 : 0);
function hashOf(type: SqlType, value: Value): string | number | bigint | boolean {
  assert(type.hashKey !== undefined, "a partition key's type has an order");
  return type.hashKey(value);
}

export function boundValue(datum: BoundDatum, type: SqlType): Datum {
  assert(typeof datum !== "string", "only ranges have infinite bounds");
  return datum.text === null ? null : type.input(datum.text, -1, boundFormat);
}
export function boundTuple(values: readonly BoundDatum[], types: readonly SqlType[]): BoundTuple {
  return values.map((datum, i) => {
    if (datum === "minvalue") return MIN;
    if (datum === "maxvalue") return MAX;
    const value = boundValue(datum, types[i] as SqlType);
    assert(value !== null, "a range has no NULL bound");
    return value;
  });
}

type RangeBound = Extract<PartitionBound, { kind: "range" }>;
type ListBound = Extract<PartitionBound, { kind: "list" }>;
/** Bounds as read: the catalog keeps a partition's bound as one object until it changes, and the type of a key never does. */
const readRanges = new WeakMap<RangeBound, { readonly from: BoundTuple; readonly to: BoundTuple }>();
const readLists = new WeakMap<ListBound, readonly Datum[]>();
function rangeOf(bound: RangeBound, types: readonly SqlType[]): { readonly from: BoundTuple; readonly to: BoundTuple } {
  let range = readRanges.get(bound);
  if (range === undefined) {
    range = { from: boundTuple(bound.from, types), to: boundTuple(bound.to, types) };
    readRanges.set(bound, range);
  }
  return range;
}
function listOf(bound: ListBound, types: readonly SqlType[]): readonly Datum[] {
  let list = readLists.get(bound);
  if (list === undefined) {
    list = bound.values.map((datum) => boundValue(datum, types[0] as SqlType));
    readLists.set(bound, list);
  }
  return list;
}

const maps = new WeakMap<readonly TableObject[], PartitionMap>();
/** The map of a partitioned table; `partitions` is the catalog's own list, whose identity says that nothing changed. */
export function partitionMapOf(table: TableObject, partitions: readonly TableObject[], typeByOid: (oid: number) => SqlType): PartitionMap {
  assert(table.partitioned !== undefined, "the table is partitioned");
  let map = maps.get(partitions);
  if (map === undefined) {
    map = new PartitionMap(
      table.partitioned,
      table.partitioned.keys.map((k) => typeByOid(k.type)),
      partitions,
      typeByOid,
    );
    if (partitions.length > 0) maps.set(partitions, map);
  }
  return map;
}
