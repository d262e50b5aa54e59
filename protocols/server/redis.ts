/** The Redis door: a Listener whose connections speak RESP. */
import type { RespServer } from "../resp/index.js";
import { Listener } from "./listener.js";
import type { NativeConnections } from "./native-connections.js";
import { TlsEntrance, type TlsMaterial } from "./tls.js";

export interface RedisDoorOptions {
  readonly server: RespServer;
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly handOver?: ((descriptor: number) => boolean) | undefined;
  readonly connectionCount?: Int32Array | undefined;
  /** A second descriptor of the same connection: what this thread keeps it adopts, to read it into one buffer. */
  readonly duplicateDescriptor: (descriptor: number) => number;
  /** Carries the connections; absent: node:net. */
  readonly native?: NativeConnections | undefined;
}
/** A second port for the same server, all of whose connections are under TLS. */
export interface RedisTlsOptions {
  readonly material: TlsMaterial;
  /** As Redis' tls-auth-clients. */
  readonly clientCertificates: "no" | "optional" | "yes";
}
export interface RedisDoor {
  readonly listener: Listener;
  renewTls(material: TlsMaterial): void;
}
/** As Redis' own limit to a handshake. */
const HANDSHAKE_MILLIS = 60_000;

/** Room for a long pipeline; a session copies what it cannot run at once. */
const READ_BUFFER_BYTES = 128 << 10;

/** As Redis' protected mode: without a password only this machine is let in. */
const DENIED =
  "-DENIED Orrery is running in protected mode because no password is set for Redis clients. In this mode connections are only accepted from the loopback interface. Set a password with --requirepass (or CONFIG SET requirepass from this machine).\r\n";

export function openRedisDoor(options: RedisDoorOptions, tls?: RedisTlsOptions): RedisDoor {
  const { server, host, port, handOver, connectionCount } = options;
  const entranceOf = (material: TlsMaterial): TlsEntrance => {
    const [requestsCertificate, certificateIsRequired] = [tls?.clientCertificates !== "no", tls?.clientCertificates === "yes"];
    const how = { requestsCertificate, certificateIsRequired, handshakeMillis: HANDSHAKE_MILLIS };
    return new TlsEntrance(material, how, (socket, peer) => listener.entered(socket, peer));
  };
  let entrance = tls && entranceOf(tls.material);
  const listener: Listener = new Listener({
    name: "Redis",
    host,
    port,
    connectionCount,
    native: options.native && { connections: options.native, protocol: "resp" },
    ...(tls && { tls: (received: Uint8Array) => ({ entrance, rest: received }) }),
    readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
    handOver: (descriptor) => {
      if (!handOver?.(descriptor)) listener.adopt(options.duplicateDescriptor(descriptor));
      return true;
    },
    connect: (transport) => {
      const refusal =
        !transport.peer.isLoopback && server.configuration.requirepass === ""
          ? DENIED
          : listener.connectionCount > options.maxConnections
            ? "-ERR max number of clients reached\r\n"
            : undefined;
      if (refusal !== undefined) {
        transport.write(Buffer.from(refusal));
        transport.end();
        return { data: () => {}, disconnected: () => {}, shutDown: () => {}, backlogBytes: 0 };
      }
      const session = server.connect({
        write: (bytes) => {
          transport.write(bytes);
          if (transport.queuedBytes === 0) return true;
          transport.whenSent(() => session.drained());
          return false;
        },
        pause: () => transport.pause(),
        resume: () => transport.resume(),
        close: () => transport.end(),
        remoteAddress: `${transport.peer.client.address}:${transport.peer.client.port}`,
        localAddress: `${options.host}:${listener.port}`,
        ...(transport.fastLane && { fastLane: transport.fastLane }),
      });
      session.handBack();
      return {
        taken: (database) => session.takenBack(database),
        data: (chunk) => session.data(chunk),
        disconnected: () => session.end(),
        shutDown: () => session.close(),
        backlogBytes: 0, // the session pauses the socket itself
      };
    },
  });
  return {
    listener,
    renewTls: (material) => {
      if (tls !== undefined) entrance = entranceOf(material);
    },
  };
}
