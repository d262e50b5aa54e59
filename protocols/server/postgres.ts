/** The PostgreSQL door: a Listener whose connections speak pgwire, in clear text or under TLS. */
import type { Database } from "../../src/engine/types.js";
import { DbError } from "../../src/types/index.js";
import { PgConnection } from "../pgwire/index.js";
import { Listener, type TlsStart } from "./listener.js";
import type { NativeConnections } from "./native-connections.js";
import { TlsEntrance, type TlsMaterial } from "./tls.js";

export interface PostgresDoorOptions {
  readonly database: Database;
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  /** Of maxConnections, for superusers alone. */
  readonly reservedConnections: number;
  readonly maxMessageBytes: number;
  /** The salt that unknown users are shown comes from it, so all threads of a server share it. */
  readonly scramMockSeed: Buffer;
  readonly handOver?: ((descriptor: number) => boolean) | undefined;
  readonly connectionCount?: Int32Array | undefined;
  /** A connection of this thread has ended. */
  readonly ended?: (() => void) | undefined;
  readonly reportInternalError: (error: unknown) => void;
  /** A second descriptor of the same connection: what this thread keeps it adopts, to read it into one buffer. */
  readonly duplicateDescriptor: (descriptor: number) => number;
  readonly peerHasLeft: (descriptor: number) => boolean;
  /** Carries the connections; absent: node:net. */
  readonly native?: NativeConnections | undefined;
  /** undefined: TLS is declined. */
  readonly tls: TlsMaterial | undefined;
}
export interface PostgresDoor {
  readonly listener: Listener;
  /** For connections that come from now on. */
  renewTls(material: TlsMaterial | undefined): void;
}

/** As large as libuv's own reads, but one for all connections of the thread instead of one for each read. */
const READ_BUFFER_BYTES = 64 << 10;
/** PostgreSQL's authentication_timeout. */
const AUTHENTICATION_MILLIS = 60_000;

export function openPostgresDoor(options: PostgresDoorOptions): PostgresDoor {
  const { database, host, port, handOver, connectionCount } = options;
  const tls = new PostgresTls(options.tls, () => listener);
  const listener: Listener = new Listener({
    name: "PostgreSQL",
    host,
    port,
    connectionCount,
    ended: options.ended,
    peerHasLeft: options.peerHasLeft,
    native: options.native && { connections: options.native, protocol: "postgres" },
    readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
    tls: (received) => tls.start(received),
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
        authenticationMillis: AUTHENTICATION_MILLIS,
        admit: () =>
          listener.connectionCount > options.maxConnections
            ? new DbError({ sqlstate: "53300", severity: "FATAL", message: "sorry, too many clients already" })
            : undefined,
        hasOrdinaryPlace: () => listener.connectionCount <= options.maxConnections - options.reservedConnections,
        reportInternalError: options.reportInternalError,
        registerCancelKey: (id, key) => database.registerCancelKey(id, key),
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
  return { listener, renewTls: (material) => tls.renew(material) };
}

const NOTHING = new Uint8Array(0);
const SSL_REQUEST = Buffer.of(0, 0, 0, 8, 4, 210, 22, 47);
const TLS_HANDSHAKE = 0x16;
const ALPN = "postgresql";

/** The two ways into TLS: asked for by SSLRequest, and (as of PostgreSQL 17) at once, with the protocol's name in ALPN. */
class PostgresTls {
  #requested: TlsEntrance | undefined;
  #direct: TlsEntrance | undefined;

  constructor(
    material: TlsMaterial | undefined,
    private readonly listener: () => Listener,
  ) {
    this.renew(material);
  }

  renew(material: TlsMaterial | undefined): void {
    const options = { requestsCertificate: true, handshakeMillis: AUTHENTICATION_MILLIS, protocol: ALPN };
    this.#requested = material && new TlsEntrance(material, options, (...entered) => this.listener().entered(...entered));
    this.#direct =
      material && new TlsEntrance(material, { ...options, protocolIsRequired: true }, (...entered) => this.listener().entered(...entered));
  }

  start(received: Uint8Array): TlsStart | undefined {
    if (this.#requested === undefined) return undefined;
    if (received[0] === TLS_HANDSHAKE) return { entrance: this.#direct, rest: received };
    if (!SSL_REQUEST.equals(received.subarray(0, SSL_REQUEST.length))) return undefined;
    // Clear text behind the request could be somebody's who wants it to be taken for what the client says under TLS.
    if (received.length > SSL_REQUEST.length) return { entrance: undefined, rest: NOTHING };
    return { entrance: this.#requested, answer: Buffer.from("S"), rest: NOTHING };
  }
}
