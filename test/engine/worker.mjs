// Runs SQL for the test in a thread of its own, over the folder that the main thread opened. tsx makes the sources loadable.
import { parentPort, workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
const { openTestDatabase, openTestSession, run } = await import("./support.ts");
const database = await openTestDatabase(workerData.folder, 1);
const session = openTestSession(database);
parentPort.on("message", async ({ id, sql }) => {
  if (sql === null) {
    await database.close();
    parentPort.postMessage({ id });
    parentPort.close();
    return;
  }
  try {
    parentPort.postMessage({ id, answer: await run(session, sql) });
  } catch (error) {
    parentPort.postMessage({ id, error: error.fields ?? { message: String(error.stack) } });
  }
});
parentPort.postMessage({ id: 0 });
