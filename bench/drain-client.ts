/** A client that only receives: rows are counted by their message headers, so that a benchmark of a million rows measures the server. */
import { connect, type Socket } from "node:net";

export interface DrainClient {
  /** Runs a statement by the simple protocol; the number of DataRow or CopyData messages. Rejects with the server's message. */
  run(sql: string): Promise<number>;
  end(): void;
}

const HEADER_BYTES = 5;

export async function connectDrain(port: number): Promise<DrainClient> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const s = connect(port, "127.0.0.1", () => resolve(s));
    s.once("error", reject);
  });
  socket.setNoDelay(true);
  const counter = new MessageCounter();
  let waiting: { resolve(rows: number): void; reject(error: Error): void } | undefined;
  socket.on("data", (chunk: Buffer) => {
    if (!counter.push(chunk)) return;
    const done = waiting;
    waiting = undefined;
    if (counter.error === undefined) done?.resolve(counter.rows);
    else done?.reject(new Error(counter.error));
  });
  const answer = (bytes: Buffer): Promise<number> =>
    new Promise((resolve, reject) => {
      counter.begin();
      waiting = { resolve, reject };
      socket.write(bytes);
    });
  const parameters = Buffer.from("user\0postgres\0database\0postgres\0\0");
  const startup = Buffer.alloc(8);
  startup.writeInt32BE(8 + parameters.length, 0);
  startup.writeInt32BE(196608, 4);
  await answer(Buffer.concat([startup, parameters]));
  return {
    run(sql) {
      const text = Buffer.from(`${sql}\0`);
      const header = Buffer.alloc(HEADER_BYTES);
      header[0] = 0x51;
      header.writeInt32BE(4 + text.length, 1);
      return answer(Buffer.concat([header, text]));
    },
    end: () => socket.end(),
  };
}

/** Walks over messages, wherever chunks cut them. */
class MessageCounter {
  rows = 0;
  error: string | undefined;
  #skip = 0;
  #rest = Buffer.alloc(0);

  begin(): void {
    this.rows = 0;
    this.error = undefined;
  }
  /** True when ReadyForQuery ended the answer. */
  push(chunk: Buffer): boolean {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = this.#skip;
    let ready = false;
    while (at + HEADER_BYTES <= bytes.length) {
      const type = bytes[at];
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (type === 0x45 && end > bytes.length) break; // the text of an error is wanted whole
      if (type === 0x44 || type === 0x64) this.rows++; // DataRow, CopyData
      if (type === 0x45) this.error = bytes.toString("utf8", at + HEADER_BYTES, end).replaceAll("\0", " ");
      if (type === 0x5a) ready = true;
      at = end;
    }
    this.#skip = Math.max(0, at - bytes.length);
    this.#rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : Buffer.alloc(0);
    return ready;
  }
}
