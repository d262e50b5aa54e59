/**
 * A client that sends one command at a time and notes how long each reply takes, on a thread of its own: what else the benchmark does, and the
 * garbage that it made, must not count as waiting.
 */
import { connect } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { encode } from "./resp-load.js";

export interface Waits {
  readonly count: number;
  readonly median: number;
  readonly p999: number;
  readonly longest: number;
}

/** The keys that it uses: `key:<n>` below `strings`, elements of large:list, large:hash, large:set and large:zset below `members`; large:stream. */
export interface WaitsData {
  readonly port: number;
  readonly strings: number;
  readonly members: number;
}

/** What the replies take while `work` goes on, in milliseconds. */
export async function waitsDuring(data: WaitsData, work: () => Promise<unknown>): Promise<Waits> {
  const worker = new Worker(new URL(import.meta.url), { workerData: data });
  const next = <T>() => new Promise<T>((done) => worker.once("message", done));
  await next();
  const result = next<Waits>();
  await work();
  worker.postMessage("stop");
  const waits = await result;
  await worker.terminate();
  return waits;
}

/** The i-th command: three of four are for strings, every fourth writes to one of the large values. */
function command(i: number, strings: number, members: number): readonly string[] {
  const key = `key:${(i * 7919) % strings}`;
  if (i % 4 !== 3) return i % 2 === 0 ? ["GET", key] : ["SET", key, `changed ${i}`];
  const n = String((i * 7919) % members);
  switch ((i >> 2) % 5) {
    case 0:
      return ["LSET", "large:list", n, `changed:${i}`];
    case 1:
      return ["HSET", "large:hash", `field:${n}`, `changed:${i}`];
    case 2:
      return ["SREM", "large:set", `member:${n}`];
    case 3:
      return ["XADD", "large:stream", "*", "field", `changed:${i}`];
    default:
      return ["ZADD", "large:zset", String(i), `member:${n}`];
  }
}

const mostWaits = 1 << 23;
const warmUp = 2000;

function measure({ port, strings, members }: WaitsData): void {
  const times = new Float64Array(mostWaits);
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  let sent = 0;
  let started = 0;
  let going = true;
  const ask = () => {
    const bytes = encode(command(sent++, strings, members));
    started = performance.now();
    socket.write(bytes);
  };
  const finish = () => {
    socket.destroy();
    const measured = times.subarray(0, Math.min(sent - warmUp, mostWaits)).sort();
    const at = (part: number) => measured[Math.min(measured.length - 1, Math.floor(measured.length * part))] as number;
    parentPort?.postMessage({ count: measured.length, median: at(0.5), p999: at(0.999), longest: at(1) } satisfies Waits);
  };
  parentPort?.once("message", () => (going = false));
  socket.on("data", () => {
    const wait = performance.now() - started;
    if (sent > warmUp) times[Math.min(sent - warmUp, mostWaits) - 1] = wait;
    else if (sent === warmUp) parentPort?.postMessage("ready");
    // What is measured ends with the work, but not before there is something.
    if (going || sent <= warmUp + 1) ask();
    else finish();
  });
  socket.once("connect", ask);
}

if (!isMainThread) measure(workerData as WaitsData);
