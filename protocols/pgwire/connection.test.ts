/** The protocol's state machine over a fake engine: message order, error recovery, durability, any split of the bytes. Answers are read by pg-protocol. */
import { PassThrough } from "node:stream";
import { parse, serialize } from "pg-protocol";
import { describe, expect, test } from "vitest";
import type {
  Database,
  ExecuteResult,
  ParsedStatement,
  Portal,
  PreparedStatement,
  Session,
  TransactionStatus,
} from "../../src/engine/types.js";
import { registry } from "../../src/functions/index.js";
import { DbError, type FormatContext, type Row, type SqlType, TypeOid } from "../../src/types/index.js";
import { PgConnection } from "./connection.js";

const format = {
  timeZone: "UTC",
  dateStyle: "ISO, MDY",
  intervalStyle: "postgres",
  extraFloatDigits: 1,
  byteaOutput: "hex",
  transactionTimeMicros: 0,
} as FormatContext;

/** `rows N` gives N rows of one int4; `write` needs LSN 10; `boom` fails; anything may have $1 (int4). */
class FakeSession implements Partial<Session> {
  readonly id = 7;
  readonly format = format;
  transactionStatus: TransactionStatus = "idle";
  readonly calls: string[] = [];
  setListener(): void {}
  split(text: string): ParsedStatement[] {
    return text
      .split(";")
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map((part) => ({ text: part, offset: 0, tree: null, transactionAction: undefined }));
  }
  prepare(text: string): PreparedStatement {
    if (text === "bad syntax") throw new DbError({ sqlstate: "42601", message: 'syntax error at or near "bad"', position: 1 });
    const rows = text.startsWith("rows");
    return {
      isEmpty: text === "",
      text,
      parameterTypes: text.includes("$1") ? [TypeOid.int4] : [],
      columns: rows ? [{ name: "n", type: TypeOid.int4, typmod: -1 }] : [],
      tag: rows ? "SELECT" : "INSERT",
    };
  }
  prepareParsed(statement: ParsedStatement): PreparedStatement {
    return this.prepare(statement.text);
  }
  prepareLifted(): undefined {}
  execute(statement: PreparedStatement, parameters: readonly unknown[]): ExecuteResult {
    this.calls.push(`execute ${statement.text}${parameters.length > 0 ? ` ${parameters.join(",")}` : ""}`);
    if (statement.text === "boom") throw new DbError({ sqlstate: "22012", message: "division by zero" });
    const total = statement.columns.length > 0 ? Number(parameters[0] ?? statement.text.split(" ")[1]) : 0;
    let given = 0;
    const portal: Portal = {
      columns: statement.columns,
      next(maxRows) {
        const count = Math.min(maxRows || total, total - given);
        const rows: Row[] = Array.from({ length: count }, (_, i) => [given + i]);
        given += count;
        return {
          rows,
          done: given === total,
          tag: statement.tag === "SELECT" ? `SELECT ${total}` : "INSERT 0 1",
          flushLsn: statement.text === "write" ? 10 : 0,
        };
      },
      close() {},
    };
    return { kind: "portal", portal };
  }
  beginImplicit(): void {
    this.calls.push("begin implicit");
  }
  endImplicit(failed: boolean): number {
    this.calls.push(`end implicit${failed ? " failed" : ""}`);
    return 0;
  }
  fail(): void {}
  typeOf(oid: number): SqlType {
    return registry.typeByOid(oid) as SqlType;
  }
  setting(name: string): string {
    return name === "client_encoding" ? "UTF8" : name;
  }
  idleLimit(): undefined {}
  cancel(): void {}
  close(): void {}
}

interface Answer {
  readonly name: string;
  readonly [field: string]: unknown;
}

