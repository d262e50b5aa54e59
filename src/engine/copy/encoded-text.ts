/** COPY in an encoding other than UTF-8: what comes in is decoded chunk by chunk, what goes out is encoded message by message. */
import { type CharacterSet, characterSet, DbError, encodingName, encodingNumber } from "../../types/index.js";
import type { CopyOutSource } from "../types.js";

/** @returns undefined: COPY's text is UTF-8. */
export const copyCharacters = (encoding: string): CharacterSet | undefined =>
  characterSet(encodingName(encodingNumber(encoding)) as string);

const LINE_FEED = 0x0a;
/** Chunks split anywhere to whole characters of UTF-8. */
export class IncomingText {
  #rest: Uint8Array = Buffer.alloc(0);
  /** Why the line after what was given cannot be read. */
  failure: DbError | undefined;

  constructor(private readonly characters: CharacterSet) {}

  decode(chunk: Uint8Array): Buffer {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - this.characters.unfinished(bytes);
    this.#rest = bytes.subarray(whole);
    return this.#decoded(bytes.subarray(0, whole));
  }
  /** A character that never ended is told like any other that is none. */
  end(): void {
    this.#decoded(this.#rest);
  }
  #decoded(bytes: Uint8Array): Buffer {
    try {
      return Buffer.from(this.characters.decode(bytes));
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      return this.#linesBefore(bytes);
    }
  }
  #linesBefore(bytes: Uint8Array): Buffer {
    const lines: Buffer[] = [];
    for (let at = 0, end = 0; at < bytes.length; at = end) {
      end = bytes.indexOf(LINE_FEED, at) + 1 || bytes.length;
      try {
        lines.push(Buffer.from(this.characters.decode(bytes.subarray(at, end))));
      } catch (error) {
        if (!(error instanceof DbError)) throw error;
        this.failure = error;
        break;
      }
    }
    return Buffer.concat(lines);
  }
}

const HEADER_BYTES = 5;
/** `framed`: the source gives CopyData messages. */
export function encodedSource(source: CopyOutSource, characters: CharacterSet, framed: boolean): CopyOutSource {
  const encode = (chunk: Uint8Array): Uint8Array => {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (!framed) return characters.encode(bytes.toString("utf8"));
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      const body = characters.encode(bytes.toString("utf8", at + HEADER_BYTES, end));
      const header = Buffer.alloc(HEADER_BYTES, bytes[at] as number);
      header.writeInt32BE(body.length + 4, 1);
      parts.push(header, body);
      at = end;
    }
    return Buffer.concat(parts);
  };
  return {
    columnCount: source.columnCount,
    binary: source.binary,
    tag: source.tag,
    async next() {
      const chunk = await source.next();
      return chunk === null ? null : encode(chunk);
    },
  };
}
