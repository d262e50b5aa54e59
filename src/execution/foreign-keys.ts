/**
 * Foreign keys of one table, both directions. Changes are noted while a statement runs and judged at its end (deferred ones before
 * the commit), after `nextCommand`, so that what counts is what the statement leaves behind.
 *
 *  - Rows that refer (inserted, or their key changed): every key must be in the referenced index; the row found is locked for key share,
 *    so that it stays until our commit.
 *  - Rows that are referred to (deleted, or their key changed): NO ACTION and RESTRICT refuse when rows still refer; CASCADE, SET NULL and
 *    SET DEFAULT change those rows through a TableWriter of their own, which notes its consequences in turn.
 */
import { type ConstraintObject, type IndexObject, isOrderedIndex, type TableObject } from "../catalog/index.js";
import { StatusCode } from "../native/status.js";
import {
  assert,
  type Datum,
  foreignKeyMissing,
  foreignKeyMixedNulls,
  foreignKeyReferenced,
  type Row,
  type SqlType,
} from "../types/index.js";
import { compileScalar, type Evaluate } from "./expression/compiler.js";
import { hashCompatible } from "./expression/inline-operators.js";
import { emptyLayout } from "./expression/scope.js";
import { finish, mapInSteps, RunState, type Steps } from "./operator.js";
import { layoutConversion } from "./partition-router.js";
import { type HashKey, hashKeyOf } from "./row-keys.js";
import { throwStatus } from "./storage-status.js";
import { type FoundRow, plainEnvironment, TableReader } from "./table-reader.js";
import { TableWriter } from "./table-writer.js";
import type { ExecutionContext, PlanContext } from "./types.js";

/** Keys that are judged in one step. */
const KEYS_IN_STEP = 4096;

type ForeignKey = Extract<ConstraintObject, { kind: "foreignKey" }>;

export class ForeignKeys {
  readonly #outgoing: readonly ForeignKey[];
  /** Keys that point at the table, or at a partitioned table that it is a part of: those are judged in that table's layout. */
  readonly #incoming: readonly { readonly fk: ForeignKey; readonly toRoot: ((row: Row) => Row) | undefined }[];

