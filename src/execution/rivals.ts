/**
 * Rows that must not be there together, where storage does not see to it: keys that are judged late (DEFERRABLE) and exclusion constraints.
 *
 * What a statement wrote is judged when it ends, or before the commit: the rows that could conflict are read from the index's tree as they
 * are now, those of open transactions too, and each pair is put to the constraint's operators. Of two transactions that write conflicting
 * rows one comes to its tree second, sees the other's row and waits for its end, so that both cannot commit. (A row that goes unjudged until
 * the commit is looked at once when it is written: without a rival there is nothing left to judge.)
 */
import { type IndexObject, isIndexConstraint, keyAttribute, sortKeySql } from "../catalog/index.js";
import { overlapBounds } from "../functions/index.js";
import type { ColumnId, PlanColumn } from "../plan/index.js";
import {
  assert,
  type Datum,
  duplicateKey,
  exclusionCollision,
  exclusionViolated,
  indexKeyType,
  type RangeValue,
  type Row,
  type SqlType,
  TypeOid,
  uniqueIndexCollision,
} from "../types/index.js";
import { BlockCursor, type ColumnSource, compileDecoder, type DecodeBlock } from "./block-scan.js";
import { RowEncoder } from "./codec.js";
import type { Evaluate } from "./expression/compiler.js";
import { atCommit } from "./foreign-keys.js";
import { BATCH_ROWS, finish, type RunState, type Steps } from "./operator.js";
import { WaitSignal } from "./signals.js";
import { plainEnvironment } from "./table-reader.js";
import type { TableWriter } from "./table-writer.js";

const BUFFER_BYTES = 1 << 16;
/** Rows whose rivals are read in one step. */
const ROWS_IN_STEP = 4096;

/** How an index's tree is laid out for finding rivals. */
export interface RivalTree {
  /** Positions of index columns: those that must be equal, then perhaps one range that must not overlap. */
  readonly order: readonly number[];
  readonly equalCount: number;
  readonly overlaps: boolean;
}
export function rivalTree(index: Pick<IndexObject, "columns" | "exclusion">, typeOf: (i: number) => SqlType): RivalTree {
  const positions = index.columns.map((_, i) => i);
  const { exclusion } = index;
  if (exclusion === undefined) return { order: positions, equalCount: positions.length, overlaps: false };
  const equal = positions.filter((i) => exclusion[i]?.operator === "=");
  const overlap = positions.find((i) => exclusion[i]?.operator === "&&" && typeOf(i).range?.rangeType === typeOf(i).oid);
  return {
    order: overlap === undefined ? equal : [...equal, overlap],
    equalCount: equal.length,
    overlaps: overlap !== undefined,
  };
}
/** The index is judged by its rivals and not by storage. */
export const hasRivals = (index: Pick<IndexObject, "exclusion" | "unique" | "deferrable" | "partitioned">): boolean =>
  index.partitioned !== true && (index.exclusion !== undefined || (index.unique && index.deferrable === true));

interface Written {
  readonly rowId: number;
  readonly row: Row;
}
/** The error about a pair: names of the key, values of both rows. */
type Complain = (names: string, own: string | undefined, existing: string) => Error;
type Conflict = { readonly existing: Row } | { readonly blocker: number };

export class Rivals {
  readonly #judges: readonly Judge[];
  constructor(readonly writer: TableWriter) {
    this.#judges = writer.indexes.filter(hasRivals).map((index) => new Judge(writer, index));
  }
  get any(): boolean {
    return this.#judges.length > 0;
  }
  /** Rows that were there before the index: all of them against each other. */
  validate(index: IndexObject, rows: readonly Written[], state: RunState): void {
    this.#judges.find((j) => j.index.oid === index.oid)?.validate(rows, state);
  }
  /** `changed`: the attribute indexes that an update may have changed. */
  written(rowIds: ArrayLike<number>, rows: readonly Row[], state: RunState, changed?: ReadonlySet<number>): void {
    const all = rows.map((row, i): Written => ({ rowId: rowIds[i] as number, row }));
    for (const judge of this.#judges) if (changed === undefined || judge.isTouched(changed)) judge.written(all, state);
  }
}

interface KeyColumn {
  /** Where a row that is written has the value: computed ones in a hidden column. */
  readonly attribute: number;
  readonly type: SqlType;
  /** The value in a row that was read. */
  readonly valueOf: Evaluate;
}

class Judge {
  readonly #columns: readonly KeyColumn[];
  readonly #tests: readonly { readonly column: number; readonly holds: (a: Datum, b: Datum, state: RunState) => boolean }[];
  readonly #tree: RivalTree;
  readonly #encoder: RowEncoder;
  readonly #live: readonly number[];
  #decode: DecodeBlock | undefined;

