import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** The calls run in a child process: a crash ends the child and names the function that was running. */
const binary = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "native", "build", "Release", "orrery.node"))) folder = dirname(folder);
  return join(folder, "native", "build", "Release", "orrery.node");
})();

const fuzz = String.raw`
const native = require(process.argv[1]);
const rounds = Number(process.argv[2]);
let seed = 12345;
const random = (n) => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return (seed >>> 8) % n; };
const engine = native.engine.open({ folder: null });
const closed = native.engine.open({ folder: null });
native.engine.close(closed);
const { storage, keyspace, exec, vector } = native;
const setup = storage.begin(engine, 0);
const relation = storage.allocateOid(engine), index = storage.allocateOid(engine), sequence = storage.allocateOid(engine), graph = storage.allocateOid(engine);
storage.createRelation(engine, setup, relation, [{ type: 3 }, { type: 9 }, { type: 10, dimensions: 3 }]);
storage.createIndex(engine, setup, index, relation, [{ column: 0, kind: 3, descending: false, nullsFirst: false }], true, false);
storage.createSequence(engine, setup, sequence, "1", "1", "100", "1", false);
storage.commit(engine, setup);
const state = new Float64Array(16), output = new Uint8Array(1 << 16);
keyspace.defineCommands([{ name: "get", arity: 2, flags: 0, firstKey: 1, lastKey: 1, keyStep: 1, keyCountAt: 0 }, { name: "set", arity: -3, flags: 1, firstKey: 1, lastKey: 1, keyStep: 1, keyCountAt: 0 }]);
const thread = keyspace.attach(engine, output, state);
const session = keyspace.openSession(thread);
const hub = native.io.attach(engine, 1, () => undefined);
const pipeline = exec.preparePoint(engine, index, new Uint32Array([0, 3, 0]));
const block = (() => {
  const b = new ArrayBuffer(40), v = new DataView(b);
  v.setUint32(0, 1, true); v.setUint32(4, 1, true); v.setUint32(12, 40, true); v.setUint8(16, 3); v.setUint32(28, 32, true); v.setInt32(32, 7, true);
  return new Uint8Array(b);
})();
const detached = () => { const b = new ArrayBuffer(64); const u = new Uint8Array(b); structuredClone(b, { transfer: [b] }); return u; };
const noise = (n) => Uint8Array.from({ length: n }, () => random(256));
const text = (s) => Buffer.from(s);
let xid = 0;
const values = [
  () => undefined, () => null, () => NaN, () => -1, () => 0, () => 1, () => 2, () => 3, () => 2 ** 32, () => 2 ** 53, () => 1e300, () => -Infinity,
  () => "", () => "x", () => "9223372036854775807", () => true, () => false, () => Symbol("s"), () => 10n, () => 2n ** 70n, () => ({}), () => [], () => [null], () => [{}],
  () => [{ type: 3 }], () => [{ column: 0, kind: 3 }], () => [{ column: 9, kind: 77 }], () => new Array(4294967295), () => () => 1,
  () => new Proxy({}, { get() { throw new RangeError("getter"); } }), () => [text("get"), text("k")], () => ["set", "k", "v"], () => [Symbol("s")],
  () => engine, () => closed, () => thread, () => session, () => pipeline, () => hub, () => xid, () => relation, () => index, () => sequence,
  () => new Uint8Array(0), () => new Uint8Array(3), () => noise(64), () => new Uint8Array(4096), () => new Uint8Array(new ArrayBuffer(65), 1), detached, () => block,
  () => new Float64Array(0), () => new Float64Array([1, NaN, -1, 1e300]), () => new Float64Array(64), () => new Uint32Array(0), () => new Uint32Array([0, 1]), () => new Uint32Array([0, 3, 0]),
  () => new Uint32Array([4294967295, 1, 1]), () => new Float32Array(3), () => new Float32Array(1), () => new Int8Array(7), () => new BigInt64Array(2), () => new DataView(new ArrayBuffer(8)),
  () => text("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"),
];
const any = () => values[random(values.length)]();
const first = { storage: () => engine, locks: () => engine, exec: () => engine, vector: () => engine, engine: () => engine, keyspace: () => [engine, thread, session][random(3)], io: () => hub, collation: any, vectorText: any };
const ids = [() => xid, () => 0, () => relation, () => index];
(async () => {
  for (const [room, functions] of Object.entries(native)) {
    if (typeof functions !== "object") continue;
    for (const [name, call] of Object.entries(functions)) {
      require("node:fs").writeSync(1, room + "." + name + "\n");
      for (let i = 0; i < rounds; i++) {
        xid = storage.begin(engine, random(3));
        const args = Array.from({ length: random(11) }, any);
        // Mostly what gets past the first checks.
        if (args.length > 0 && random(8) !== 0) args[0] = first[room]();
        if (args.length > 1 && random(2) !== 0) args[1] = xid;
        if (args.length > 2 && random(2) !== 0) args[2] = ids[random(ids.length)]();
        if (room === "engine" && name === "close" && args[0] === engine) args[0] = closed;
        if (room === "io" && name === "detach") args[0] = undefined;
        if (room === "engine" && name === "open") args[0] = [any(), { folder: null, checkpointLogBytes: any(), keepLog: any() }, { folder: 3 }][random(3)];
        try { await call(...args); } catch (error) { if (!(error instanceof Error)) throw error; }
        try { keyspace.endExclusive(session); } catch {}
        try { storage.rollback(engine, xid); } catch {}
      }
    }
  }
  native.engine.close(engine);
  // What belonged to the engine answers with an error now.
  const refused = [() => keyspace.run(session, block, 0, 8, 100), () => keyspace.openSession(thread), () => keyspace.takeOutput(session), () => exec.runPoint(engine, pipeline, 0, 1, output)];
  for (const call of refused) {
    try { call(); } catch (error) { if (error instanceof TypeError) continue; }
    throw new Error("not refused: " + call);
  }
  require("node:fs").writeSync(1, "survived\n");
  process.exit(0);
})();
`;

describe("wrong arguments at the native border", () => {
  it("throw or return a status, whatever the function, and never crash", () => {
    const folder = mkdtempSync(join(tmpdir(), "orrery-arguments-"));
    try {
      const child = spawnSync(process.execPath, ["-e", fuzz, binary, "150"], { encoding: "utf8", cwd: folder, timeout: 100_000 });
      const lines = child.stdout.trim().split("\n");
      expect({ last: lines.at(-1), status: child.status, signal: child.signal, stderr: child.stderr.slice(-2000) }).toEqual({
        last: "survived",
        status: 0,
        signal: null,
        stderr: "",
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
