/** Conversations byte by byte: what is sent in pieces, what comes back up to a mark, on one server and on another. */
import { connect, type Socket } from "node:net";
import { expect } from "vitest";

/** Repeatable: the seed is in the test's name. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
}

export class Conversation {
  #received = Buffer.alloc(0);
  #wake: () => void = () => {};
  #ended = false;
  private constructor(readonly socket: Socket) {
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("error", () => {});
  }
  static async open(port: number): Promise<Conversation> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
    return new Conversation(socket);
  }
  /** What came up to the end of `mark`. */
  async until(mark: string): Promise<string> {
    for (;;) {
      const at = this.#received.indexOf(mark, 0, "latin1");
      if (at >= 0 || this.#ended) {
        const end = at < 0 ? this.#received.length : at + mark.length;
        const text = this.#received.subarray(0, end).toString("latin1");
        this.#received = this.#received.subarray(end);
        return text;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
  /** So many bytes. */
  async take(count: number): Promise<string> {
    while (this.#received.length < count && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    const text = this.#received.subarray(0, count).toString("latin1");
    this.#received = this.#received.subarray(count);
    return text;
  }
  async send(pieces: readonly Buffer[]): Promise<void> {
    for (const [i, piece] of pieces.entries()) {
      this.socket.write(piece);
      // Sometimes the server sees the pieces one by one.
      if (i % 3 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}

/** Places in which a long conversation is cut at every byte. */
const FINE_BYTES = 96;

/** Cut at random places: into few pieces, into many, at every byte of a part, seldom at every byte of the whole, if it is not too long for that. */
export function cut(bytes: Buffer, random: (below: number) => number): Buffer[] {
  const perPiece = bytes.length >> 14;
  const kind = random(32) + (perPiece > 0 ? 1 : 0);
  const fineFrom = kind === 0 ? 0 : kind < 8 ? random(bytes.length) : bytes.length;
  const fineTo = kind === 0 ? bytes.length : fineFrom + FINE_BYTES;
  const longest = kind < 24 ? bytes.length : perPiece + 1 + random(200);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const isFine = at >= fineFrom && at < fineTo;
    const end = isFine ? at + 1 : Math.min(at + 1 + random(longest), at < fineFrom ? fineFrom : bytes.length);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** One conversation on two servers, one after the other. */
export async function sameAnswers(ports: readonly [number, number], conversation: (c: Conversation) => Promise<string>): Promise<void> {
  const answers: string[] = [];
  for (const port of ports) {
    const c = await Conversation.open(port);
    answers.push(await conversation(c));
    c.socket.destroy();
  }
  expect(answers[0]).toBe(answers[1]);
}

// Messages of the PostgreSQL protocol.

export const message = (type: string, ...fields: readonly (string | Buffer)[]): Buffer => {
  const body = Buffer.concat(fields.map((f) => (typeof f === "string" ? Buffer.from(`${f}\0`) : f)));
  const head = Buffer.from(`${type}0000`, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
export const int16 = (...values: number[]) => Buffer.concat(values.map((v) => Buffer.from([(v >> 8) & 255, v & 255])));
export const int32 = (v: number) => {
  const b = Buffer.alloc(4);
  b.writeInt32BE(v);
  return b;
};
/** A message without a type byte. */
export const startUp = (...parameters: readonly string[]) =>
  message("-", int32(196608), "user", "postgres", "database", "postgres", ...parameters, Buffer.from([0])).subarray(1);
export const query = (text: string) => message("Q", text);
export const describe_ = message("D", Buffer.from("P"), "");
export const execute = (rows = 0) => message("E", "", int32(rows));
export const sync = message("S");

export async function logIn(c: Conversation): Promise<void> {
  await c.send([startUp()]);
  await c.until("Z\0\0\0\x05I");
}

/** The messages byte by byte, as text. */
export function messagesIn(answer: string): string[] {
  const bytes = Buffer.from(answer, "latin1");
  const messages: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 <= bytes.length ? at + 1 + bytes.readInt32BE(at + 1) : bytes.length;
    messages.push(answer.slice(at, end));
    at = end;
  }
  return messages;
}

/** The messages, without what names places in a server's source, tables' OIDs or its other identities. */
export function readable(answer: string): string[] {
  const bytes = Buffer.from(answer, "latin1");
  const lines: string[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const type = String.fromCharCode(bytes[at] as number);
    const body = bytes.subarray(at + 5, at + 1 + bytes.readInt32BE(at + 1));
    at += 5 + body.length;
    if (type === "E" || type === "N") {
      const fields = body.toString("utf8").split("\0");
      lines.push(`${type} ${fields.filter((f) => f !== "" && !"FLR".includes(f[0] as string)).join(" | ")}`);
    } else if (type === "T") {
      const columns: string[] = [];
      for (let from = 2; from < body.length; ) {
        const end = body.indexOf(0, from);
        columns.push(`${body.toString("utf8", from, end)} ${body.toString("hex", end + 7, end + 19)}`);
        from = end + 19;
      }
      lines.push(`T ${columns.join(", ")}`);
    } else lines.push(`${type} ${body.toString("latin1")}`);
  }
  return lines;
}
