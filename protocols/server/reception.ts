/**
 * Accepts PostgreSQL's connections, by TCP and by Unix sockets, on a thread that runs no statements, so that a cancel request is heard while every
 * other thread is busy. Reads a connection's first message: a cancel request is dealt with here, encryption by GSSAPI is declined here, anything else goes
 * with the connection to a thread that carries it.
 */
import { chmodSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { CancelKey } from "../../src/engine/types.js";
import type { Origin } from "./transport.js";

export interface ReceptionOptions {
  readonly host: string;
  readonly port: number;
  /** Folders for Unix sockets, and the permissions of these. */
  readonly socketFolders: readonly string[];
  readonly socketPermissions: number;
  /** Who has not said a first message is held here; more than so many are not. */
  readonly maxSilent: number;
  /** Resolves when the request concerns nothing that is still to come: the client's connection ends then. */
  readonly cancel: (processId: number, key: CancelKey) => Promise<void>;
  /** Takes the connection (a duplicate of the descriptor that is its own to close) and what was read of it. */
  readonly carry: (descriptor: number, received: Uint8Array, origin: Origin) => void;
  readonly duplicateDescriptor: (descriptor: number) => number;
}

const CANCEL_REQUEST = 80877102;
const GSS_REQUEST = 80877104;
/** Length, code, process id, and a key of up to 256 bytes. */
const CANCEL_BYTES = { least: 16, most: 12 + 256 } as const;
const TLS_HANDSHAKE = 0x16;
/** PostgreSQL's authentication_timeout. */
const SILENCE_MILLIS = 60_000;
const BACKLOG = 1024;

export class Reception {
  readonly #servers: Server[] = [];
  readonly #silent = new Map<Socket, NodeJS.Timeout>();
  #port: number;

  constructor(private readonly options: ReceptionOptions) {
    this.#port = options.port;
  }

  get port(): number {
    return this.#port;
  }
  async listen(): Promise<void> {
    const { host, port, socketFolders, socketPermissions } = this.options;
    const address = (await this.#listen({ host, port }, false)).address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
    for (const folder of socketFolders) {
      const path = socketPath(folder, this.#port);
      await removeLeftover(path);
      await this.#listen({ path }, true);
      chmodSync(path, socketPermissions);
    }
  }
  async close(): Promise<void> {
    for (const [socket, timer] of this.#silent) {
      clearTimeout(timer);
      socket.destroy();
    }
    this.#silent.clear();
    await Promise.all(this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }

  #listen(where: { readonly host: string; readonly port: number } | { readonly path: string }, isLocal: boolean): Promise<Server> {
    const server = createServer({ noDelay: !isLocal, keepAlive: !isLocal, allowHalfOpen: true }, (socket) =>
      this.#receive(socket, isLocal),
    );
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ ...where, backlog: BACKLOG }, () => {
        server.off("error", reject);
        resolve(server);
      });
    });
  }

  #receive(socket: Socket, isLocal: boolean): void {
    if (this.#silent.size >= this.options.maxSilent) return void socket.destroy();
    let received: Buffer = Buffer.alloc(0);
    let cancels = false;
    const forget = (): void => {
      clearTimeout(this.#silent.get(socket));
      this.#silent.delete(socket);
    };
    this.#silent.set(
      socket,
      setTimeout(() => socket.destroy(), SILENCE_MILLIS),
    );
    // A cancel request's connection stays open for as long as the request stands, whatever the client does with its end.
    socket.on("end", () => cancels || socket.end());
    socket.on("data", (chunk) => {
      if (cancels) return;
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      switch (firstMessage(received)) {
        case "unfinished":
          return;
        case "gss":
          received = Buffer.alloc(0);
          return void socket.write("N");
        case "cancel": {
          const key: number[] = [];
          for (let at = 12; at + 4 <= received.length; at += 4) key.push(received.readInt32BE(at));
          cancels = true;
          void this.options.cancel(received.readInt32BE(8), key).then(() => {
            forget();
            socket.destroySoon();
          });
          return;
        }
        case "other":
          forget();
          socket.pause();
          this.#carry(socket, received, isLocal);
          socket.destroy();
      }
    });
    socket.on("error", () => {});
    socket.on("close", forget);
  }
  #carry(socket: Socket, received: Buffer, isLocal: boolean): void {
    // Node has no name for the descriptor.
    const descriptor = (socket as unknown as { _handle?: { fd?: number } | null })._handle?.fd ?? -1;
    if (descriptor < 0) return;
    const { localAddress, localPort } = socket;
    const server = localAddress === undefined || localPort === undefined ? null : { address: localAddress, port: localPort };
    this.options.carry(this.options.duplicateDescriptor(descriptor), received, { isLocal, server });
  }
}

/** Where clients look for a server of this port. */
export const socketPath = (folder: string, port: number): string => join(folder, `.s.PGSQL.${port}`);

function firstMessage(received: Buffer): "unfinished" | "cancel" | "gss" | "other" {
  if (received[0] === TLS_HANDSHAKE) return "other";
  if (received.length < 8) return "unfinished";
  const [length, code] = [received.readInt32BE(0), received.readInt32BE(4)];
  if (code === GSS_REQUEST && length === 8 && received.length === 8) return "gss";
  if (code !== CANCEL_REQUEST || length < CANCEL_BYTES.least || length > CANCEL_BYTES.most) return "other";
  return received.length < length ? "unfinished" : received.length === length ? "cancel" : "other";
}

/** A socket file that nobody listens on is one that a killed server left. */
function removeLeftover(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      reject(Object.assign(new Error(`another server listens on ${path}`), { code: "EADDRINUSE", path }));
    });
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") unlinkSync(path);
      resolve(); // whatever else is wrong, listening says it
    });
  });
}
