// The second JavaScript thread of threads.test.ts: runs the statements and commands that it is sent over the shared engine.

import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";

const { open } = await import(pathToFileURL(workerData.entry).href);
const db = await open(workerData.folder);
/** A transaction that stays open between messages: { transaction: "begin" }, statements with inTransaction, { transaction: "commit" }. */
let held;
parentPort.on("message", async ({ id, sql, values, redis, close, transaction, inTransaction }) => {
  try {
    if (close) {
      await db.close();
      parentPort.postMessage({ id });
      parentPort.close();
      return;
    }
    let result;
    if (transaction === "begin") {
      await new Promise((began) => {
        const done = db.transaction((client) => {
          began();
          return new Promise((end) => {
            held = { client, end: () => (end(), done) };
          });
        });
        done.catch(() => {});
      });
    } else if (transaction === "commit") await held.end();
    else if (redis) result = await db.redis(...redis);
    else result = (await (inTransaction ? held.client : db).query(sql, values)).rows;
    parentPort.postMessage({ id, result });
  } catch (error) {
    parentPort.postMessage({ id, error: error.fields?.sqlstate ?? error.message });
  }
});
parentPort.postMessage({ ready: true });
