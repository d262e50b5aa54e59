/**
 * A StorageBinding in memory, for tests of operators: one transaction, no versions, the same blocks and statuses. Values are kept as
 * plain JavaScript values by physical type; keys compare as their kinds do.
 */
import type { EngineBinding, ExecBinding, KeyColumn, PhysicalColumn, StatusDetail, StorageBinding } from "../../native/addon.js";
import { BlockReader, BlockWriter } from "../../native/block.js";
import { StatusCode } from "../../native/status.js";
import { PhysicalType } from "../../types/index.js";

type Raw = null | boolean | number | bigint | string | Float32Array;
interface Relation {
  readonly columns: PhysicalColumn[];
  readonly rows: Map<number, Raw[]>;
  nextRow: number;
}
interface Index {
  readonly relation: number;
  readonly columns: readonly KeyColumn[];
  readonly unique: boolean;
}

export class FakeStorage {
  readonly relations = new Map<number, Relation>();
  readonly indexes = new Map<number, Index>();
  crossings = 0;
  #scans = new Map<number, { rows: { id: number; values: Raw[] }[]; at: number; columns: PhysicalColumn[]; withRowIds: boolean }>();
  #nextScan = 1;
  #last: StatusDetail = { code: 0, detail: 0, object: 0, message: "" };

