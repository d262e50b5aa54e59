/**
 * Ways into TLS that no client takes: clear text before, in and behind the handshake, handshakes that are cut, changed or never end, requests in any
 * order; and under TLS messages that are split over records.
 */
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { randomOf } from "../support/conversations.js";
import { type WireInput, WireInputs } from "./wire-inputs.js";

export interface TlsInput {
  /** Said in clear text, before the request for TLS. */
  readonly before: readonly Buffer[];
  /** "asked": behind SSLRequest; "direct": at once; "never": clear text is all there is. */
  readonly handshake: "asked" | "direct" | "never";
  /** In the packet of the request: nobody is to take it for what comes under TLS. */
  readonly injected: Buffer;
  readonly protocols: readonly string[];
  /** What happens on the line. */
  readonly line: string;
  /** What becomes of the client's bytes on their way; `undefined`: the connection ends there. */
  readonly tamper: (bytes: Buffer) => readonly (Buffer | undefined)[];
  /** Said under TLS. */
  readonly inside: WireInput;
  /** Clear text between two pieces of what is said under TLS. */
  readonly between: Buffer;
}

const int32s = (...numbers: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((n, i) => {
    bytes.writeInt32BE(n, 4 * i);
  });
  return bytes;
};
export const SSL_REQUEST = int32s(8, 80_877_103);
const GSS_REQUEST = int32s(8, 80_877_104);
const PARAMETERS = Buffer.from("user\0postgres\0database\0postgres\0\0");
const START = Buffer.concat([int32s(8 + PARAMETERS.length, 196_608), PARAMETERS]);
const QUERY = Buffer.from("Q\0\0\0\x0eselect 1\0");
const ALERT = Buffer.of(0x15, 3, 3, 0, 2, 2, 40);
const CHANGE_CIPHER = Buffer.of(0x14, 3, 3, 0, 1, 1);
/** A record whose length says more than TLS allows, one of nothing, one of another version. */
const RECORDS = [
  Buffer.of(0x16, 3, 1, 0xff, 0xff, 1),
  Buffer.of(0x16, 3, 1, 0, 0),
  Buffer.of(0x17, 2, 0, 0, 1, 0),
  Buffer.of(0x80, 46, 1, 3, 1),
];

/** An endless row of inputs; what the client says beside its handshake is the same for the same seed. */
export class TlsInputs {
  readonly #below: (limit: number) => number;
  readonly #wire: WireInputs;
  constructor(seed: number) {
    this.#below = randomOf(seed);
    this.#wire = new WireInputs(seed);
  }

  next(): TlsInput {
    const handshake = this.#one(["asked", "asked", "asked", "direct", "direct", "never"] as const);
    const inside = this.#wire.next();
    return {
      before: this.#chance(3) || handshake === "never" ? this.#clearText() : [],
      handshake,
      injected: this.#chance(6) ? this.#one([START, QUERY, Buffer.concat([START, QUERY]), Buffer.of(0), GSS_REQUEST, ALERT]) : NOTHING,
      protocols: this.#one([["postgresql"], ["postgresql"], ["postgresql", "h2"], ["h2"], []]),
      ...this.#line(),
      inside: { ...inside, leaves: this.#chance(8) },
      between: this.#chance(8) ? this.#one([START, QUERY, ALERT, CHANGE_CIPHER, ...RECORDS]) : NOTHING,
    };
  }

  #clearText(): Buffer[] {
    const known = [
      GSS_REQUEST,
      SSL_REQUEST,
      START,
      QUERY,
      ALERT,
      CHANGE_CIPHER,
      ...RECORDS,
      Buffer.of(0x16),
      Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1),
    ];
    return Array.from({ length: 1 + this.#below(3) }, () => {
      const bytes = Buffer.from(this.#one(known));
      const kind = this.#below(6);
      if (kind === 0) return bytes.subarray(0, this.#below(bytes.length + 1));
      if (kind === 1) bytes[this.#below(bytes.length)] = this.#below(256);
      return kind === 2 ? Buffer.from(Array.from({ length: this.#below(40) }, () => this.#below(256))) : bytes;
    });
  }

  /** Mostly nothing happens, or the bytes come in small pieces. */
  #line(): Pick<TlsInput, "line" | "tamper"> {
    const line = this.#one(["quiet", "quiet", "quiet", "small pieces", "small pieces", "a bit", "clear text", "the end", "twice"] as const);
    // Of its own: inputs under way at the same time would draw from each other's.
    const below = randomOf(this.#below(1 << 24));
    const at = below(4);
    let writes = 0;
    const once = (change: (bytes: Buffer, place: number) => readonly (Buffer | undefined)[]): TlsInput["tamper"] => {
      return (bytes) => (writes++ === at && bytes.length > 0 ? change(bytes, below(bytes.length)) : [bytes]);
    };
    switch (line) {
      case "quiet":
        return { line, tamper: (bytes) => [bytes] };
      case "small pieces":
        return { line, tamper: (bytes) => pieces(bytes, [1, 5, 60][below(3)] as number, below) };
      case "a bit":
        return { line, tamper: once((bytes, place) => [flipped(bytes, place, below(8))]) };
      case "clear text": {
        const said = [START, QUERY, ALERT, ...RECORDS][below(3 + RECORDS.length)];
        return { line, tamper: once((bytes, place) => [bytes.subarray(0, place), said ?? NOTHING, bytes.subarray(place)]) };
      }
      case "the end":
        return { line, tamper: once((bytes, place) => [bytes.subarray(0, place), undefined]) };
      case "twice":
        return { line, tamper: once((bytes) => [bytes, bytes]) };
    }
  }
  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }
  /** One in so many. */
  #chance(many: number): boolean {
    return this.#below(many) === 0;
  }
}
const NOTHING = Buffer.alloc(0);

function pieces(bytes: Buffer, largest: number, below: (limit: number) => number): Buffer[] {
  const all: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const size = all.length > 100 ? bytes.length : 1 + below(largest);
    all.push(bytes.subarray(from, from + size));
    from += size;
  }
  return all;
}
function flipped(bytes: Buffer, place: number, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[place] = (changed[place] as number) ^ (1 << bit);
  return changed;
}

/** A socket that TLS is spoken over, with somebody on the line. */
class TamperedSocket extends Duplex {
  constructor(
    private readonly socket: Socket,
    private readonly tamper: TlsInput["tamper"],
  ) {
    super();
    socket.on("data", (bytes) => this.push(bytes));
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
  }
  override _read(): void {
    this.socket.resume();
  }
  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    for (const piece of this.tamper(bytes)) {
      if (piece === undefined) this.socket.end();
      else if (this.socket.writable) this.socket.write(piece);
    }
    done();
  }
  override _final(done: () => void): void {
    this.socket.end();
    done();
  }
  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy();
    done(null);
  }
}