function setUp() {
  const session = new FakeSession();
  const flushes: ((error?: Error) => void)[] = [];
  const out = new PassThrough();
  const answers: Answer[] = [];
  const parsed = parse(out, (message) => {
    const fields = (message as unknown as { fields?: (string | null)[] }).fields;
    answers.push({ ...(message as unknown as Answer), ...(message.name === "dataRow" ? { fields: [...(fields ?? [])] } : {}) });
  });
  void parsed;
  let ended = false;
  const database = {
    server: { settings: new Map(), accessRules: undefined, accessRuleLines: () => [] },
    openSession: () => session,
    loginRole: () => ({ canLogin: true, isSuperuser: true, connectionLimit: -1, password: null, isExpired: false }),
    sessionsOf: () => 0,
    databaseExists: () => true,
    isTemplateDatabase: () => false,
    whenFlushed: (_lsn: number, callback: (error?: Error) => void) => void flushes.push(callback),
  } as unknown as Database;
  const connection = new PgConnection({
    database,
    maxMessageBytes: 1 << 20,
    scramMockSeed: Buffer.alloc(32),
    authenticationMillis: 60_000,
    admit: () => undefined,
    hasOrdinaryPlace: () => true,
    registerCancelKey: () => {},
    reportInternalError: (error) => {
      throw error;
    },
    transport: {
      hasLeft: () => false,
      write: (bytes) => out.write(Buffer.from(bytes)),
      drained: () => Promise.resolve(),
      peer: { isLoopback: true, client: { address: "127.0.0.1", port: 1, server: null, encryption: null } },
      end: () => {
        ended = true;
      },
    },
  });
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 5));
  return {
    connection,
    session,
    flushes,
    names: () => answers.map((a) => a.name),
    answers,
    ended: () => ended,
    async send(bytes: Uint8Array, pieceBytes = bytes.length) {
      for (let at = 0; at < bytes.length; at += pieceBytes) connection.data(Buffer.from(bytes.subarray(at, at + pieceBytes)));
      await settle();
    },
    async start() {
      connection.data(Buffer.from(serialize.startup({ user: "postgres", database: "postgres" })));
      await settle();
      answers.length = 0;
    },
  };
}

const extended = (text: string, values: string[] = []) =>
  Buffer.concat([
    serialize.parse({ text }),
    serialize.bind({ values }),
    serialize.describe({ type: "P" }),
    serialize.execute({}),
    serialize.sync(),
  ]);

