/** What a door sees of a connection, whoever carries it: node:net (listener.ts) or native I/O threads (native-connections.ts). */
import { plainAddress } from "../../src/engine/host-access/index.js";
import type { ClientFacts } from "../../src/engine/types.js";
import type { Peer, PgFastLane } from "../pgwire/index.js";
import type { FastLane } from "../resp/index.js";
import type { TlsPeer } from "./tls.js";

export interface SocketTransport {
  /** True: more may follow; false: await `drained`. `sent`, where the transport does not copy: the bytes are the caller's again. */
  write(bytes: Uint8Array, sent?: () => void): boolean;
  drained(): Promise<void>;
  /** `write` keeps no part of the bytes. */
  readonly copies?: boolean;
  /** Bytes that the kernel has not taken yet. */
  readonly queuedBytes: number;
  /** Runs `callback` once everything written so far is with the kernel. */
  whenSent(callback: () => void): void;
  pause(): void;
  resume(): void;
  end(): void;
  /** The peer has closed the connection; looked up now, also where nobody has been told yet. */
  hasLeft(): boolean;
  readonly peer: Peer;
  /** Where hot commands can run without JavaScript. */
  readonly fastLane?: FastLane | undefined;
  readonly pgFastLane?: PgFastLane | undefined;
}

export interface ConnectionHandler {
  data(chunk: Buffer): void;
  /** The fast lane leaves the input to the session again; `data` follows. */
  taken?(database: number): void;
  disconnected(): void;
  shutDown(): void;
  readonly backlogBytes: number;
}

/** What is known of a connection by the thread that accepted it. */
export interface Origin {
  /** Through a Unix socket. */
  readonly isLocal: boolean;
  /** This end. */
  readonly server: ClientFacts["server"];
}

export function peerOf(address: string, port: number, origin: Origin | undefined, tls?: TlsPeer): Peer {
  const isLocal = origin?.isLocal === true;
  return {
    isLoopback: isLocal || isLoopback(address),
    client: {
      address: isLocal ? null : plainAddress(address),
      port: isLocal ? -1 : port,
      server: origin?.server ?? null,
      encryption: tls?.facts ?? null,
    },
    tls: tls?.tls,
  };
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
