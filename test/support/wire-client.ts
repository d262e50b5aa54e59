/**
 * A bare client of PostgreSQL's protocol for comparing servers: simple queries, pipelined, answers as the bytes said it.
 *
 * Every statement is one Query message and is answered up to its ReadyForQuery; data for COPY … FROM STDIN goes out right behind its
 * statement, as the protocol allows: a server that refused the COPY ignores it. Trust authentication only.
 */
import { connect, type Socket } from "node:net";

export interface WireStatement {
  readonly text: string;
  /** Lines for COPY … FROM STDIN. */
  readonly copyData?: string;
}

/** What came back for one statement. Values are the server's text; null is SQL's null. */
export interface WireOutcome {
  readonly columns?: readonly { readonly name: string; readonly typeOid: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** What COPY … TO STDOUT sent. */
  readonly copied?: string;
  readonly tags: readonly string[];
  readonly notices: readonly WireMessage[];
  readonly error?: WireMessage;
  /** No answer: the connection was lost or the time was up. */
  readonly lost?: string;
}
export interface WireMessage {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Character in the statement, from 1. */
  readonly position?: number;
}

interface Gathering {
  columns?: { name: string; typeOid: number }[];
  rows: (string | null)[][];
  copied?: string;
  tags: string[];
  notices: WireMessage[];
  error?: WireMessage;
}
const gathering = (): Gathering => ({ rows: [], tags: [], notices: [] });

export class WireClient {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  #current = gathering();
  #answered: (outcome: WireOutcome) => void = () => {};
  #failed: (reason: string) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#failed(error.message));
    socket.on("close", () => this.#failed("the connection was closed"));
  }

  static async open(port: number, database = "postgres", user = "postgres"): Promise<WireClient> {
    const socket = connect(port, "127.0.0.1");
    const client = new WireClient(socket);
    const parameters = Buffer.from(`user\0${user}\0database\0${database}\0application_name\0corpus\0\0`);
    const head = Buffer.alloc(8);
    head.writeInt32BE(parameters.length + 8, 0);
    head.writeInt32BE(196_608, 4);
    await new Promise<void>((done, reject) => {
      client.#answered = (outcome) => (outcome.error ? reject(new Error(outcome.error.message)) : done());
      client.#failed = (reason) => reject(new Error(reason));
      socket.write(Buffer.concat([head, parameters]));
    });
    return client;
  }

  /** Runs all statements in one pipeline; gives one outcome for each, in order. Never rejects. */
  async run(statements: readonly WireStatement[], limitMillis: number): Promise<WireOutcome[]> {
    const outcomes: WireOutcome[] = [];
    if (statements.length === 0) return outcomes;
    const lost = await new Promise<string | undefined>((done) => {
      const timer = setTimeout(() => done(`no answer within ${limitMillis} ms`), limitMillis);
      const finish = (reason?: string) => {
        clearTimeout(timer);
        done(reason);
      };
      this.#failed = finish;
      this.#answered = (outcome) => {
        outcomes.push(outcome);
        if (outcomes.length === statements.length) finish();
      };
      this.#socket.cork();
      for (const { text, copyData } of statements) {
        this.#socket.write(message("Q", Buffer.from(`${text}\0`)));
        if (copyData === undefined) continue;
        this.#socket.write(message("d", Buffer.from(copyData)));
        this.#socket.write(message("c", Buffer.alloc(0)));
      }
      this.#socket.uncork();
    });
    while (outcomes.length < statements.length) outcomes.push({ rows: [], tags: [], notices: [], lost: lost ?? "" });
    return outcomes;
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(() => this.#socket.destroy(), 2_000);
      this.#socket.once("close", () => {
        clearTimeout(timer);
        done();
      });
      this.#socket.end(message("X", Buffer.alloc(0)));
    });
  }

  #receive(chunk: Buffer): void {
    const data = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    let at = 0;
    while (data.length - at >= 5) {
      const length = data.readInt32BE(at + 1);
      if (data.length - at < length + 1) break;
      this.#message(String.fromCharCode(data[at] as number), data.subarray(at + 5, at + 1 + length));
      at += length + 1;
    }
    this.#pending = data.subarray(at);
  }

  #message(type: string, body: Buffer): void {
    const current = this.#current;
    switch (type) {
      case "T":
        current.columns = columnsOf(body);
        current.rows = [];
        break;
      case "D":
        current.rows.push(valuesOf(body));
        break;
      case "C":
        current.tags.push(body.toString("utf8", 0, body.length - 1));
        break;
      case "I":
        current.tags.push("");
        break;
      case "H":
        current.copied = "";
        break;
      case "d":
        current.copied += body.toString("utf8");
        break;
      case "N":
        current.notices.push(fieldsOf(body));
        break;
      case "E":
        current.error = fieldsOf(body);
        if (current.error.severity === "FATAL") this.#finish();
        break;
      case "Z":
        this.#finish();
        break;
      default: // ParameterStatus, BackendKeyData, CopyInResponse, NotificationResponse say nothing that is compared.
    }
  }

  #finish(): void {
    const outcome = this.#current;
    this.#current = gathering();
    this.#answered(outcome);
  }
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function columnsOf(body: Buffer): { name: string; typeOid: number }[] {
  const columns: { name: string; typeOid: number }[] = [];
  let at = 2;
  for (let count = body.readUInt16BE(0); count > 0; count--) {
    const end = body.indexOf(0, at);
    columns.push({ name: body.toString("utf8", at, end), typeOid: body.readUInt32BE(end + 7) });
    at = end + 19;
  }
  return columns;
}

function valuesOf(body: Buffer): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 2;
  for (let count = body.readUInt16BE(0); count > 0; count--) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString("utf8", at, at + length));
    at += Math.max(length, 0);
  }
  return values;
}

function fieldsOf(body: Buffer): WireMessage {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const end = body.indexOf(0, at + 1);
    fields.set(String.fromCharCode(body[at] as number), body.toString("utf8", at + 1, end));
    at = end + 1;
  }
  const [detail, hint, position] = [fields.get("D"), fields.get("H"), fields.get("P")];
  return {
    severity: fields.get("V") ?? fields.get("S") ?? "",
    code: fields.get("C") ?? "",
    message: fields.get("M") ?? "",
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(position === undefined ? {} : { position: Number(position) }),
  };
}
