/** A further JavaScript thread of the server: its own event loop, connections and caches over the shared engine. Started by main.ts. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type Door, type DoorShare, openDoors } from "./doors.js";

export type ThreadOrder = { readonly door: Door; readonly descriptor: number } | { readonly closeWithin: number };

const port = parentPort as MessagePort;
const doors = await openDoors(workerData as DoorShare);
port.on("message", async (order: ThreadOrder) => {
  if ("door" in order) {
    doors[order.door]?.adopt(order.descriptor);
    return;
  }
  await doors.close(order.closeWithin);
  port.close();
});
port.postMessage("ready");