  constructor(
    readonly writer: TableWriter,
    readonly index: IndexObject,
  ) {
    const { table, context } = writer;
    this.#columns = index.columns.map((c) => {
      const attribute = keyAttribute(c);
      const type = writer.types[attribute - 1];
      assert(type !== undefined, "an index column has a known type");
      const computed = c.sortKey === undefined ? c.expressionSql : sortKeySql(table, c);
      const valueOf = computed === undefined ? (row: Row): Datum => row[c.attribute - 1] as Datum : writer.overRow(computed);
      return { attribute, type, valueOf };
    });
    this.#tree = rivalTree(index, (i) => (this.#columns[i] as KeyColumn).type);
    // Equal columns of the tree are equal already; the others are put to their operators.
    const settled = new Set(this.#tree.order.slice(0, this.#tree.equalCount));
    this.#tests = (index.exclusion ?? []).flatMap(({ functionId }, column) => {
      if (settled.has(column)) return [];
      const { oid } = (this.#columns[column] as KeyColumn).type;
      const body = context.registry.scalarBody(functionId, { argTypes: [oid, oid], returnType: TypeOid.bool });
      return [{ column, holds: (a: Datum, b: Datum, state: RunState) => body(state.context.evaluation, a as never, b as never) === true }];
    });
    const bytea = context.registry.typeByOid(TypeOid.bytea);
    assert(bytea !== undefined, "there is bytea");
    this.#encoder = new RowEncoder(
      this.#tree.order.map((i, place) => ({
        type: place < this.#tree.equalCount ? indexKeyType((this.#columns[i] as KeyColumn).type) : bytea,
        typmod: -1,
      })),
    );
    this.#live = table.attributes.flatMap((a, i) => (a.dropped ? [] : [i]));
  }

  isTouched(changed: ReadonlySet<number>): boolean {
    return this.#columns.some((c) => changed.has(c.attribute - 1));
  }

  written(all: readonly Written[], state: RunState): void {
    const rows = this.#withKeys(all);
    if (rows.length === 0) return;
    const constraint = this.writer.constraints.find((c) => isIndexConstraint(c) && c.index === this.index.oid);
    const deferrable = constraint !== undefined && isIndexConstraint(constraint) && constraint.deferrable === true;
    if (!deferrable || !state.context.isDeferred(constraint.oid, constraint.initiallyDeferred === true)) {
      state.atEnd.push(() => this.#judge(rows, state));
      return;
    }
    const doubtful = finish(this.#conflicts(rows, state));
    const left = rows.filter((_, i) => doubtful[i] !== undefined);
    if (left.length > 0) state.context.deferUntilCommit((context) => atCommit(context, (late) => this.#judge(left, late)), constraint.oid);
  }

  validate(all: readonly Written[], state: RunState): void {
    const complain: Complain = (names, own, existing) =>
      this.index.exclusion === undefined
        ? uniqueIndexCollision(this.index.name, `Key (${names})=(${own}) is duplicated.`, this.writer.place.schema, this.writer.place.table)
        : exclusionCollision(this.index.name, names, own, existing, this.writer.place);
    finish(this.#judge(this.#withKeys(all), state, complain));
  }

  /** A NULL conflicts with nothing. */
  #withKeys(all: readonly Written[]): readonly Written[] {
    return all.filter(({ row }) => this.index.nullsNotDistinct || this.#columns.every((c) => row[c.attribute - 1] !== null));
  }

  /** Of two rows that are both judged the later one is to blame when they were written, the earlier one when they were there. */
  *#judge(rows: readonly Written[], state: RunState, complain?: Complain): Steps<void> {
    let blocker: number | undefined;
    const conflicts = yield* this.#conflicts(rows, state, complain === undefined);
    conflicts.forEach((conflict, i) => {
      if (conflict === undefined) return;
      if ("blocker" in conflict) {
        blocker ??= conflict.blocker;
        return;
      }
      throw this.#explain((rows[i] as Written).row, conflict.existing, state, complain ?? this.#violated);
    });
    if (blocker !== undefined) throw new WaitSignal(blocker);
  }

  /** For each row: what conflicts with it, if it is still there with this key. A row that is sure to stay comes before one that is not. */
  *#conflicts(rows: readonly Written[], state: RunState, blameLater = true): Steps<(Conflict | undefined)[]> {
    const found = new Array<(Conflict & { readonly rowId: number }) | undefined>(rows.length).fill(undefined);
    const placeOf = new Map(rows.map(({ rowId }, i) => [rowId, i]));
    const present = new Array<boolean>(rows.length).fill(false);
    const searchable = this.#searchable(rows);
    for (let at = 0; at < searchable.length; at += ROWS_IN_STEP) {
      const searched = searchable.slice(at, at + ROWS_IN_STEP);
      const cursor = this.#open(searched, state);
      try {
        for (let batch = cursor.next(BATCH_ROWS * 4); batch !== null; batch = cursor.next(BATCH_ROWS * 4)) {
          for (const values of batch) {
            const number = searched[values[values.length - 2] as number]?.place as number;
            const blocker = Number(values[values.length - 1]);
            if (values[0] === rows[number]?.rowId) {
              present[number] = true;
              continue;
            }
            const already = found[number];
            const rowId = values[0] as number;
            // Of several rows in the way the first is named.
            if (blameLater && (placeOf.get(rowId) ?? -1) > number) continue;
            if (already !== undefined && "existing" in already && (blocker !== 0 || already.rowId < rowId)) continue;
            const existing = this.#rowOf(values);
            const written = (rows[number] as Written).row;
            const conflicts = this.#tests.every(({ column, holds }) => {
              const { attribute, valueOf } = this.#columns[column] as KeyColumn;
              return holds(written[attribute - 1] as Datum, valueOf(existing, state), state);
            });
            if (blocker < 0 || conflicts) found[number] = blocker === 0 ? { existing, rowId } : { blocker: Math.abs(blocker), rowId };
          }
          yield;
        }
      } finally {
        cursor.close();
      }
    }
    return found.map((conflict, i) => (present[i] ? conflict : undefined));
  }

  /** An empty range overlaps nothing. */
  #searchable(rows: readonly Written[]): { readonly row: Row; readonly place: number }[] {
    const all = rows.map(({ row }, place) => ({ row, place }));
    if (!this.#tree.overlaps) return all;
    const { attribute } = this.#columns[this.#tree.order.at(-1) as number] as KeyColumn;
    return all.filter(({ row }) => !(row[attribute - 1] as RangeValue).isEmpty);
  }

  #open(rows: readonly { readonly row: Row }[], state: RunState): BlockCursor {
    const { context } = state;
    const { order, equalCount, overlaps } = this.#tree;
    const lower: Row[] = [];
    const upper: Row[] = [];
    for (const { row } of rows) {
      const key = order.map((i) => row[(this.#columns[i] as KeyColumn).attribute - 1] as Datum);
      if (!overlaps) {
        lower.push(key);
        upper.push(key);
        continue;
      }
      const { type } = this.#columns[order.at(-1) as number] as KeyColumn;
      const subtype = this.writer.context.registry.typeByOid(type.range?.subtype ?? 0);
      assert(subtype !== undefined, "a range has a subtype");
      const bounds = overlapBounds(key.at(-1) as RangeValue, subtype);
      lower.push([...key.slice(0, equalCount), bounds.lower]);
      upper.push([...key.slice(0, equalCount), bounds.upper]);
    }
    const lowerBlock = this.#encoder.encode(lower).slice();
    const scan = context.native.storage.rivalsOpen(
      context.engine,
      context.xid,
      this.index.storage,
      Uint32Array.from(this.#live),
      lowerBlock,
      overlaps ? this.#encoder.encode(upper) : lowerBlock,
      overlaps,
      equalCount,
    );
    this.#decode ??= this.#decoder();
    return new BlockCursor(state, scan, this.#decode, BUFFER_BYTES, Infinity);
  }
  #decoder(): DecodeBlock {
    const { context, types } = this.writer;
    const builtin = (oid: number): SqlType => context.registry.typeByOid(oid) as SqlType;
    const sources: ColumnSource[] = [{ kind: "rowId" }];
    this.#live.forEach((attribute, index) => {
      sources.push({ kind: "block", index, type: types[attribute] as SqlType });
    });
    sources.push({ kind: "block", index: this.#live.length, type: builtin(TypeOid.int4) });
    sources.push({ kind: "block", index: this.#live.length + 1, type: builtin(TypeOid.int8) });
    const columns = sources.map((_, i): PlanColumn => ({ id: i as ColumnId, name: "", type: 0, typmod: -1 }));
    return compileDecoder(plainEnvironment(context), columns, sources, undefined);
  }
  #rowOf(values: Row): Row {
    const row: Row = new Array<Datum>(this.writer.table.attributes.length).fill(null);
    this.#live.forEach((attribute, i) => {
      row[attribute] = values[i + 1] as Datum;
    });
    return row;
  }

  #explain(row: Row, existing: Row, state: RunState, complain: Complain): Error {
    const { writer, index } = this;
    const names = index.columns.map((c) => c.expressionSql ?? writer.quotedKeyNames([c.attribute])).join(", ");
    const print = (values: readonly Datum[]): string =>
      values.map((v, i) => (v === null ? "null" : (this.#columns[i] as KeyColumn).type.output(v, state.context.evaluation))).join(", ");
    const isTold = writer.mayReadKey(
      index.columns.map((c) => c.attribute),
      state.context,
    );
    const own = isTold ? print(this.#columns.map((c) => row[c.attribute - 1] as Datum)) : undefined;
    return complain(names, own, print(this.#columns.map((c) => c.valueOf(existing, state))));
  }
  readonly #violated: Complain = (names, own, existing) =>
    this.index.exclusion === undefined
      ? duplicateKey(this.index.name, names, own, this.writer.place)
      : exclusionViolated(this.index.name, names, own, existing, this.writer.place);
}
