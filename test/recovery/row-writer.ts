/**
 * A process that writes until it is killed: transactions that put one row into each of two tables and set a key, so that a transaction
 * half there shows. Small checkpoints in between. It prints "acked N" once row N is durable.
 */
import { native } from "../../src/native/index.js";
import { Keys } from "./keys.js";
import { Rows } from "./rows.js";

const engine = native.engine.open({ folder: process.argv[2] as string, checkpointLogBytes: 100_000 });
new Keys(engine); // defines the commands
const rows = new Rows(engine);
let n = rows.read(0).size;
const waiting: { readonly n: number; readonly lsn: number }[] = [];

function write(): void {
  for (let i = 0; i < 8; i++) {
    n++;
    rows.insert(n, (xid) => {
      const reply = native.keyspace.execInTransaction(engine, xid, ["SET", "rows", String(n)]);
      if (typeof reply === "number") throw new Error(`status ${reply}`);
    });
    waiting.push({ n, lsn: rows.lsn });
  }
  native.engine.requestFlush(engine, rows.lsn);
}

native.engine.onEvents(engine, (events) => {
  for (const event of events) {
    if (event.kind === "logFailed") throw new Error(event.message);
    if (event.kind !== "flushed") continue;
    let acked = 0;
    while (waiting.length > 0 && (waiting[0]?.lsn ?? 0) <= event.lsn) acked = waiting.shift()?.n ?? 0;
    if (acked > 0) process.stdout.write(`acked ${acked}\n`);
    write();
  }
});
setInterval(() => {}, 1000); // events alone do not keep the process alive
process.stdout.write("acked 0\n");
write();
