/** Redis commands inside the process: a RESP connection whose two ends are in this thread. Commands run one after the other. */
import { RespServer, type RespSession } from "../../protocols/resp/index.js";
import type { EngineDatabase } from "../engine/index.js";
import { DbError } from "../types/index.js";
import type { RedisClient } from "./database.js";

export type RedisValue = null | number | string | readonly RedisValue[];

export class LocalRedis implements RedisClient {
  readonly #server: RespServer;
  readonly #session: RespSession;
  readonly #stopEvents: () => void;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { readonly resolve: (value: RedisValue) => void; readonly reject: (error: Error) => void } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: EngineDatabase) {
    // `always`: what was answered is durable, as for query().
    this.#server = new RespServer({
      addon: database.native,
      engine: database.engine,
      appendfsync: "always",
      whenFlushed: (lsn, callback) => database.whenFlushed(lsn, callback),
    });
    this.#stopEvents = database.onEvent((event) => this.#server.handleEvent(event));
    this.#session = this.#server.connect({
      write: (bytes) => {
        this.#receive(bytes);
        return true;
      },
      pause: () => {},
      resume: () => {},
      close: () => {},
    });
  }

  call(args: readonly (string | number | Uint8Array)[]): Promise<RedisValue> {
    const result = this.#last.then(
      () =>
        new Promise<RedisValue>((resolve, reject) => {
          this.#waiting = { resolve, reject };
          this.#session.data(encode(args));
        }),
    );
    this.#last = result.catch(() => {});
    return result;
  }
  close(): void {
    this.#stopEvents();
    this.#server.close();
  }

  #receive(bytes: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    const reply = decode(this.#received, 0);
    if (reply === undefined || this.#waiting === undefined) return;
    const { resolve, reject } = this.#waiting;
    this.#waiting = undefined;
    this.#received = this.#received.subarray(reply.end);
    if (reply.value instanceof DbError) reject(reply.value);
    else resolve(reply.value);
  }
}

function encode(args: readonly (string | number | Uint8Array)[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = arg instanceof Uint8Array ? arg : Buffer.from(String(arg));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

/** One RESP2 reply; undefined while it is not all there. */
function decode(bytes: Buffer, start: number): { readonly value: RedisValue | DbError; readonly end: number } | undefined {
  const lineEnd = bytes.indexOf("\r\n", start);
  if (lineEnd < 0) return undefined;
  const rest = bytes.toString("utf8", start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (bytes[start]) {
    case 43:
      return { value: rest, end }; // +
    case 58:
      return { value: Number(rest), end }; // :
    case 45: {
      // -
      const space = rest.indexOf(" ");
      return { value: new DbError({ sqlstate: "22000", resp: rest.slice(0, space), message: rest.slice(space + 1) }), end };
    }
    case 36: {
      // $
      const length = Number(rest);
      if (length < 0) return { value: null, end };
      return bytes.length < end + length + 2 ? undefined : { value: bytes.toString("utf8", end, end + length), end: end + length + 2 };
    }
    default: {
      const count = Number(rest);
      if (count < 0) return { value: null, end };
      const values: RedisValue[] = [];
      let at = end;
      for (let i = 0; i < count; i++) {
        const element = decode(bytes, at);
        if (element === undefined) return undefined;
        values.push(element.value instanceof DbError ? element.value.message : element.value);
        at = element.end;
      }
      return { value: values, end: at };
    }
  }
}
