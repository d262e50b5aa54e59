// The second JavaScript thread of threads.test.ts: runs the statements and commands that it is sent over the shared engine.
import { parentPort, workerData } from "node:worker_threads";
import { pathToFileURL } from "node:url";

const { open } = await import(pathToFileURL(workerData.entry).href);
const db = await open(workerData.folder);
parentPort.on("message", async ({ id, sql, values, redis, close }) => {
  try {
    if (close) {
      await db.close();
      parentPort.postMessage({ id });
      parentPort.close();
      return;
    }
    const result = redis ? await db.redis(...redis) : (await db.query(sql, values)).rows;
    parentPort.postMessage({ id, result });
  } catch (error) {
    parentPort.postMessage({ id, error: error.fields?.sqlstate ?? error.message });
  }
});
parentPort.postMessage({ ready: true });
