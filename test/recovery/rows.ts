/** Rows on an engine through the native API: two tables that must always hold the same numbers, for crash and replay tests. */
import { BlockReader, BlockWriter, type Engine, native } from "../../src/native/index.js";
import { PhysicalType } from "../../src/types/index.js";

const { storage } = native;
const columns = [{ type: PhysicalType.int64 }, { type: PhysicalType.varlen }] as const;
const tables = [20_001, 20_002] as const;
const index = 20_003;

export class Rows {
  readonly #engine: Engine;
  readonly #block = new BlockWriter(columns);

  constructor(engine: Engine) {
    this.#engine = engine;
    if (storage.catalogChanges(engine, 0).changes.some(([oid]) => oid === tables[0])) return;
    const xid = storage.begin(engine, 0);
    for (const table of tables) {
      this.#ok(storage.createRelation(engine, xid, table, columns));
      this.#ok(storage.catalogPut(engine, xid, table, `{"name":"t${table}"}`));
    }
    this.#ok(
      storage.createIndex(engine, xid, index, tables[0], [{ column: 0, kind: 4, descending: false, nullsFirst: false }], true, false),
    );
    this.lsn = storage.commit(engine, xid);
  }

  /** LSN of the last commit. */
  lsn = 0;

  /** Inserts `n` into both tables in one transaction, and does `more` in it. */
  insert(n: number, more: (xid: number) => void = () => {}): void {
    const xid = storage.begin(this.#engine, 0);
    for (const table of tables) {
      this.#block.begin(1);
      this.#block.setInt64(0, 0, n);
      this.#block.setVarlen(1, 0, `row ${n} ${"x".repeat(n % 50)}`);
      this.#ok(storage.insert(this.#engine, xid, table, this.#block.finish(), null));
    }
    more(xid);
    this.#commit(xid);
  }

  /** Gives row `n` of both tables another text. */
  update(n: number, text: string): void {
    this.#change(n, (xid, table, rowId) => {
      this.#block.begin(1, true);
      this.#block.setRowId(0, rowId);
      this.#block.setInt64(0, 0, n);
      this.#block.setVarlen(1, 0, text);
      this.#ok(storage.update(this.#engine, xid, table, this.#block.finish(), Uint32Array.of(1)));
    });
  }

  delete(n: number): void {
    this.#change(n, (xid, table, rowId) => this.#ok(storage.delete(this.#engine, xid, table, Float64Array.of(rowId))));
  }

  /** Numbers and texts of a table (0 or 1), or of the first by its index (2), in the order of the numbers. */
  read(which: 0 | 1 | 2): Map<number, string> {
    const out: [number, string][] = [];
    const only = Uint32Array.of(0, 1);
    const scan =
      which === 2
        ? storage.indexScanOpen(this.#engine, 0, index, only, true, null, false, null, false, false)
        : storage.scanOpen(this.#engine, 0, tables[which], only, true);
    const bytes = new Uint8Array(1 << 18);
    const reader = new BlockReader(bytes);
    for (let rows = storage.scanNext(this.#engine, scan, bytes, 1000); rows > 0; rows = storage.scanNext(this.#engine, scan, bytes, 1000))
      for (let i = 0; i < rows; i++) out.push([Number(reader.int64(0, i)), reader.text(1, i)]);
    storage.scanClose(this.#engine, scan);
    return new Map(which === 2 ? out : out.sort((a, b) => a[0] - b[0]));
  }

  #change(n: number, work: (xid: number, table: number, rowId: number) => void): void {
    const xid = storage.begin(this.#engine, 0);
    for (const table of tables) {
      const scan = storage.scanOpen(this.#engine, xid, table, Uint32Array.of(0), true);
      const bytes = new Uint8Array(1 << 18);
      const reader = new BlockReader(bytes);
      const rowIds: number[] = [];
      for (let rows = storage.scanNext(this.#engine, scan, bytes, 1000); rows > 0; rows = storage.scanNext(this.#engine, scan, bytes, 1000))
        for (let i = 0; i < rows; i++) if (Number(reader.int64(0, i)) === n) rowIds.push(reader.rowId(i));
      storage.scanClose(this.#engine, scan);
      for (const rowId of rowIds) work(xid, table, rowId);
    }
    this.#commit(xid);
  }

  #commit(xid: number): void {
    const lsn = storage.commit(this.#engine, xid);
    if (lsn < 0) throw new Error(native.engine.lastError(this.#engine).message);
    this.lsn = Math.max(this.lsn, lsn);
  }

  #ok(status: number): void {
    if (status !== 0) throw new Error(`status ${status}: ${native.engine.lastError(this.#engine).message}`);
  }
}
