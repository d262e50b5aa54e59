/** The PostgreSQL door: a Listener whose connections speak pgwire. */
import type { Database } from "../../src/engine/types.js";
import { DbError } from "../../src/types/index.js";
import { PgConnection } from "../pgwire/index.js";
import { Listener } from "./listener.js";

export interface PostgresDoorOptions {
  readonly database: Database;
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly maxMessageBytes: number;
  /** The salt that unknown users are shown comes from it, so all threads of a server share it. */
  readonly scramMockSeed: Buffer;
  readonly handOver?: ((descriptor: number) => boolean) | undefined;
  readonly connectionCount?: Int32Array | undefined;
  readonly reportInternalError: (error: unknown) => void;
  /** A second descriptor of the same connection: what this thread keeps it adopts, to read it into one buffer. */
  readonly duplicateDescriptor: (descriptor: number) => number;
}

/** As large as libuv's own reads, but one for all connections of the thread instead of one for each read. */
const READ_BUFFER_BYTES = 64 << 10;

export function openPostgresDoor(options: PostgresDoorOptions): Listener {
  const { database, host, port, handOver, connectionCount } = options;
  const listener: Listener = new Listener({
    name: "PostgreSQL",
    host,
    port,
    connectionCount,
    readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
    handOver: (descriptor) => {
      if (!handOver?.(descriptor)) listener.adopt(options.duplicateDescriptor(descriptor));
      return true;
    },
    connect: (transport) => {
      const connection: PgConnection = new PgConnection({
        database,
        transport,
        maxMessageBytes: options.maxMessageBytes,
        scramMockSeed: options.scramMockSeed,
        admit: () =>
          listener.connectionCount > options.maxConnections
            ? new DbError({ sqlstate: "53300", severity: "FATAL", message: "sorry, too many clients already" })
            : undefined,
        reportInternalError: options.reportInternalError,
        registerCancelKey: ({ id, secret }) => database.registerCancelKey(id, secret),
      });
      return {
        data: (chunk) => connection.data(chunk),
        disconnected: () => connection.disconnected(),
        shutDown: () => connection.shutDown(),
        get backlogBytes(): number {
          return connection.backlogBytes;
        },
      };
    },
  });
  return listener;
}
