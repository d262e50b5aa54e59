/**
 * A further JavaScript thread of the server: its own event loop, connections and caches over the shared engine. Started by main.ts, or by
 * reception-thread.ts when it is needed.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type Door, type DoorShare, openDoors } from "./doors.js";

export type ThreadOrder =
  | { readonly door: Door; readonly descriptor: number }
  | { readonly closeWithin: number; readonly logFailure?: LogFailure | undefined };
/** As the engine's event tells it. */
export interface LogFailure {
  readonly message: string;
  readonly code: number;
}
export interface ThreadData {
  readonly share: DoorShare;
  readonly reception: MessagePort | undefined;
  /** From the main thread. */
  readonly orders: MessagePort;
}

const { share, reception, orders } = workerData as ThreadData;
const doors = await openDoors(share, reception);
orders.on("message", async (order: ThreadOrder) => {
  if ("door" in order) {
    doors[order.door]?.adopt(order.descriptor);
    return;
  }
  // The engine's own event may still be on its way: clients must hear of the reason before they hear of the end.
  if (order.logFailure !== undefined) doors.database.flushes.failed(order.logFailure.message, order.logFailure.code);
  await doors.close(order.closeWithin);
  reception?.close();
  orders.close();
});
parentPort?.postMessage("ready");