  constructor(readonly writer: TableWriter) {
    this.#outgoing = writer.constraints.filter((c): c is ForeignKey & ConstraintObject => c.kind === "foreignKey");
    this.#incoming = withAncestors(writer.context, writer.table).flatMap((table) => {
      const toRoot = table === writer.table ? undefined : layoutConversion(writer.table, table);
      return writer.context.catalog
        .referencing(table.oid)
        .filter((c): c is ForeignKey & ConstraintObject => c.kind === "foreignKey")
        .map((fk) => ({ fk, toRoot }));
    });
  }

  /** Other rows may refer to the table's. */
  get isReferenced(): boolean {
    return this.#incoming.length > 0;
  }
  /** The table's rows refer to others. */
  get refers(): boolean {
    return this.#outgoing.length > 0;
  }

  /** An update of these attributes (numbers) leaves all keys as they are. */
  isUntouchedBy(attributes: readonly number[]): boolean {
    return (
      this.#outgoing.every((fk) => !fk.attributes.some((a) => attributes.includes(a))) &&
      this.#incoming.every(({ fk, toRoot }) => toRoot === undefined && !fk.referencedAttributes.some((a) => attributes.includes(a)))
    );
  }

  inserted(rows: readonly Row[], state: RunState): void {
    for (const fk of this.#outgoing) this.#checkLater(fk, rows, state);
  }
  updated(oldRows: readonly Row[], newRows: readonly Row[], changed: Uint32Array, state: RunState): void {
    for (const fk of this.#outgoing) {
      if (!fk.attributes.some((a) => changed.includes(a - 1))) continue;
      this.#checkLater(
        fk,
        newRows.filter((row, i) => differs(row, oldRows[i] as Row, fk.attributes)),
        state,
      );
    }
    for (const { fk, toRoot } of this.#incoming) {
      if (toRoot === undefined && !fk.referencedAttributes.some((a) => changed.includes(a - 1))) continue;
      const shown = toRoot ?? ((row: Row): Row => row);
      const pairs = oldRows
        .map((old, i) => ({ old: shown(old), now: shown(newRows[i] as Row) }))
        .filter((p) => differs(p.old, p.now, fk.referencedAttributes));
      this.#actLater(fk, pairs, fk.onUpdate, state);
    }
  }
  deleted(oldRows: readonly Row[], state: RunState): void {
    for (const { fk, toRoot } of this.#incoming)
      this.#actLater(
        fk,
        oldRows.map((old) => ({ old: toRoot === undefined ? old : toRoot(old), now: undefined })),
        fk.onDelete,
        state,
      );
  }

  #checkLater(fk: ForeignKey, rows: readonly Row[], state: RunState): void {
    const writer = this.writer;
    const keyed: Row[] = [];
    for (const row of rows) {
      const nulls = fk.attributes.filter((a) => row[a - 1] === null).length;
      if (nulls === 0) keyed.push(row);
      else if (fk.match === "full" && nulls < fk.attributes.length) throw foreignKeyMixedNulls(fk.name, writer.place);
    }
    if (keyed.length === 0) return;
    if (fk.deferrable && state.context.isDeferred(fk.oid, fk.initiallyDeferred)) {
      state.context.deferUntilCommit((context) => atCommit(context, (late) => checkReferences(writer, fk, keyed, late, true)), fk.oid);
    } else state.atEnd.push(() => checkReferences(writer, fk, keyed, state, false));
  }

  #actLater(fk: ForeignKey, pairs: readonly KeyChange[], action: ForeignKey["onDelete"], state: RunState): void {
    const writer = this.writer;
    const keyed = pairs.filter((p) => fk.referencedAttributes.every((a) => p.old[a - 1] !== null));
    if (keyed.length === 0) return;
    if (action === "noAction" && fk.deferrable && state.context.isDeferred(fk.oid, fk.initiallyDeferred)) {
      state.context.deferUntilCommit((context) => atCommit(context, (late) => act(writer, fk, keyed, action, late)), fk.oid);
    } else state.atEnd.push(() => act(writer, fk, keyed, action, state));
  }
}

interface KeyChange {
  readonly old: Row;
  readonly now: Row | undefined;
}

/** Runs what was noted, and what that notes, until nothing is left. */
export function* runAtEnd(state: RunState): Steps<void> {
  while (state.atEnd.length > 0) {
    const { context } = state;
    context.native.storage.nextCommand(context.engine, context.xid);
    for (const check of state.atEnd.splice(0)) yield* check();
  }
}

/** A check that waited until the commit, and what it notes in turn. */
export function atCommit(context: ExecutionContext, check: (state: RunState) => Steps<void>): Steps<void> {
  const state = new RunState(context, 0, 0);
  state.atEnd.push(() => check(state));
  return runAtEnd(state);
}

function differs(a: Row, b: Row, attributes: readonly number[]): boolean {
  return attributes.some((n) => a[n - 1] !== b[n - 1]);
}

function* checkReferences(
  child: TableWriter,
  fk: ForeignKey,
  rows: readonly Row[],
  state: RunState,
  onlyIfStillThere: boolean,
): Steps<void> {
  const access = accessOf(child.context, fk.references);
  const index = access.index(fk.referencedIndex);
  const convert = keyConverter(child, fk, access, index);
  for (let at = 0; at < rows.length; at += KEYS_IN_STEP) {
    checkSome(child, fk, { access, index, convert }, rows.slice(at, at + KEYS_IN_STEP), state, onlyIfStillThere);
    yield;
  }
}

interface Referenced {
  readonly access: TableAccess;
  readonly index: IndexObject;
  readonly convert: (row: Row, context: ExecutionContext) => Row;
}