  readonly engine: Pick<EngineBinding, "lastError"> = { lastError: () => this.#last };

  readonly binding = {
    createRelation: (_e: unknown, _x: number, relation: number, columns: readonly PhysicalColumn[]) => {
      this.relations.set(relation, { columns: [...columns], rows: new Map(), nextRow: 1 });
      return 0;
    },
    createIndex: (_e: unknown, _x: number, index: number, relation: number, columns: readonly KeyColumn[], unique: boolean) => {
      this.indexes.set(index, { relation, columns, unique });
      return 0;
    },
    nextCommand: () => this.#count(undefined),
    insert: (_e: unknown, _x: number, id: number, block: Uint8Array, rowIds: Float64Array | null) => {
      this.crossings++;
      const relation = this.#relation(id);
      const rows = decode(block, relation.columns);
      for (const [i, row] of rows.entries()) {
        const clash =
          this.#collision(id, row.values, -1) ??
          this.#collisionWithin(
            id,
            rows.slice(0, i).map((r) => r.values),
            row.values,
          );
        if (clash !== undefined) return this.#fail(StatusCode.uniqueViolation, clash, `row ${i}`);
      }
      rows.forEach((row, i) => {
        const rowId = relation.nextRow++;
        relation.rows.set(rowId, row.values);
        if (rowIds !== null) rowIds[i] = rowId;
      });
      return 0;
    },
    update: (_e: unknown, _x: number, id: number, block: Uint8Array) => {
      this.crossings++;
      const relation = this.#relation(id);
      const rows = decode(block, relation.columns);
      for (const [i, row] of rows.entries()) {
        const clash = this.#collision(id, row.values, row.id);
        if (clash !== undefined) return this.#fail(StatusCode.uniqueViolation, clash, `row ${i}`);
        relation.rows.set(row.id, row.values);
      }
      return 0;
    },
    delete: (_e: unknown, _x: number, id: number, rowIds: Float64Array) => {
      this.crossings++;
      for (const rowId of rowIds) this.#relation(id).rows.delete(rowId);
      return 0;
    },
    lockRows: () => this.#count(0),
    scanOpen: (_e: unknown, _x: number, id: number, columns: Uint32Array, withRowIds: boolean) => {
      const relation = this.#relation(id);
      return this.#open(
        id,
        [...relation.rows].map(([rowId, values]) => ({ id: rowId, values })),
        columns,
        withRowIds,
      );
    },
    indexScanOpen: (
      _e: unknown,
      _x: number,
      id: number,
      columns: Uint32Array,
      withRowIds: boolean,
      lower: Uint8Array | null,
      lowerInclusive: boolean,
      upper: Uint8Array | null,
      upperInclusive: boolean,
      backward: boolean,
    ) => {
      const index = this.#index(id);
      const low = lower === null ? undefined : this.#keyOf(index, lower);
      const high = upper === null ? undefined : this.#keyOf(index, upper);
      const found = this.#sorted(index).filter(({ values }) => {
        const key = index.columns.map((c) => values[c.column] as Raw);
        if (low !== undefined) {
          const c = compareKey(index, key, low);
          if (c < 0 || (c === 0 && !lowerInclusive)) return false;
        }
        if (high === undefined) return true;
        const c = compareKey(index, key, high);
        return c < 0 || (c === 0 && upperInclusive);
      });
      return this.#open(index.relation, backward ? found.reverse() : found, columns, withRowIds);
    },
    indexLookupOpen: (_e: unknown, _x: number, id: number, columns: Uint32Array, withRowIds: boolean, keys: Uint8Array) => {
      const index = this.#index(id);
      const wanted = decode(
        keys,
        index.columns.map((c) => this.#relation(index.relation).columns[c.column] as PhysicalColumn),
      );
      const found = wanted.flatMap(({ values: key }, number) =>
        this.#sorted(index)
          .filter(
            ({ values }) =>
              compareKey(
                index,
                index.columns.map((c) => values[c.column] as Raw),
                key,
              ) === 0,
          )
          .map(({ id: rowId, values }) => ({ id: rowId, values: [...[...columns].map((c) => values[c] as Raw), number] })),
      );
      const relation = this.#relation(index.relation);
      return this.#openRaw(
        found,
        [...[...columns].map((c) => relation.columns[c] as PhysicalColumn), { type: PhysicalType.int32 }],
        withRowIds,
      );
    },
    scanNext: (_e: unknown, scan: number, block: Uint8Array, maxRows: number) => {
      this.crossings++;
      const open = this.#scans.get(scan);
      if (open === undefined) throw new TypeError("no such scan");
      const rows = open.rows.slice(open.at, open.at + maxRows);
      if (rows.length === 0) return 0;
      const bytes = encode(rows, open.columns, open.withRowIds);
      if (bytes.length > block.length) return -bytes.length;
      block.set(bytes);
      open.at += rows.length;
      return rows.length;
    },
    scanClose: (_e: unknown, scan: number) => {
      this.crossings++;
      this.#scans.delete(scan);
    },
    rowCountEstimate: (_e: unknown, id: number) => this.relations.get(id)?.rows.size ?? 0,
  } as unknown as StorageBinding;

  readonly exec: ExecBinding = {
    preparePoint: () => null,
    prepareNearest: () => null,
    // No program fits: the general operators run.
    pipelineOpen: () => 0,
    pipelineNext: () => 0,
    pipelineRows: () => 0,
    pipelineRun: () => undefined,
    pipelineTake: () => 0,
    pipelineClose: () => undefined,
    runPoint: () => 0,
    runNearest: () => null,
    lookupRow: (_e, _x, id, columns, withRowIds, key, block) => {
      const scan = this.binding.indexScanOpen(_e, _x, id, columns, withRowIds, key, true, key, true, false);
      const rows = this.binding.scanNext(_e, scan, block, 1);
      this.binding.scanClose(_e, scan);
      this.crossings -= 2;
      return rows;
    },
  };

  get openScans(): number {
    return this.#scans.size;
  }

  #count<T>(value: T): T {
    this.crossings++;
    return value;
  }
  #fail(code: number, object: number, message: string): number {
    this.#last = { code, detail: 0, object, message };
    return code;
  }
  #relation(id: number): Relation {
    const relation = this.relations.get(id);
    if (relation === undefined) throw new TypeError(`no relation ${id}`);
    return relation;
  }
  #index(id: number): Index {
    const index = this.indexes.get(id);
    if (index === undefined) throw new TypeError(`no index ${id}`);
    return index;
  }
  #keyOf(index: Index, block: Uint8Array): Raw[] {
    const relation = this.#relation(index.relation);
    const count = new BlockReader(block).columnCount;
    return (
      decode(
        block,
        index.columns.slice(0, count).map((c) => relation.columns[c.column] as PhysicalColumn),
      )[0]?.values ?? []
    );
  }
  #sorted(index: Index): { id: number; values: Raw[] }[] {
    const key = (values: Raw[]): Raw[] => index.columns.map((c) => values[c.column] as Raw);
    return [...this.#relation(index.relation).rows]
      .map(([id, values]) => ({ id, values }))
      .sort((a, b) => compareKey(index, key(a.values), key(b.values)) || a.id - b.id);
  }
  #collision(relation: number, values: readonly Raw[], self: number): number | undefined {
    for (const [id, index] of this.indexes) {
      if (!index.unique || index.relation !== relation) continue;
      const key = index.columns.map((c) => values[c.column] as Raw);
      if (key.includes(null)) continue;
      for (const [rowId, other] of this.#relation(relation).rows) {
        if (
          rowId !== self &&
          compareKey(
            index,
            index.columns.map((c) => other[c.column] as Raw),
            key,
          ) === 0
        )
          return id;
      }
    }
    return undefined;
  }
  #collisionWithin(relation: number, earlier: readonly Raw[][], values: readonly Raw[]): number | undefined {
    for (const [id, index] of this.indexes) {
      if (!index.unique || index.relation !== relation) continue;
      const key = (v: readonly Raw[]): Raw[] => index.columns.map((c) => v[c.column] as Raw);
      if (!key(values).includes(null) && earlier.some((e) => compareKey(index, key(e), key(values)) === 0)) return id;
    }
    return undefined;
  }
  #open(relation: number, rows: { id: number; values: Raw[] }[], columns: Uint32Array, withRowIds: boolean): number {
    const types = this.#relation(relation).columns;
    return this.#openRaw(
      rows.map((r) => ({ id: r.id, values: [...columns].map((c) => r.values[c] as Raw) })),
      [...columns].map((c) => types[c] as PhysicalColumn),
      withRowIds,
    );
  }
  #openRaw(rows: { id: number; values: Raw[] }[], columns: PhysicalColumn[], withRowIds: boolean): number {
    this.crossings++;
    const scan = this.#nextScan++;
    this.#scans.set(scan, { rows, at: 0, columns, withRowIds });
    return scan;
  }
}

