/** COPY FROM STDIN and COPY TO STDOUT through pg's own connection. */
import type pg from "pg";

interface CopyConnection {
  readonly stream: { readonly writableNeedDrain: boolean; once(event: "drain", listener: () => void): void };
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}
type Done = (error: Error | null, tag: string) => void;

/** What pg asks of an object given to `client.query`. */
class Copy {
  #tag = "";
  #failed = false;
  constructor(
    readonly text: string,
    readonly done: Done,
    readonly chunks: Iterator<string | Buffer> | undefined,
    readonly received: ((chunk: Buffer) => void) | undefined,
  ) {}

  submit(connection: CopyConnection): void {
    connection.query(this.text);
  }
  handleCopyInResponse(connection: CopyConnection): void {
    const send = (): void => {
      while (!this.#failed) {
        const step = (this.chunks as Iterator<string | Buffer>).next();
        if (step.done === true) return connection.endCopyFrom();
        connection.sendCopyFromChunk(typeof step.value === "string" ? Buffer.from(step.value) : step.value);
        if (connection.stream.writableNeedDrain) return connection.stream.once("drain", send);
      }
    };
    send();
  }
  handleCopyData(message: { readonly chunk: Buffer }): void {
    this.received?.(message.chunk);
  }
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(message: { readonly text: string }): void {
    this.#tag = message.text;
  }
  handleError(error: Error): void {
    this.#failed = true;
    this.done(error, "");
  }
  handleReadyForQuery(): void {
    if (this.#failed) return;
    this.done(null, this.#tag);
  }
}

function run(
  client: pg.Client,
  text: string,
  chunks: Iterator<string | Buffer> | undefined,
  received?: (chunk: Buffer) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const done: Done = (error, tag) => (error === null ? resolve(tag) : reject(error));
    client.query(new Copy(text, done, chunks, received) as unknown as pg.Submittable);
  });
}

/** Sends the chunks as CopyData; gives the command tag. */
export function copyIn(client: pg.Client, text: string, chunks: Iterable<string | Buffer>): Promise<string> {
  return run(client, text, chunks[Symbol.iterator]());
}

export async function copyOut(client: pg.Client, text: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await run(client, text, undefined, (chunk) => chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}