function checkSome(
  child: TableWriter,
  fk: ForeignKey,
  { access, index, convert }: Referenced,
  rows: readonly Row[],
  state: RunState,
  onlyIfStillThere: boolean,
): void {
  const keys = new KeySet(index.columns.map((c) => access.type(c.attribute)));
  const owners: Row[] = [];
  for (const row of rows) if (keys.add(convert(row, state.context))) owners.push(row);
  const found = access.lookup(index, keys.rows, state);
  const present = new Set(found.map((f) => f.key));
  for (let i = 0; i < owners.length; i++) {
    if (present.has(i)) continue;
    const row = owners[i] as Row;
    if (onlyIfStillThere && !isReferring(child, fk, row, state)) continue;
    throw foreignKeyMissing(
      fk.name,
      child.keyNames(fk.attributes),
      child.keyValues(fk.attributes, row, state.context),
      access.table.name,
      child.place,
    );
  }
  const { context } = state;
  const byStorage = new Map<number, Set<number>>();
  for (const f of found) {
    const rowIds = byStorage.get(f.storage);
    if (rowIds === undefined) byStorage.set(f.storage, new Set([f.rowId]));
    else rowIds.add(f.rowId);
  }
  for (const [storage, rowIds] of byStorage) {
    const status = context.native.storage.lockRows(context.engine, context.xid, storage, Float64Array.from(rowIds), 0);
    if (status !== StatusCode.ok) throwStatus(context, status);
  }
}

/** A partition with the partitioned tables above it. */
function withAncestors(context: PlanContext, table: TableObject): TableObject[] {
  const found = [table];
  for (let current = table; current.partition !== undefined; ) {
    const parent = context.catalog.relationByOid(current.parents?.[0] ?? 0);
    if (parent?.class !== "table") break;
    found.push(parent);
    current = parent;
  }
  return found;
}

function isReferring(child: TableWriter, fk: ForeignKey, row: Row, state: RunState): boolean {
  const key = fk.attributes.map((a) => row[a - 1] as Datum);
  return finish(accessOf(child.context, fk.table).rowsWith(fk.attributes, [key], state)).length > 0;
}

function* act(
  parent: TableWriter,
  fk: ForeignKey,
  changes: readonly KeyChange[],
  action: ForeignKey["onDelete"],
  state: RunState,
): Steps<void> {
  const child = accessOf(parent.context, fk.table);
  // The rows of a partitioned table are its partitions', each of which has this key as its own.
  if (child.table.partitioned !== undefined) return;
  // Where no index helps the whole table is read, once for all keys.
  const size = child.indexOver(fk.attributes) === undefined ? changes.length : KEYS_IN_STEP;
  for (let at = 0; at < changes.length; at += size) {
    yield* actOnSome(parent, child, fk, changes.slice(at, at + size), action, state);
    yield;
  }
}

function* actOnSome(
  parent: TableWriter,
  child: TableAccess,
  fk: ForeignKey,
  changes: readonly KeyChange[],
  action: ForeignKey["onDelete"],
  state: RunState,
): Steps<void> {
  const keys = changes.map((c) => fk.referencedAttributes.map((a) => c.old[a - 1] as Datum));
  // Above read committed the snapshot does not see who came after it and refers to the row: those count, and to change one is a conflict.
  const newest = !state.context.restartable;
  const referring = yield* child.rowsWith(fk.attributes, keys, state, newest);
  if (referring.length === 0) return;
  const { writer } = child;
  switch (action) {
    case "noAction":
    case "restrict": {
      // Another row may have taken the key over in the meantime (an update that swaps keys): NO ACTION accepts that.
      const still =
        action === "noAction" ? yield* accessOf(parent.context, fk.references).rowsWith(fk.referencedAttributes, keys, state, newest) : [];
      const replaced = new Set(still.map((f) => f.key));
      const bad = referring.find((f) => !replaced.has(f.key));
      if (bad === undefined) return;
      const old = (changes[bad.key] as KeyChange).old;
      throw foreignKeyReferenced(
        fk.name,
        parent.table.name,
        parent.keyNames(fk.referencedAttributes),
        parent.keyValues(fk.referencedAttributes, old, state.context),
        writer.place,
      );
    }
    case "cascade": {
      if ((changes[0] as KeyChange).now === undefined) {
        yield* writer.deleteInSteps(
          referring.map((f) => f.rowId),
          referring.map((f) => f.row),
          state,
        );
        return;
      }
      yield* rewrite(
        writer,
        fk,
        referring,
        (f, i) => (changes[f.key] as KeyChange).now?.[(fk.referencedAttributes[i] as number) - 1] ?? null,
        state,
      );
      return;
    }
    case "setNull":
      yield* rewrite(writer, fk, referring, () => null, state);
      return;
    case "setDefault": {
      const defaults = fk.attributes.map((a) => child.defaultOf(a)([], state));
      yield* rewrite(writer, fk, referring, (_, i) => defaults[i] as Datum, state);
    }
  }
}