describe("pgwire connection", () => {
  test("start-up answers authentication, parameters, key and ready", async () => {
    const c = setUp();
    await c.send(serialize.startup({ user: "postgres", database: "postgres" }));
    expect(c.names()[0]).toBe("authenticationOk");
    expect(c.names().slice(-2)).toEqual(["backendKeyData", "readyForQuery"]);
  });
  test("a simple query gives description, rows, tag, ready", async () => {
    const c = setUp();
    await c.start();
    await c.send(serialize.query("rows 2"));
    expect(c.names()).toEqual(["rowDescription", "dataRow", "dataRow", "commandComplete", "readyForQuery"]);
    expect(c.answers[1]?.fields).toEqual(["0"]);
  });
  test("several statements in one simple query are one implicit transaction; an error skips the rest", async () => {
    const c = setUp();
    await c.start();
    await c.send(serialize.query("rows 1; boom; rows 1"));
    expect(c.names()).toEqual(["rowDescription", "dataRow", "commandComplete", "error", "readyForQuery"]);
    expect(c.session.calls).toEqual(["begin implicit", "execute rows 1", "begin implicit", "execute boom", "end implicit failed"]);
  });
  test("the extended protocol answers each message; Execute before Sync is autocommit", async () => {
    const c = setUp();
    await c.start();
    await c.send(extended("rows $1", ["3"]));
    expect(c.names()).toEqual([
      "parseComplete",
      "bindComplete",
      "rowDescription",
      "dataRow",
      "dataRow",
      "dataRow",
      "commandComplete",
      "readyForQuery",
    ]);
    expect(c.session.calls).toEqual(["execute rows $1 3"]);
  });
  test("after an error everything up to Sync is skipped", async () => {
    const c = setUp();
    await c.start();
    await c.send(
      Buffer.concat([
        serialize.parse({ text: "bad syntax" }),
        serialize.bind({}),
        serialize.execute({}),
        serialize.sync(),
        extended("rows 1"),
      ]),
    );
    expect(c.names()).toEqual([
      "error",
      "readyForQuery",
      "parseComplete",
      "bindComplete",
      "rowDescription",
      "dataRow",
      "commandComplete",
      "readyForQuery",
    ]);
  });
  test("executes before one Sync share an implicit transaction", async () => {
    const c = setUp();
    await c.start();
    await c.send(
      Buffer.concat([
        serialize.parse({ text: "write" }),
        serialize.bind({}),
        serialize.execute({}),
        serialize.bind({}),
        serialize.execute({}),
        serialize.sync(),
      ]),
    );
    expect(c.session.calls).toEqual(["begin implicit", "execute write", "begin implicit", "execute write", "end implicit"]);
  });
  test("a row limit suspends the portal, and it goes on where it stopped", async () => {
    const c = setUp();
    await c.start();
    await c.send(
      Buffer.concat([
        serialize.parse({ text: "rows 5" }),
        serialize.bind({}),
        serialize.execute({ rows: 3 }),
        serialize.execute({ rows: 3 }),
        serialize.sync(),
      ]),
    );
    expect(c.names()).toEqual([
      "parseComplete",
      "bindComplete",
      "dataRow",
      "dataRow",
      "dataRow",
      "portalSuspended",
      "dataRow",
      "dataRow",
      "commandComplete",
      "readyForQuery",
    ]);
  });
  test("nothing that says done leaves before the log is flushed, and later answers wait behind it", async () => {
    const c = setUp();
    await c.start();
    await c.send(extended("write"));
    await c.send(extended("rows 1"));
    expect(c.names()).toEqual([]);
    for (const flushed of c.flushes) flushed();
    await c.send(Buffer.alloc(0));
    expect(c.names().filter((name) => name === "readyForQuery")).toHaveLength(2);
  });
  test("what waits for a log that fails is told so, also when the server was shutting down already", async () => {
    for (const shutsDown of [false, true]) {
      const c = setUp();
      await c.start();
      await c.send(extended("write"));
      if (shutsDown) c.connection.shutDown();
      expect(c.names()).toEqual([]);
      for (const flushed of c.flushes) flushed(new DbError({ sqlstate: "53100", message: "could not write" }));
      await c.send(Buffer.alloc(0));
      expect(c.names()).toEqual(["error"]);
      expect(c.ended()).toBe(true);
    }
  });
  test("any split of the bytes gives the same answers", async () => {
    const bytes = Buffer.concat([
      extended("rows $1", ["2"]),
      serialize.query("rows 1; rows 2"),
      extended("bad syntax"),
      extended("rows 1"),
    ]);
    const whole = setUp();
    await whole.start();
    await whole.send(bytes);
    for (const pieceBytes of [1, 2, 3, 5, 7, 11, 64]) {
      const c = setUp();
      await c.start();
      await c.send(bytes, pieceBytes);
      expect(c.names(), `pieces of ${pieceBytes}`).toEqual(whole.names());
    }
  });
  test("hostile bytes end the connection with an error, never an exception", async () => {
    for (let seed = 0; seed < 200; seed++) {
      const c = setUp();
      if (seed % 2 === 0) await c.start();
      const bytes = Buffer.alloc(64);
      for (let i = 0; i < bytes.length; i++) bytes[i] = (seed * 31 + i * i * 17) & 0xff;
      c.connection.data(bytes);
    }
  });
  test("a message longer than the limit is refused before memory is taken", async () => {
    const c = setUp();
    await c.start();
    await c.send(Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff]));
    expect(c.names()).toEqual(["error"]);
    expect(c.ended()).toBe(true);
  });
});
