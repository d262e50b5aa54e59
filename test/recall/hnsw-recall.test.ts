/** Recall of the HNSW index against the exact scan, through the addon, over the real images: plain, filtered, after deletes, after a restart. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  BlockReader,
  BlockWriter,
  type Engine,
  native,
  PredicateBuilder,
  PredicateOp,
  VectorMetric,
  VectorQuantization,
} from "../../src/native/index.js";
import { KeyKind, PhysicalType } from "../../src/types/index.js";
import { loadMnist } from "./mnist.js";

const mnist = loadMnist();
const queryCount = 300;
const k = 10;

describe.skipIf(mnist === undefined)("hnsw recall on MNIST", () => {
  const folder = mkdtempSync(join(tmpdir(), "orrery-recall-"));
  let engine: Engine;
  let relation: number;
  let index: number;
  const buffer = new Uint8Array(1 << 16);
  const queries = Array.from({ length: queryCount }, (_, i) => (i * 7919) % (mnist?.count ?? 1));

  const openEngine = () => native.engine.open({ folder });
  const ok = (status: number) => {
    if (status !== 0) throw new Error(JSON.stringify(native.engine.lastError(engine)));
  };
  const inTransaction = async (work: (xid: number) => void | Promise<void>) => {
    const xid = native.storage.begin(engine, 0);
    await work(xid);
    expect(native.storage.commit(engine, xid)).toBeGreaterThanOrEqual(0);
  };
  /** The first k ids of a scan and whether its distances ascend. */
  const take = (scan: number): number[] => {
    expect(scan, JSON.stringify(native.engine.lastError(engine))).toBeGreaterThan(0);
    const ids: number[] = [];
    let last = Number.NEGATIVE_INFINITY;
    while (ids.length < k) {
      const n = native.storage.scanNext(engine, scan, buffer, k - ids.length);
      if (n <= 0) break;
      const block = new BlockReader(buffer);
      for (let row = 0; row < n; row++) {
        ids.push(block.int32(0, row));
        expect(block.float64(1, row)).toBeGreaterThanOrEqual(last);
        last = block.float64(1, row);
      }
    }
    native.storage.scanClose(engine, scan);
    return ids;
  };
  const columns = Uint32Array.of(0);
  const approximate = (query: number, predicate: Uint8Array | null) =>
    take(native.vector.searchOpen(engine, 0, index, mnist!.vector(query), 100, 0, Infinity, k, predicate, columns, false));
  const exact = (query: number, predicate: Uint8Array | null) =>
    take(native.vector.exactOpen(engine, 0, relation, 2, VectorMetric.l2, mnist!.vector(query), Infinity, k, predicate, columns, false));
  const recallOf = (predicateOf: (query: number) => Uint8Array | null) => {
    let right = 0;
    let fewest = k;
    for (const query of queries) {
      const predicate = predicateOf(query);
      const found = approximate(query, predicate);
      const expected = new Set(exact(query, predicate));
      fewest = Math.min(fewest, found.length);
      right += found.filter((id) => expected.has(id)).length;
    }
    return { recall: right / (queryCount * k), fewest };
  };
  const labelIs = (label: number) => new PredicateBuilder().compare(1, KeyKind.int32, PredicateOp.eq, label).finish();

  beforeAll(async () => {
    engine = openEngine();
    relation = native.storage.allocateOid(engine);
    index = native.storage.allocateOid(engine);
    const types = [
      { type: PhysicalType.int32 },
      { type: PhysicalType.int32 },
      { type: PhysicalType.vector, dimensions: mnist!.dimensions },
    ];
    await inTransaction((xid) => {
      ok(native.storage.createRelation(engine, xid, relation, types));
      const writer = new BlockWriter(types, 1 << 22);
      for (let from = 0; from < mnist!.count; from += 1000) {
        writer.begin(1000);
        for (let row = 0; row < 1000; row++) {
          writer.setInt32(0, row, from + row);
          writer.setInt32(1, row, mnist!.labels[from + row] as number);
          writer.setVector(2, row, mnist!.vector(from + row));
        }
        ok(native.storage.insert(engine, xid, relation, writer.finish(), null));
      }
    });
    await inTransaction(async (xid) =>
      ok(await native.vector.createIndex(engine, xid, index, relation, 2, VectorMetric.l2, 16, 64, VectorQuantization.none, 0)),
    );
  });
  afterAll(() => {
    native.engine.close(engine);
    rmSync(folder, { recursive: true, force: true });
  });

  it("recall@10 >= 0.97 at ef 100", () => {
    expect(native.vector.indexFacts(engine, index)?.rows).toBe(mnist!.count);
    const { recall, fewest } = recallOf(() => null);
    expect(fewest).toBe(k);
    expect(recall).toBeGreaterThanOrEqual(0.97);
  });

  it("WHERE label = x gives 10 rows for every query, recall >= 0.95", () => {
    const { recall, fewest } = recallOf((query) => labelIs((query * 3) % 10));
    expect(fewest).toBe(k);
    expect(recall).toBeGreaterThanOrEqual(0.95);
  });

  it("refuses another number of dimensions, an unknown index, a damaged predicate", () => {
    const query = mnist!.vector(0);
    expect(native.vector.searchOpen(engine, 0, index, query.subarray(1), 100, 0, Infinity, k, null, columns, false)).toBe(0);
    expect(native.engine.lastError(engine).message).toBe("different vector dimensions 784 and 783");
    expect(native.vector.searchOpen(engine, 0, index + 1, query, 100, 0, Infinity, k, null, columns, false)).toBe(0);
    expect(native.vector.searchOpen(engine, 0, index, query, 100, 0, Infinity, k, Uint8Array.of(9), columns, false)).toBe(0);
    expect(native.vector.indexFacts(engine, index + 1)).toBeNull();
  });

  it("after every second row is deleted the rest is found, recall >= 0.95, and so after a restart", async () => {
    await inTransaction((xid) => {
      ok(
        native.storage.delete(
          engine,
          xid,
          relation,
          Float64Array.from({ length: mnist!.count / 2 }, (_, i) => 2 * i + 1),
        ),
      );
    });
    const before = recallOf(() => null);
    expect(before.fewest).toBe(k);
    expect(before.recall).toBeGreaterThanOrEqual(0.95);

    native.engine.close(engine);
    engine = openEngine();
    const facts = native.vector.indexFacts(engine, index);
    expect(facts?.rows).toBeGreaterThanOrEqual(mnist!.count / 2);
    expect(facts, "the graph comes from its image").toMatchObject({ inserted: 0, loaded: facts?.rows });
    const after = recallOf(() => null);
    expect(after.fewest).toBe(k);
    expect(after.recall).toBeGreaterThanOrEqual(0.95);
  });
});
