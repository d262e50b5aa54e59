/**
 * A process that writes until it is killed: rounds of three commands in one record (two counters that must stay equal, a list that must
 * hold 1, 2, 3…), small checkpoints in between. It prints "acked N" once round N is durable.
 */
import { native } from "../../src/native/index.js";
import { Keys } from "./keys.js";

const engine = native.engine.open({ folder: process.argv[2] as string, checkpointLogBytes: 50_000 });
const keys = new Keys(engine);
let round = Number(keys.value("GET", "a") || "0");
const waiting: { readonly round: number; readonly lsn: number }[] = [];

function write(): void {
  for (let i = 0; i < 20; i++) {
    round++;
    keys.together(() => {
      keys.run("INCR", "a");
      keys.run("RPUSH", "list", String(round));
      keys.run("INCRBY", "b", "1");
    });
    keys.run("HINCRBY", `h${round % 50}`, "n", "1");
    waiting.push({ round, lsn: keys.lsn });
  }
  native.engine.requestFlush(engine, keys.lsn);
}

native.engine.onEvents(engine, (events) => {
  for (const event of events) {
    if (event.kind === "logFailed") throw new Error(event.message);
    if (event.kind !== "flushed") continue;
    let acked = 0;
    while (waiting.length > 0 && (waiting[0]?.lsn ?? 0) <= event.lsn) acked = waiting.shift()?.round ?? 0;
    if (acked > 0) process.stdout.write(`acked ${acked}\n`);
    write();
  }
});
setInterval(() => {}, 1000); // events alone do not keep the process alive
process.stdout.write("acked 0\n");
write();