export interface TlsAnswer {
  readonly clear: Buffer;
  readonly underTls: Buffer;
  /** The handshake came to its end. */
  readonly isSecure: boolean;
  /** The server had not closed the connection after this time. */
  readonly isOpen: boolean;
}

const HANDSHAKE_MILLIS = 500;

/** Says all of it, ends, and waits for the server's end. */
export async function say(port: number, input: TlsInput, patienceMillis: number): Promise<TlsAnswer> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const clear: Buffer[] = [];
  const underTls: Buffer[] = [];
  let isSecure = false;
  let isOpen = false;
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {});
  const timer = setTimeout(() => {
    isOpen = true;
    socket.destroy();
  }, patienceMillis);
  const until = (event: Promise<unknown>) => Promise.race([event, closed]);
  await until(new Promise((resolve) => socket.once("connect", resolve)));
  const keep = (bytes: Buffer) => void clear.push(bytes);
  socket.on("data", keep);
  const write = (to: Socket | TLSSocket, bytes: Buffer) => void (to.writable && to.write(bytes));
  for (const bytes of input.before) {
    write(socket, bytes);
    await new Promise((next) => setImmediate(next));
  }
  if (input.handshake === "asked") {
    const answered = new Promise((resolve) => socket.once("data", resolve));
    write(socket, Buffer.concat([SSL_REQUEST, input.injected]));
    // Whoever waits for ever behind a request that was cut short says nothing more.
    await until(Promise.race([answered, new Promise((next) => setTimeout(next, 200))]));
  } else if (input.injected.length > 0) write(socket, input.injected);
  let tls: TLSSocket | undefined;
  if (input.handshake !== "never" && socket.writable) {
    socket.off("data", keep);
    const line = new TamperedSocket(socket, input.tamper);
    tls = connectTls({ socket: line, rejectUnauthorized: false, ALPNProtocols: [...input.protocols], minVersion: "TLSv1.2" });
    const secure = new Promise((resolve) => tls?.once("secureConnect", resolve));
    const failed = new Promise((resolve) => tls?.once("close", resolve));
    // A client that the server's alert has reached goes.
    tls.on("error", () => socket.destroy());
    tls.on("data", (bytes: Buffer) => void underTls.push(bytes));
    // A handshake that was cut short waits for its rest.
    const waited = new Promise((next) => setTimeout(next, HANDSHAKE_MILLIS));
    await until(Promise.race([secure.then(() => (isSecure = true)), failed, waited]));
  }
  if (isSecure && tls !== undefined) {
    for (const [i, piece] of input.inside.pieces.entries()) {
      if (i === 1 && input.between.length > 0) write(socket, input.between);
      write(tls, piece);
      if (i % 4 === 0) await new Promise((next) => setImmediate(next));
    }
  }
  if (input.inside.leaves) socket.destroy();
  else if (isSecure) tls?.end();
  else socket.end();
  await closed;
  clearTimeout(timer);
  tls?.destroy();
  return { clear: Buffer.concat(clear), underTls: Buffer.concat(underTls), isSecure, isOpen };
}
