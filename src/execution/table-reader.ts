/** Full rows with their row ids, read by key or by scan, for foreign keys and ON CONFLICT. */
import { type IndexObject, keyAttribute, type TableObject } from "../catalog/index.js";
import type { ColumnId, PlanColumn } from "../plan/index.js";
import { assert, type Datum, indexKeyType, type Row, type SqlType, TypeOid } from "../types/index.js";
import { BlockCursor, type ColumnSource, compileDecoder, type DecodeBlock } from "./block-scan.js";
import { RowEncoder } from "./codec.js";
import type { CompileEnvironment } from "./expression/compiler.js";
import { PlanSlots, Scope } from "./expression/scope.js";
import { BATCH_ROWS, finish, type RunState, type Steps } from "./operator.js";
import type { PlanContext } from "./types.js";

const BUFFER_BYTES = 1 << 16;

export interface FoundRow {
  readonly rowId: number;
  readonly row: Row;
  /** Which of the keys asked for. */
  readonly key: number;
}

/** An environment for expressions without subqueries, outside of any plan. */
export function plainEnvironment(context: PlanContext): CompileEnvironment {
  return {
    registry: context.registry,
    scope: new Scope(undefined, new PlanSlots()),
    planSubquery: () => {
      throw new Error("assertion failed: a stored expression has no subquery");
    },
  };
}

export class TableReader {
  readonly #columns: Uint32Array;
  readonly #scanDecode: DecodeBlock;
  readonly #lookupDecode: DecodeBlock;
  readonly #encoders = new Map<number, RowEncoder>();
  readonly #live: readonly number[];

  constructor(
    readonly table: TableObject,
    readonly context: PlanContext,
  ) {
    const environment = plainEnvironment(context);
    this.#live = table.attributes.flatMap((a, i) => (a.dropped ? [] : [i]));
    this.#columns = Uint32Array.from(this.#live);
    const sources: ColumnSource[] = [{ kind: "rowId" }];
    this.#live.forEach((attribute, index) =>
      sources.push({ kind: "block", index, type: this.#type(table.attributes[attribute]?.type ?? 0) }),
    );
    const scanColumns = sources.map((_, i) => column(i));
    this.#scanDecode = compileDecoder(environment, scanColumns, sources, undefined);
    const withKey: ColumnSource[] = [...sources, { kind: "block", index: this.#live.length, type: this.#type(TypeOid.int4) }];
    this.#lookupDecode = compileDecoder(
      environment,
      withKey.map((_, i) => column(i)),
      withKey,
      undefined,
    );
  }

  /** The visible rows for each key; `keys[i]` has one value per index column. NULL finds NULLs where the index says so, else nothing. */
  lookup(index: IndexObject, keys: readonly Row[], state: RunState, newest = false): FoundRow[] {
    return finish(this.lookupInSteps(index, keys, state, newest));
  }
  *lookupInSteps(index: IndexObject, keys: readonly Row[], state: RunState, newest = false): Steps<FoundRow[]> {
    if (keys.length === 0) return [];
    const { context } = state;
    const block = this.#encoder(index).encode(keys);
    const scan = context.native.storage.indexLookupOpen(
      context.engine,
      context.xid,
      index.storage,
      this.#columns,
      true,
      block,
      index.nullsNotDistinct,
      newest,
    );
    return yield* this.#read(new BlockCursor(state, scan, this.#lookupDecode, BUFFER_BYTES, Infinity), true);
  }
  /** Full rows of these ids, in their order; all must be visible. */
  fetch(rowIds: readonly number[], state: RunState): Row[] {
    const rows = this.fetchVisible(rowIds, false, state);
    assert(rows.length === rowIds.length, "rows that a statement changes are visible to it");
    return rows;
  }
  /** Those of the rows that are visible; `newest`: as they are committed by now. */
  fetchVisible(rowIds: readonly number[], newest: boolean, state: RunState): Row[] {
    if (rowIds.length === 0) return [];
    const { context } = state;
    const scan = context.native.storage.fetchOpen(
      context.engine,
      context.xid,
      this.table.storage,
      this.#columns,
      Float64Array.from(rowIds),
      newest,
    );
    this.#fetchDecode ??= this.#decoderOfFetch();
    const rows: Row[] = [];
    const cursor = new BlockCursor(state, scan, this.#fetchDecode, BUFFER_BYTES, Infinity);
    try {
      for (let batch = cursor.next(BATCH_ROWS * 16); batch !== null; batch = cursor.next(BATCH_ROWS * 16)) {
        for (const values of batch) {
          const row: Row = new Array<Datum>(this.table.attributes.length).fill(null);
          for (let i = 0; i < this.#live.length; i++) row[this.#live[i] as number] = values[i] as Datum;
          rows.push(row);
        }
      }
    } finally {
      cursor.close();
    }
    return rows;
  }
  #fetchDecode: DecodeBlock | undefined;
  #decoderOfFetch(): DecodeBlock {
    const sources = this.#live.map(
      (attribute, index): ColumnSource => ({ kind: "block", index, type: this.#type(this.table.attributes[attribute]?.type ?? 0) }),
    );
    return compileDecoder(
      plainEnvironment(this.context),
      sources.map((_, i) => column(i)),
      sources,
      undefined,
    );
  }
  /** The visible rows that `keep` takes; -1 as their keys. */
  *scanInSteps(state: RunState, keep: (row: Row) => boolean, newest = false): Steps<FoundRow[]> {
    const { context } = state;
    const scan = context.native.storage.scanOpen(context.engine, context.xid, this.table.storage, this.#columns, true, newest);
    return yield* this.#read(new BlockCursor(state, scan, this.#scanDecode, BUFFER_BYTES, Infinity), false, keep);
  }

  *#read(cursor: BlockCursor, withKey: boolean, keep: (row: Row) => boolean = () => true): Steps<FoundRow[]> {
    const found: FoundRow[] = [];
    try {
      for (let batch = cursor.next(BATCH_ROWS * 4); batch !== null; batch = cursor.next(BATCH_ROWS * 4)) {
        for (const values of batch) {
          const row: Row = new Array<Datum>(this.table.attributes.length).fill(null);
          for (let i = 0; i < this.#live.length; i++) row[this.#live[i] as number] = values[i + 1] as Datum;
          if (keep(row)) found.push({ rowId: values[0] as number, row, key: withKey ? (values[values.length - 1] as number) : -1 });
        }
        yield;
      }
    } finally {
      cursor.close();
    }
    return found;
  }
  #encoder(index: IndexObject): RowEncoder {
    let encoder = this.#encoders.get(index.oid);
    if (encoder === undefined) {
      encoder = new RowEncoder(
        index.columns.map((c) => {
          const attribute = this.table.attributes[keyAttribute(c) - 1];
          assert(attribute !== undefined, "an index column is an attribute");
          return { type: indexKeyType(this.#type(attribute.type)), typmod: attribute.typmod };
        }),
      );
      this.#encoders.set(index.oid, encoder);
    }
    return encoder;
  }
  #type(oid: number): SqlType {
    const type = this.context.registry.typeByOid(oid);
    assert(type !== undefined, "an attribute has a known type");
    return type;
  }
}

function column(i: number): PlanColumn {
  return { id: i as ColumnId, name: "", type: 0, typmod: -1 };
}
