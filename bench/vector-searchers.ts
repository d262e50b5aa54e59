/**
 * Searches from threads of their own, so that what asks costs the measured side little.
 *
 * - Over the wire: 8 connections, one prepared statement in flight on each, vectors in binary, messages encoded beforehand.
 * - Embedded: each thread opens the same folder and asks one query after the other.
 */
import { connect } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { serialize } from "pg-protocol";
import { open } from "../src/index.js";

interface Work {
  readonly port?: number;
  readonly folder?: string;
  readonly statement: string;
  readonly queries: readonly Float32Array[];
  readonly ef: number;
  /** Infinity: until a message comes. */
  readonly repeats: number;
  readonly connections?: number;
}

/** Queries a second of 8 connections. */
export async function wireRate(
  port: number,
  statement: string,
  queries: readonly Float32Array[],
  ef: number,
  repeats: number,
): Promise<number> {
  const seconds = await once(thread({ port, statement, queries, ef, repeats, connections: 8 }));
  return (repeats * queries.length) / seconds;
}

/** Searches of one connection beside other work, from when the promise is kept until `stop`, which tells how many there were. */
export async function searchAlong(
  port: number,
  statement: string,
  queries: readonly Float32Array[],
  ef: number,
): Promise<{ stop(): Promise<number> }> {
  const searcher = thread({ port, statement, queries, ef, repeats: Infinity, connections: 1 });
  await once(searcher);
  return {
    stop() {
      searcher.postMessage(undefined);
      return once(searcher);
    },
  };
}

/** Threads that have the folder open, until `close`. */
export async function embeddedThreads(folder: string, statement: string, queries: readonly Float32Array[], count: number) {
  const threads = Array.from({ length: count }, (_, i) => {
    const share = queries.filter((_, at) => at % count === i);
    return thread({ folder, statement, queries: share, ef: 0, repeats: 1 });
  });
  await Promise.all(threads.map((t) => once(t)));
  return {
    /** Queries a second of all threads. */
    async rate(ef: number, repeats: number): Promise<number> {
      const started = performance.now();
      for (const t of threads) t.postMessage({ ef, repeats });
      await Promise.all(threads.map((t) => once(t)));
      return (repeats * queries.length) / ((performance.now() - started) / 1000);
    },
    async close(): Promise<void> {
      for (const t of threads) t.postMessage(undefined);
      await Promise.all(threads.map((t) => new Promise((resolve) => t.once("exit", resolve))));
    },
  };
}

function once(thread: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    thread.once("error", reject);
    thread.once("message", (message) => {
      thread.off("error", reject);
      resolve(message);
    });
  });
}
function thread(work: Work): Worker {
  return new Worker(new URL(import.meta.url), { workerData: work });
}

/** pgvector's binary form: int16 dimensions, int16 zero, float32 big-endian. */
function vectorBinary(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(4 + 4 * vector.length);
  bytes.writeInt16BE(vector.length, 0);
  for (let i = 0; i < vector.length; i++) bytes.writeFloatBE(vector[i] as number, 4 + 4 * i);
  return bytes;
}

async function searchEmbedded(folder: string, { statement, queries }: Work): Promise<void> {
  const database = await open(folder);
  parentPort?.postMessage(0);
  for (;;) {
    const order = await new Promise<{ ef: number; repeats: number } | undefined>((resolve) => parentPort?.once("message", resolve));
    if (order === undefined) break;
    await database.query(`set hnsw.ef_search = ${order.ef}`);
    for (let repeat = 0; repeat < order.repeats; repeat++) for (const query of queries) await database.query(statement, [query]);
    parentPort?.postMessage(0);
  }
  await database.close();
}

function searchOverWire(port: number, { statement, queries, ef, repeats, connections = 1 }: Work): void {
  const messages = queries.map((q) =>
    Buffer.concat([
      serialize.bind({ statement: "nearest", values: [vectorBinary(q)], binary: true }),
      serialize.execute({}),
      serialize.sync(),
    ]),
  );
  const preparation = [
    serialize.query(`set hnsw.ef_search = ${ef}`),
    Buffer.concat([serialize.parse({ name: "nearest", text: statement, types: [] }), serialize.sync()]),
  ];
  let total = repeats * messages.length;
  if (repeats === Infinity) parentPort?.once("message", () => void (total = done + 1));
  let sent = 0;
  let done = 0;
  let ready = 0;
  let started = 0;
  const sendNext = (socket: (typeof sockets)[number]) => {
    if (sent < total) socket.write(messages[sent++ % messages.length] as Buffer);
  };
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.write(serialize.startup({ user: "postgres", database: "postgres" }));
    let answers = 0;
    const answered = () => {
      const step = answers++;
      if (step < preparation.length) socket.write(preparation[step] as Buffer);
      else if (step === preparation.length) {
        if (++ready < connections) return;
        started = performance.now();
        if (repeats === Infinity) parentPort?.postMessage(0);
        for (const s of sockets) sendNext(s);
      } else if (++done === total) {
        parentPort?.postMessage(repeats === Infinity ? done : (performance.now() - started) / 1000);
        for (const s of sockets) s.destroy();
      } else sendNext(socket);
    };
    let pending: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      let at = 0;
      while (pending.length - at >= 5) {
        const length = pending.readInt32BE(at + 1) + 1;
        if (pending.length - at < length) break;
        const type = pending[at];
        if (type === 0x45) throw new Error(pending.toString("utf8", at, at + length));
        at += length;
        if (type === 0x5a) answered();
      }
      pending = pending.subarray(at);
    });
    return socket;
  });
}

if (!isMainThread) {
  const work = workerData as Work;
  if (work.folder !== undefined) await searchEmbedded(work.folder, work);
  else if (work.port !== undefined) searchOverWire(work.port, work);
}