function* rewrite(
  writer: TableWriter,
  fk: ForeignKey,
  rows: readonly FoundRow[],
  value: (found: FoundRow, i: number) => Datum,
  state: RunState,
): Steps<void> {
  const now = yield* mapInSteps(rows, (found) => {
    const row = [...found.row];
    fk.attributes.forEach((a, i) => {
      row[a - 1] = value(found, i);
    });
    writer.prepare(row, state);
    return row;
  });
  yield* writer.updateInSteps(
    rows.map((f) => f.rowId),
    rows.map((f) => f.row),
    now,
    fk.attributes.map((a) => a - 1),
    state,
    false,
  );
}

/** The referring row's key as the referenced index wants it: its columns' order and types. */
function keyConverter(
  child: TableWriter,
  fk: ForeignKey,
  parent: TableAccess,
  index: IndexObject,
): (row: Row, context: ExecutionContext) => Row {
  const parts = index.columns.map((c) => {
    const attribute = fk.attributes[fk.referencedAttributes.indexOf(c.attribute)];
    assert(attribute !== undefined, "the referenced index covers the referenced columns");
    const source = child.types[attribute - 1] as SqlType;
    const target = parent.type(c.attribute);
    return { attribute, source, target, same: hashCompatible(source.oid, target.oid) };
  });
  return (row, context) =>
    parts.map(({ attribute, source, target, same }) => {
      const value = row[attribute - 1] as Exclude<Datum, null>;
      return same ? value : target.input(source.output(value, context.evaluation), -1, context.evaluation);
    });
}

