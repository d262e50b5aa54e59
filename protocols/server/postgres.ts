/** The PostgreSQL door: a Listener whose connections speak pgwire. */
import { randomBytes } from "node:crypto";
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
  readonly reportInternalError: (error: unknown) => void;
}

export function openPostgresDoor(options: PostgresDoorOptions): Listener {
  const { database } = options;
  const scramMockSeed = randomBytes(32);
  const secrets = new Map<number, number>();
  const listener: Listener = new Listener({
    name: "PostgreSQL",
    host: options.host,
    port: options.port,
    connect: (transport) => {
      let key: number | undefined;
      const connection: PgConnection = new PgConnection({
        database: {
          ...bindMethods(database),
          // Only who knows the secret may cancel.
          cancelSession: (id, secret) => {
            if (secrets.get(id) === secret) database.cancelSession(id, secret);
          },
        },
        transport,
        maxMessageBytes: options.maxMessageBytes,
        scramMockSeed,
        admit: () =>
          listener.connectionCount > options.maxConnections
            ? new DbError({ sqlstate: "53300", severity: "FATAL", message: "sorry, too many clients already" })
            : undefined,
        reportInternalError: options.reportInternalError,
        registerCancelKey: ({ id, secret }) => {
          key = id;
          secrets.set(id, secret);
        },
      });
      return {
        data: (chunk) => connection.data(chunk),
        disconnected: () => {
          if (key !== undefined) secrets.delete(key);
          connection.disconnected();
        },
        shutDown: () => connection.shutDown(),
        get backlogBytes(): number {
          return connection.backlogBytes;
        },
      };
    },
  });
  return listener;
}

/** Methods of a class instance as a plain object, so that one can be replaced. */
function bindMethods(database: Database): Database {
  return {
    openSession: (o) => database.openSession(o),
    roleVerifier: (user) => database.roleVerifier(user),
    databaseExists: (name) => database.databaseExists(name),
    whenFlushed: (lsn, callback) => database.whenFlushed(lsn, callback),
    cancelSession: (id, secret) => database.cancelSession(id, secret),
    close: () => database.close(),
  };
}
