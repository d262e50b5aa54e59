/**
 * redis.keys, redis.strings, redis.hashes, redis.lists, redis.sets, redis.zsets, redis.streams: the keys of database 0 as computed relations.
 *
 * The native side fills a block at a time; `key = …` becomes a point lookup, a range of keys or their order a walk in order while the option
 * ordered-keys is on. A transaction sees its own changes. Text that is not UTF-8
 * is read with replacement characters.
 */
import { REDIS_SCHEMA_OID, type SystemRelation } from "../catalog/index.js";
import type { Engine, NativeAddon } from "../native/addon.js";
import { BlockReader } from "../native/block.js";
import { type Datum, type Oid, type Row, TypeOid } from "../types/index.js";

const text = (name: string) => ({ name, type: TypeOid.text as Oid });
const relation = (number: number, name: string, columns: SystemRelation["columns"]): SystemRelation => ({
  class: "system",
  oid: 15400 + number,
  schema: REDIS_SCHEMA_OID,
  schemaName: "redis",
  name,
  columns,
});

/** In the order of KeyRelation (native/keyspace/relation_rows.h). `ttl` and `expires_at` are in milliseconds. */
export const keyRelations: readonly SystemRelation[] = [
  relation(0, "keys", [
    text("key"),
    text("type"),
    { name: "ttl", type: TypeOid.int8 },
    text("encoding"),
    { name: "expires_at", type: TypeOid.int8 },
  ]),
  relation(1, "strings", [text("key"), text("value")]),
  relation(2, "hashes", [text("key"), text("field"), text("value")]),
  relation(3, "lists", [text("key"), { name: "index", type: TypeOid.int8 }, text("value")]),
  relation(4, "sets", [text("key"), text("member")]),
  relation(5, "zsets", [text("key"), text("member"), { name: "score", type: TypeOid.float8 }]),
  relation(6, "streams", [text("key"), text("id"), text("field"), text("value")]),
];

/** The parts of an execution's context that a scan needs. */
interface ScanContext {
  readonly engine: Engine;
  readonly xid: number;
  checkCancel(): void;
}
/** As TextRange of src/execution. */
interface KeyRange {
  readonly lower?: Uint8Array | undefined;
  readonly upper?: Uint8Array | undefined;
  readonly backward: boolean;
}
type Filters = readonly { readonly column: number; readonly value: Datum }[];

/** Providers by qualified name, for the registry of computed relations. */
export function keyProviders(
  native: Pick<NativeAddon, "keyspace">,
): readonly (readonly [string, (context: ScanContext, filters: Filters, range?: KeyRange) => Iterable<Row>])[] {
  return keyRelations.map((r, number) => [
    `redis.${r.name}`,
    (context, filters, range) =>
      range === undefined ? scan(native, r, number, context, filters) : scanRange(native, r, number, context, range),
  ]);
}

/** Keys a shard gives for the first block; a LIMIT above may want no more. Each later block asks for four times as many. */
const FIRST_KEYS = 4;
const KEYS_MAX = 256;

function* scanRange(
  native: Pick<NativeAddon, "keyspace">,
  r: SystemRelation,
  number: number,
  context: ScanContext,
  range: KeyRange,
): Iterable<Row> {
  let after: Uint8Array | null = null;
  let keys = FIRST_KEYS;
  do {
    context.checkCancel();
    const [last, block]: [Uint8Array | null, Uint8Array] = native.keyspace.relationRange(
      context.engine,
      context.xid,
      number,
      range.lower ?? null,
      range.upper ?? null,
      range.backward,
      after,
      keys,
    );
    yield* rowsOf(r, block);
    after = last;
    keys = Math.min(keys * 4, KEYS_MAX);
  } while (after !== null);
}

function* scan(
  native: Pick<NativeAddon, "keyspace">,
  r: SystemRelation,
  number: number,
  context: ScanContext,
  filters: Filters,
): Iterable<Row> {
  const wanted = filters.find((f) => f.column === 0 && typeof f.value === "string");
  const key = wanted === undefined ? null : Buffer.from(wanted.value as string);
  // A field or member found by its hash; the relations without one read all rows of the key, and the filter does the rest.
  const inner = filters.find((f) => f.column === 1 && typeof f.value === "string");
  const member = inner === undefined || key === null ? null : Buffer.from(inner.value as string);
  let cursor = 0;
  do {
    context.checkCancel();
    const [next, block] = native.keyspace.relationRows(context.engine, context.xid, number, cursor, key, member);
    yield* rowsOf(r, block);
    cursor = next;
  } while (cursor !== 0);
}

function* rowsOf(r: SystemRelation, block: Uint8Array): Iterable<Row> {
  const reader = new BlockReader(block);
  for (let row = 0; row < reader.rowCount; row++)
    yield r.columns.map((c, i) => (reader.isNull(i, row) ? null : read(reader, c.type, i, row)));
}

function read(reader: BlockReader, type: Oid, column: number, row: number): Datum {
  if (type === TypeOid.int8) return reader.int64(column, row);
  if (type === TypeOid.float8) return reader.float64(column, row);
  return reader.text(column, row);
}
