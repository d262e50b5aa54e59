/**
 * A TCP port: accepts, bounds and closes connections. Knows sockets and no protocol; the only importer of node:net. What it accepts it
 * carries itself, or native I/O threads do (`native`).
 *
 * Back-pressure: reading pauses while the connection's backlog of unhandled input is above a limit, and a writer that must not
 * run ahead awaits `drained`.
 */
import { createServer, type Server, Socket } from "node:net";
import type { NativeConnections } from "./native-connections.js";
import type { TlsEntrance, TlsPeer } from "./tls.js";
import { type ConnectionHandler, type Origin, peerOf, type SocketTransport } from "./transport.js";

export interface ListenerOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly connect: (transport: SocketTransport) => ConnectionHandler;
  /** Offered the descriptor of each new connection: true when another thread took it over with a duplicate (see `adopt`). */
  readonly handOver?: ((descriptor: number) => boolean) | undefined;
  /** Connections of this port, counted over all threads; one element in shared memory. */
  readonly connectionCount?: Int32Array | undefined;
  readonly peerHasLeft?: ((descriptor: number) => boolean) | undefined;
  /** An adopted connection has ended. */
  readonly ended?: (() => void) | undefined;
  /** Input of adopted connections is read into this buffer, one chunk at a time: their handlers keep no part of a chunk. */
  readonly readBuffer?: Uint8Array | undefined;
  /** How a connection begins, judged by what was read of it; undefined: in clear text. */
  readonly tls?: ((received: Uint8Array) => TlsStart | undefined) | undefined;
  /** Carries adopted connections. */
  readonly native?: { readonly connections: NativeConnections; readonly protocol: "resp" | "postgres" } | undefined;
}

/** A connection that is to be put under TLS. */
export interface TlsStart {
  /** undefined: it is closed without a word. */
  readonly entrance: TlsEntrance | undefined;
  /** Said in clear text before. */
  readonly answer?: Uint8Array;
  /** What was read of the handshake. */
  readonly rest: Uint8Array;
}

/** Node has no name for it; -1: there is none. */
const descriptorOf = (socket: Socket): number => (socket as unknown as { _handle?: { fd?: number } | null })._handle?.fd ?? -1;

const NOTHING = new Uint8Array(0);
const MAX_BACKLOG_BYTES = 1 << 20;
/** A client that does not read is dropped when this much output waits for it. */
const MAX_OUTPUT_BYTES = 256 << 20;

export class Listener {
  readonly #server: Server;
  readonly #connections = new Map<{ destroy(): void }, ConnectionHandler>();
  /** Sockets under TLS, from before the handshake to their end. */
  readonly #underTls = new Set<Socket>();
  readonly #count: Int32Array;

