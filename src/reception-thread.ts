/** The thread that accepts PostgreSQL's connections (protocols/server/reception.ts). Started by main.ts. */
import { type MessagePort, parentPort, Worker, workerData } from "node:worker_threads";
// These two files alone, not their rooms: the thread starts quickly and keeps little.
import { Reception } from "../protocols/server/reception.js";
import type { Origin } from "../protocols/server/transport.js";
import { Carriers } from "./carriers.js";
import { Interrupts } from "./engine/interrupts.js";
import { SessionPlaces } from "./engine/session-places.js";
import { native } from "./native/index.js";
import type { ConfigurationInForce } from "./server-configuration.js";
import type { ThreadData } from "./server-thread.js";

export interface ReceptionShare {
  readonly host: string;
  readonly port: number;
  readonly socketFolders: readonly string[];
  readonly socketPermissions: number;
  readonly maxSilent: number;
  readonly sessionPlaces: SharedArrayBuffer;
  /** PostgreSQL's connections by thread (Carriers). */
  readonly carried: SharedArrayBuffer;
  /** To each thread that runs from the start. */
  readonly carriers: readonly MessagePort[];
  /** The threads after these, which begin here when they are needed: the main thread may be busy for long. */
  readonly late: readonly { readonly data: ThreadData & { readonly reception: MessagePort }; readonly carrier: MessagePort }[];
  /** In force. */
  readonly configuration: ConfigurationInForce;
}
/** To a carrier. */
export type Received =
  | { readonly kind: "connection"; readonly descriptor: number; readonly received: Uint8Array; readonly origin: Origin }
  | { readonly kind: "cancelled"; readonly processId: number }
  | { readonly kind: "configuration"; readonly configuration: ConfigurationInForce };
/** From the carrier of the session: it has heard of it. */
export interface Heard {
  readonly heard: number;
}
/** From the main thread. */
export type ReceptionOrder = "close" | { readonly configuration: ConfigurationInForce };
/** To the main thread. */
export type ReceptionReport =
  | { readonly port: number }
  | { readonly begun: number }
  | { readonly threadFailed: { readonly number: number; readonly message: string } }
  | "closed"
  | {
      readonly error: {
        readonly code: string | undefined;
        readonly message: string;
        readonly port: number;
        readonly path: string | undefined;
      };
    };

const { sessionPlaces, carried, late, ...share } = workerData as ReceptionShare;
let { configuration } = share;
const parent = parentPort as MessagePort;
const report = (message: ReceptionReport): void => parent.postMessage(message);
const interrupts = new Interrupts(new SessionPlaces(sessionPlaces));
const runningCount = share.carriers.length;
const ports = [...share.carriers, ...late.map(({ carrier }) => carrier)];
const begun = new Set<number>();
const carriers = new Carriers(new Int32Array(carried), runningCount, begin);

function begin(number: number): void {
  const { data, carrier } = late[number - runningCount] as ReceptionShare["late"][number];
  const given = configuration;
  const worker = new Worker(new URL("./server-thread.js", import.meta.url), {
    workerData: { ...data, share: { ...data.share, late: { configuration: given } } } satisfies ThreadData,
    transferList: [data.reception, data.orders],
  });
  begun.add(number);
  report({ begun: number });
  worker.once("message", () => {
    carriers.runs(number);
    // It has heard of no change before now.
    if (configuration !== given) carrier.postMessage({ kind: "configuration", configuration } satisfies Received);
  });
  worker.on("error", ({ message }) => report({ threadFailed: { number, message } }));
}

/** Who asked to cancel, by process id, until its thread has heard of it. */
const waiting = new Map<number, (() => void)[]>();
for (const port of ports)
  port.on("message", ({ heard }: Heard) => {
    for (const told of waiting.get(heard) ?? []) told();
    waiting.delete(heard);
  });
const reception = new Reception({
  ...share,
  duplicateDescriptor: native.engine.duplicateDescriptor,
  carry: (descriptor, received, origin) => {
    const message: Received = { kind: "connection", descriptor, received: Uint8Array.from(received), origin };
    (ports[carriers.next()] as MessagePort).postMessage(message);
  },
  cancel: async (processId, key) => {
    // Whoever waits without running anything has to be told.
    const heard = (): Promise<void> =>
      new Promise((resolve) => {
        waiting.set(processId, [...(waiting.get(processId) ?? []), resolve]);
        const message: Received = { kind: "cancelled", processId };
        for (const [thread, port] of ports.entries()) if (carriers.isRunning(thread)) port.postMessage(message);
      });
    await interrupts.stand(processId, key, heard);
    waiting.delete(processId);
  },
});
parent.on("message", async (order: ReceptionOrder) => {
  if (order !== "close") {
    configuration = order.configuration;
    return;
  }
  await reception.close();
  report("closed");
  for (const port of ports) port.close();
  // The threads that began here keep this one until they have ended.
  parent.close();
});
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