/** Distinct keys in order of arrival. */
class KeySet {
  readonly rows: Row[] = [];
  readonly #seen = new Map<HashKey, number>();
  readonly #hash: (values: readonly Datum[]) => HashKey;
  constructor(types: readonly SqlType[]) {
    this.#hash = hashKeyOf(types);
  }
  add(key: Row): boolean {
    const hash = this.#hash(key);
    if (this.#seen.has(hash)) return false;
    this.#seen.set(hash, this.rows.length);
    this.rows.push(key);
    return true;
  }
  find(key: readonly Datum[]): number | undefined {
    return this.#seen.get(this.#hash(key));
  }
}

/** A table with what foreign keys need of it; kept per catalog version. */
class TableAccess {
  readonly reader: TableReader;
  #writer: TableWriter | undefined;
  constructor(
    readonly table: TableObject,
    readonly context: PlanContext,
  ) {
    this.reader = new TableReader(table, context);
  }
  get writer(): TableWriter {
    this.#writer ??= new TableWriter(this.table, this.context, plainEnvironment(this.context));
    return this.#writer;
  }
  type(attribute: number): SqlType {
    const type = this.context.registry.typeByOid(this.table.attributes[attribute - 1]?.type ?? 0);
    assert(type !== undefined, "an attribute has a known type");
    return type;
  }
  index(oid: number): IndexObject {
    const index = this.context.catalog.indexesOf(this.table.oid).find((i) => i.oid === oid);
    assert(index !== undefined, "a foreign key's index exists");
    return index;
  }
  defaultOf(attribute: number): Evaluate {
    const own = this.table.attributes[attribute - 1];
    const sql = own?.defaultSql ?? this.context.registry.typeByOid(own?.type ?? 0)?.defaultSql;
    if (sql === undefined) return () => null;
    return compileScalar(plainEnvironment(this.context), this.context.stored.bindDefault(this.table, attribute, sql), emptyLayout);
  }
  /** Rows by whole keys of an index; of a partitioned table, from its partitions and in its own layout. */
  lookup(index: IndexObject, keys: readonly Row[], state: RunState): (FoundRow & { readonly storage: number })[] {
    if (this.table.partitioned === undefined)
      return this.reader.lookup(index, keys, state).map((f) => ({ ...f, storage: this.table.storage }));
    return this.#partitions().flatMap(({ access, toRoot }) => {
      const part = this.context.catalog.indexesOf(access.table.oid).find((i) => i.parent === index.oid);
      if (part === undefined) return [];
      return access.lookup(part, keys, state).map((f) => (toRoot === undefined ? f : { ...f, row: toRoot(f.row) }));
    });
  }
  #partitions(): { readonly access: TableAccess; readonly toRoot: ((row: Row) => Row) | undefined }[] {
    this.#parts ??= this.context.catalog.childrenOf(this.table.oid).map((child) => ({
      access: accessOf(this.context, child.oid),
      toRoot: layoutConversion(child, this.table),
    }));
    return this.#parts;
  }
  #parts: { readonly access: TableAccess; readonly toRoot: ((row: Row) => Row) | undefined }[] | undefined;

  /** An index of exactly these attributes, in any order. */
  indexOver(attributes: readonly number[]): IndexObject | undefined {
    return this.context.catalog
      .indexesOf(this.table.oid)
      .find(
        (i) =>
          isOrderedIndex(i) &&
          i.predicateSql === undefined &&
          i.columns.length === attributes.length &&
          i.columns.every((c) => c.sortKey === undefined && attributes.includes(c.attribute)),
      );
  }

  /** Visible rows whose attributes equal one of the keys; `key` of a result is the key's place in `keys`. */
  *rowsWith(attributes: readonly number[], keys: readonly (readonly Datum[])[], state: RunState, newest = false): Steps<FoundRow[]> {
    if (this.table.partitioned !== undefined) {
      const all: FoundRow[] = [];
      for (const { access, toRoot } of this.#partitions()) {
        const own = attributes.map((n) => {
          const name = this.table.attributes[n - 1]?.name;
          return access.table.attributes.findIndex((a) => !a.dropped && a.name === name) + 1;
        });
        for (const f of yield* access.rowsWith(own, keys, state, newest)) all.push(toRoot === undefined ? f : { ...f, row: toRoot(f.row) });
      }
      return all;
    }
    const index = this.indexOver(attributes);
    if (index !== undefined) {
      const order = index.columns.map((c) => attributes.indexOf(c.attribute));
      return yield* this.reader.lookupInSteps(
        index,
        keys.map((k) => order.map((i) => k[i] as Datum)),
        state,
        newest,
      );
    }
    const set = new KeySet(attributes.map((a) => this.type(a)));
    const places: number[] = [];
    keys.forEach((k, i) => {
      if (set.add([...k])) places.push(i);
    });
    const keyOf = (row: Row): number | undefined => {
      const values = attributes.map((a) => row[a - 1] as Datum);
      return values.includes(null) ? undefined : set.find(values);
    };
    const found = yield* this.reader.scanInSteps(state, (row) => keyOf(row) !== undefined, newest);
    return found.map((f) => ({ ...f, key: places[keyOf(f.row) as number] as number }));
  }
}

const accesses = new WeakMap<PlanContext["catalog"], Map<number, TableAccess>>();

function accessOf(context: PlanContext, table: number): TableAccess {
  let byTable = accesses.get(context.catalog);
  if (byTable === undefined) {
    byTable = new Map();
    accesses.set(context.catalog, byTable);
  }
  let access = byTable.get(table);
  if (access === undefined) {
    const object = context.catalog.relationByOid(table);
    assert(object?.class === "table", "a foreign key joins tables");
    access = new TableAccess(object, context);
    byTable.set(table, access);
  }
  return access;
}