  constructor(private readonly options: ListenerOptions) {
    this.#count = options.connectionCount ?? new Int32Array(1);
    this.#server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true }, (socket) => {
      // Without a descriptor the connection stays on this thread.
      const descriptor = descriptorOf(socket);
      if (descriptor >= 0 && options.handOver?.(descriptor)) {
        socket.destroy();
        return;
      }
      this.#accept(socket);
      socket.resume();
    });
  }

  /** Of all threads that accept on this port. */
  get connectionCount(): number {
    return Atomics.load(this.#count, 0);
  }
  /** The port listened on (useful when 0 was asked for in tests). */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : this.options.port;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host: this.options.host, port: this.options.port, backlog: 1024 }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  /** Stops accepting, tells every client, and resolves when all are gone or after `graceMillis`. */
  async close(graceMillis = 3000): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const handler of this.#connections.values()) handler.shutDown();
    const timer = setTimeout(() => {
      for (const socket of [...this.#connections.keys(), ...this.#underTls]) socket.destroy();
    }, graceMillis);
    await stopped;
    while (this.#connections.size + this.#underTls.size > 0) await new Promise<void>((resolve) => (this.#noticeClosed = resolve));
    clearTimeout(timer);
  }
  #noticeClosed: () => void = () => {};

  /** A connection that another thread accepted; the descriptor is this thread's to close. `received`: what was read of it already. */
  adopt(descriptor: number, received: Uint8Array = NOTHING, origin?: Origin): void {
    const tls = this.options.tls?.(received);
    if (tls !== undefined) return this.#secure(descriptor, tls);
    // Native threads carry TCP alone.
    if (this.options.native && origin?.isLocal !== true) return this.#adoptNatively(descriptor, this.options.native, received, origin);
    let take: ((chunk: Buffer) => void) | undefined;
    const buffer = this.options.readBuffer;
    const onread = buffer && {
      buffer,
      callback: (length: number) => {
        take?.(Buffer.from(buffer.buffer, buffer.byteOffset, length));
        return true;
      },
    };
    const socket = new Socket({ fd: descriptor, readable: true, writable: true, ...(onread && { onread }) });
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    take = this.#accept(socket, undefined, origin);
    if (received.length > 0) take(Buffer.from(received));
  }

  /** The handshake is done (TlsEntrance). */
  entered(socket: Socket, peer: TlsPeer): void {
    this.#accept(socket, peer);
  }
  /** Counts from now on: who does not finish the handshake has a place, too. */
  #secure(descriptor: number, { entrance, answer, rest }: TlsStart): void {
    const socket = new Socket({ fd: descriptor, readable: true, writable: true });
    if (entrance === undefined) {
      socket.destroy();
      this.options.ended?.();
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.on("error", () => {}); // "close" follows
    Atomics.add(this.#count, 0, 1);
    this.#underTls.add(socket);
    socket.on("close", () => {
      this.#underTls.delete(socket);
      this.#left();
    });
    if (answer !== undefined) socket.write(answer);
    if (rest.length > 0) socket.unshift(rest);
    entrance.take(socket);
  }

  #adoptNatively(
    descriptor: number,
    { connections, protocol }: NonNullable<ListenerOptions["native"]>,
    received: Uint8Array,
    origin: Origin | undefined,
  ): void {
    Atomics.add(this.#count, 0, 1);
    let handler: ConnectionHandler | undefined;
    const gone = () => {
      if (transport !== undefined) this.#connections.delete(transport);
      this.#left();
    };
    const connect = (t: SocketTransport) => {
      handler = this.options.connect(t);
      return handler;
    };
    const transport = connections.adopt(descriptor, protocol, connect, gone, origin);
    if (transport === undefined || handler === undefined) this.#left();
    else {
      this.#connections.set(transport, handler);
      if (received.length > 0) handler.data(Buffer.from(received));
    }
  }

  #left(): void {
    Atomics.sub(this.#count, 0, 1);
    this.options.ended?.();
    this.#noticeClosed();
  }

  /** Returns what takes its input. */
  #accept(socket: Socket, tls?: TlsPeer, origin?: Origin): (chunk: Buffer) => void {
    let waiting: (() => void)[] = [];
    const release = () => {
      const callbacks = waiting;
      waiting = [];
      for (const callback of callbacks) callback();
    };
    if (tls === undefined) Atomics.add(this.#count, 0, 1);
    const { localAddress, localPort } = socket;
    const server = localAddress === undefined || localPort === undefined ? null : { address: localAddress, port: localPort };
    const isLocal = origin?.isLocal === true;
    const handler = this.options.connect({
      write: (bytes, sent) => {
        if (socket.writableLength > MAX_OUTPUT_BYTES) socket.destroy();
        return !socket.destroyed && socket.write(bytes, sent);
      },
      drained: () =>
        socket.writableNeedDrain && !socket.destroyed ? new Promise<void>((resolve) => waiting.push(resolve)) : Promise.resolve(),
      get queuedBytes() {
        return socket.writableLength;
      },
      whenSent: (callback) => void (socket.destroyed || socket.write(NOTHING, () => callback())),
      pause: () => void socket.pause(),
      resume: () => void socket.resume(),
      end: () => void socket.end(),
      hasLeft: () => {
        const fd = descriptorOf(socket);
        return fd >= 0 && this.options.peerHasLeft?.(fd) === true;
      },
      peer: peerOf(socket.remoteAddress ?? "", socket.remotePort ?? 0, { isLocal, server: isLocal ? null : server }, tls),
    });
    this.#connections.set(socket, handler);
    let checking = false;
    const resumeWhenHandled = () => {
      if (socket.destroyed) return;
      if (handler.backlogBytes > MAX_BACKLOG_BYTES) setTimeout(resumeWhenHandled, 2);
      else {
        checking = false;
        socket.resume();
      }
    };
    const take = (chunk: Buffer) => {
      handler.data(chunk);
      if (!checking && handler.backlogBytes > MAX_BACKLOG_BYTES) {
        checking = true;
        socket.pause();
        setTimeout(resumeWhenHandled, 2);
      }
    };
    socket.on("data", take);
    socket.on("drain", release);
    socket.on("error", () => {}); // "close" follows and does the work
    socket.on("close", () => {
      this.#connections.delete(socket);
      release();
      handler.disconnected();
      // Under TLS it has counted from before the handshake (#secure).
      if (tls === undefined) this.#left();
      else this.#noticeClosed();
    });
    return take;
  }
}
