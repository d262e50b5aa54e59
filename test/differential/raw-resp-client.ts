/** A RESP client that hands out replies as the bytes they came in, so that two servers can be compared byte for byte. */
import { connect, type Socket } from "node:net";

const quietMillis = 25;
const patienceMillis = 8000;

export class RawRespClient {
  readonly #socket: Socket;
  #received = "";
  #closed = false;
  #wake: () => void = () => undefined;
  readonly ready: Promise<void>;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setNoDelay(true);
    this.ready = new Promise((resolve, reject) => {
      this.#socket.once("connect", resolve);
      this.#socket.once("error", reject);
    });
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
    this.#socket.on("data", (chunk) => {
      this.#received += chunk.toString("latin1");
      this.#wake();
    });
  }

  write(words: readonly (Buffer | string)[]): void {
    const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
    for (const word of words) {
      const bytes = typeof word === "string" ? Buffer.from(word) : word;
      parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
    }
    this.#socket.write(Buffer.concat(parts));
  }

  /** Something came that nobody has read. */
  get hasReceived(): boolean {
    return this.#received.length > 0;
  }
  /** One reply, with the push messages that came before it. */
  async read(): Promise<string> {
    const until = Date.now() + patienceMillis;
    for (;;) {
      let at = 0;
      while (at < this.#received.length) {
        const isPush = this.#received[at] === ">";
        const end = frameEnd(this.#received, at);
        if (end === undefined) break;
        at = end;
        if (isPush) continue;
        const reply = this.#received.slice(0, at);
        this.#received = this.#received.slice(at);
        return reply;
      }
      if (this.#closed) return `${this.#received}(closed)`;
      if (Date.now() > until) return `${this.#received}(no reply)`;
      await this.#more(until - Date.now() + 1);
    }
  }

  /** Everything that comes until nothing came for a while. */
  async readQuietly(): Promise<string> {
    const until = Date.now() + patienceMillis;
    for (let seen = -1; seen !== this.#received.length || seen === 0; ) {
      if (this.#closed || Date.now() > until) break;
      seen = this.#received.length;
      await new Promise((r) => setTimeout(r, quietMillis));
    }
    const all = this.#received;
    this.#received = "";
    return this.#closed ? `${all}(closed)` : all;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #more(millis: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, millis);
    });
    clearTimeout(timer);
  }
}

/** Where the frame at `at` ends; undefined while it is incomplete. */
export function frameEnd(text: string, at: number): number | undefined {
  const lineEnd = text.indexOf("\r\n", at);
  if (lineEnd < 0) return undefined;
  const after = lineEnd + 2;
  const count = Number(text.slice(at + 1, lineEnd));
  switch (text[at]) {
    case "$":
    case "=":
    case "!":
      if (count < 0) return after;
      return text.length >= after + count + 2 ? after + count + 2 : undefined;
    case "*":
    case "~":
    case ">":
    case "%":
    case "|": {
      let end: number | undefined = after;
      const items = text[at] === "%" || text[at] === "|" ? 2 * count : count;
      for (let i = 0; i < items && end !== undefined; i++) end = frameEnd(text, end);
      // An attribute precedes the reply that it belongs to.
      return text[at] === "|" && end !== undefined ? frameEnd(text, end) : end;
    }
    default:
      return after;
  }
}

/** The reply with the elements of every array, set and map in byte order (pairs of a RESP3 map stay together). */
export function sortFrames(text: string): string {
  const sorted = (at: number): string => {
    const lineEnd = text.indexOf("\r\n", at) + 2;
    const kind = text[at] as string;
    if (!"*~>%".includes(kind)) return text.slice(at, frameEnd(text, at));
    const count = Number(text.slice(at + 1, lineEnd - 2));
    const items: string[] = [];
    let end = lineEnd;
    for (let i = 0; i < count; i++) {
      let item = sorted(end);
      end = frameEnd(text, end) as number;
      if (kind === "%") {
        item += sorted(end);
        end = frameEnd(text, end) as number;
      }
      items.push(item);
    }
    return text.slice(at, lineEnd) + items.sort().join("");
  };
  let out = "";
  for (let at = 0; at < text.length; ) {
    const end = frameEnd(text, at);
    if (end === undefined) return out + text.slice(at);
    out += sorted(at);
    at = end;
  }
  return out;
}

/** The reply with every number as `#` and without the lengths of its strings. */
export const maskNumbers = (text: string) => text.replace(/\$\d+\r\n/g, "$#\r\n").replace(/-?\d+(\.\d+)?(e[-+]\d+)?/g, "#");
