/** The thread that accepts PostgreSQL's connections (protocols/server/reception.ts). Started by main.ts. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
// These two files alone, not their rooms: the thread starts quickly and keeps little.
import { Reception } from "../protocols/server/reception.js";
import type { Origin } from "../protocols/server/transport.js";
import { Interrupts } from "./engine/interrupts.js";
import { SessionPlaces } from "./engine/session-places.js";
import { native } from "./native/index.js";

export interface ReceptionShare {
  readonly host: string;
  readonly port: number;
  readonly socketFolders: readonly string[];
  readonly socketPermissions: number;
  readonly maxSilent: number;
  readonly sessionPlaces: SharedArrayBuffer;
  /** One for each thread that carries connections. */
  readonly carriers: readonly MessagePort[];
}
/** To a carrier. */
export type Received =
  | { readonly kind: "connection"; readonly descriptor: number; readonly received: Uint8Array; readonly origin: Origin }
  | { readonly kind: "cancelled"; readonly processId: number };
/** From the carrier of the session: it has heard of it. */
export interface Heard {
  readonly heard: number;
}
/** To the main thread. */
export type ReceptionReport =
  | { readonly port: number }
  | {
      readonly error: {
        readonly code: string | undefined;
        readonly message: string;
        readonly port: number;
        readonly path: string | undefined;
      };
    };

const { sessionPlaces, carriers, ...share } = workerData as ReceptionShare;
const parent = parentPort as MessagePort;
const interrupts = new Interrupts(new SessionPlaces(sessionPlaces));
let turn = 0;
/** Who asked to cancel, by process id, until its thread has heard of it. */
const waiting = new Map<number, (() => void)[]>();
for (const carrier of carriers)
  carrier.on("message", ({ heard }: Heard) => {
    for (const told of waiting.get(heard) ?? []) told();
    waiting.delete(heard);
  });
const reception = new Reception({
  ...share,
  duplicateDescriptor: native.engine.duplicateDescriptor,
  carry: (descriptor, received, origin) => {
    const message: Received = { kind: "connection", descriptor, received: Uint8Array.from(received), origin };
    (carriers[turn++ % carriers.length] as MessagePort).postMessage(message);
  },
  cancel: async (processId, key) => {
    // Whoever waits without running anything has to be told.
    const heard = (): Promise<void> =>
      new Promise((resolve) => {
        waiting.set(processId, [...(waiting.get(processId) ?? []), resolve]);
        const message: Received = { kind: "cancelled", processId };
        for (const carrier of carriers) carrier.postMessage(message);
      });
    await interrupts.stand(processId, key, heard);
    waiting.delete(processId);
  },
});
parent.on("message", async () => {
  await reception.close();
  for (const carrier of carriers) carrier.close();
  parent.close();
});
const report = (message: ReceptionReport): void => parent.postMessage(message);
try {
  await reception.listen();
  report({ port: reception.port });
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  // Errors of listening on a socket file name it as an address.
  const { path, address } = error as { readonly path?: string; readonly address?: string };
  const socketFile = path ?? (address?.includes("/") ? address : undefined);
  report({ error: { code, message, port: share.port, path: socketFile } });
}