/** A shorter bound compares by its prefix. */
function compareKey(index: Index, a: readonly Raw[], b: readonly Raw[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const column = index.columns[i] as KeyColumn;
    const x = a[i] as Raw;
    const y = b[i] as Raw;
    if (x === y) continue;
    if (x === null) return column.nullsFirst ? -1 : 1;
    if (y === null) return column.nullsFirst ? 1 : -1;
    return (x < y ? -1 : 1) * (column.descending ? -1 : 1);
  }
  return 0;
}

function decode(block: Uint8Array, columns: readonly PhysicalColumn[]): { id: number; values: Raw[] }[] {
  const reader = new BlockReader(block);
  const hasIds = new DataView(block.buffer, block.byteOffset).getUint32(8, true) !== 0;
  return Array.from({ length: reader.rowCount }, (_, r) => ({
    id: hasIds ? reader.rowId(r) : 0,
    values: columns.map((column, c): Raw => {
      if (reader.isNull(c, r)) return null;
      switch (column.type) {
        case PhysicalType.bool:
          return reader.bool(c, r);
        case PhysicalType.int16:
          return reader.int16(c, r);
        case PhysicalType.int32:
          return reader.int32(c, r);
        case PhysicalType.int64:
          return reader.int64(c, r);
        case PhysicalType.float32:
          return reader.float32(c, r);
        case PhysicalType.float64:
          return reader.float64(c, r);
        case PhysicalType.vector:
          return reader.vector(c, r);
        case PhysicalType.varlen:
          return Buffer.from(reader.varlen(c, r)).toString("latin1");
        default:
          return Buffer.from(reader.bytes16(c, r)).toString("latin1");
      }
    }),
  }));
}

function encode(
  rows: readonly { id: number; values: readonly Raw[] }[],
  columns: readonly PhysicalColumn[],
  withRowIds: boolean,
): Uint8Array {
  const writer = new BlockWriter(columns);
  writer.begin(rows.length, withRowIds);
  if (withRowIds) rows.forEach((row, r) => writer.setRowId(r, row.id));
  columns.forEach((column, c) => {
    rows.forEach((row, r) => {
      const value = row.values[c] as Raw;
      if (column.type === PhysicalType.varlen) writer.setVarlen(c, r, value === null ? null : Buffer.from(value as string, "latin1"));
      else if (value === null) return;
      else if (column.type === PhysicalType.bool) writer.setBool(c, r, value as boolean);
      else if (column.type === PhysicalType.int16) writer.setInt16(c, r, value as number);
      else if (column.type === PhysicalType.int32) writer.setInt32(c, r, value as number);
      else if (column.type === PhysicalType.int64) writer.setInt64(c, r, value as number);
      else if (column.type === PhysicalType.float32) writer.setFloat32(c, r, value as number);
      else if (column.type === PhysicalType.float64) writer.setFloat64(c, r, value as number);
      else if (column.type === PhysicalType.vector) writer.setVector(c, r, value as Float32Array);
      else writer.bytes.set(Buffer.from(value as string, "latin1"), writer.place(c, r));
    });
  });
  return writer.finish();
}
