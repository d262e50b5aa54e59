/**
 * MIGRATE: keys go to another server by RESTORE, and are deleted here once it has them.
 *
 * Redis stops the world while it waits for the other server; here only the connection waits. So a key may change meanwhile: then it is not
 * deleted but sent again, and after some rounds of that the command fails with the keys still here.
 */
import type { KeyspaceSession } from "../../src/native/index.js";
import type { Handler } from "./dispatch.js";
import { GrowingInput } from "./replication/growing-input.js";
import type { Outgoing } from "./replication/primary-link.js";
import type { RespSession } from "./session.js";

interface Order {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly timeoutMillis: number;
  readonly copy: boolean;
  readonly replace: boolean;
  readonly login: readonly Buffer[] | undefined;
  readonly keys: readonly Buffer[];
}

const roundsMax = 10;
const isInteger = (text: string) => /^-?\d{1,18}$/.test(text);

/** The order, or the error's text. */
function readOrder(args: readonly Buffer[]): Order | string {
  const text = (at: number) => args[at]?.toString("latin1") ?? "";
  let copy = false;
  let replace = false;
  let login: Buffer[] | undefined;
  let keys: readonly Buffer[] = [args[3] as Buffer];
  for (let i = 6; i < args.length; i++) {
    const more = args.length - 1 - i;
    switch (text(i).toLowerCase()) {
      case "copy":
        copy = true;
        break;
      case "replace":
        replace = true;
        break;
      case "auth":
        if (more < 1) return "ERR syntax error";
        login = [args[++i] as Buffer];
        break;
      case "auth2":
        if (more < 2) return "ERR syntax error";
        login = [args[++i] as Buffer, args[++i] as Buffer];
        break;
      case "keys":
        if (text(3) !== "") return "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string";
        keys = args.slice(i + 1);
        i = args.length;
        break;
      default:
        return "ERR syntax error";
    }
  }
  if (!isInteger(text(5)) || !isInteger(text(4))) return "ERR value is not an integer or out of range";
  const timeout = Number(text(5));
  return {
    host: text(1),
    port: Number(text(2)),
    database: text(4),
    timeoutMillis: timeout <= 0 ? 1000 : timeout,
    copy,
    replace,
    login: login?.map((word) => Buffer.from(word)),
    keys: keys.map((key) => Buffer.from(key)),
  };
}

function encode(words: readonly (Buffer | string)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = typeof word === "string" ? Buffer.from(word) : word;
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

/** A connection to the other server for one MIGRATE: requests in, one line of reply each. */
class Target {
  readonly #input = new GrowingInput();
  readonly #outgoing: Outgoing;
  #lines: string[] = [];
  #wake: () => void = () => {};
  #closed: string | undefined;
  #connected = false;

  constructor(session: RespSession, order: Order) {
    const { connectTo } = session.server.options;
    if (connectTo === undefined) throw new Error("no network");
    this.#outgoing = connectTo(order.host, order.port, {
      connected: () => {
        this.#connected = true;
        this.#wake();
      },
      data: (chunk) => {
        this.#input.add(chunk);
        for (let line = this.#input.takeLine(); line !== undefined; line = this.#input.takeLine()) this.#lines.push(line);
        this.#wake();
      },
      closed: (reason) => {
        this.#closed = reason;
        this.#wake();
      },
    });
  }
  get wasConnected(): boolean {
    return this.#connected;
  }
  /** Sends and waits for `count` replies. Throws when the time is up or the connection ends. */
  async ask(request: Buffer, count: number, untilMillis: number): Promise<string[]> {
    this.#outgoing.write(request);
    while (this.#lines.length < count) {
      if (this.#closed !== undefined) throw new Error(this.#closed);
      const left = untilMillis - Date.now();
      if (left <= 0) throw new Error("timeout");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const lines = this.#lines;
    this.#lines = lines.slice(count);
    return lines.slice(0, count);
  }
  close(): void {
    this.#outgoing.close();
  }
}

/** Commands on this server's keys, apart from the client's own session and its WATCHes. */
class Local {
  readonly #session: RespSession;
  readonly #native: KeyspaceSession;

  constructor(session: RespSession) {
    this.#session = session;
    this.#native = this.#keyspace.openSession(session.server.thread);
    this.#keyspace.configure(this.#native, 0, session.database);
  }
  get #keyspace() {
    return this.#session.server.options.addon.keyspace;
  }
  #call(words: readonly (Buffer | string)[]): Buffer {
    this.#keyspace.execute(
      this.#native,
      words.map((w) => (typeof w === "string" ? Buffer.from(w) : w)),
    );
    return Buffer.from(this.#session.server.nativeOutput(this.#native));
  }
  /** What RESTORE needs of those of the keys that exist. They are watched. */
  read(keys: readonly Buffer[]): { readonly key: Buffer; readonly deadline: number; readonly dump: Buffer }[] {
    this.#keyspace.unwatch(this.#native);
    return keys.flatMap((key) => {
      this.#keyspace.watch(this.#native, key);
      const reply = this.#call(["DUMP", key]);
      if (reply[0] !== 0x24 || reply[1] === 0x2d) return [];
      const deadline = Number(this.#call(["PEXPIRETIME", key]).toString("latin1", 1).trim());
      return [{ key, deadline, dump: reply.subarray(reply.indexOf(0x0a) + 1, -2) }];
    });
  }
  /** Deletes them when none has changed since `read`. */
  delete(keys: readonly Buffer[]): "deleted" | "changed" | "locked" {
    const began = this.#keyspace.beginExclusive(this.#native, true, false);
    if (began === 2) return "changed";
    if (began !== 0) return "locked";
    for (const key of keys) this.#call(["DEL", key]);
    this.#session.noteLsn(Math.max(this.#keyspace.endExclusive(this.#native), 0));
    return "deleted";
  }
  close(): void {
    this.#keyspace.closeSession(this.#native);
  }
}

/** The reply: a status or an error with its prefix. */
async function migrate(session: RespSession, order: Order): Promise<string> {
  const local = new Local(session);
  let target: Target | undefined;
  let loggedIn = false;
  try {
    for (let round = 0; round < roundsMax; round++) {
      const found = local.read(order.keys);
      if (found.length === 0) return "+NOKEY";
      const untilMillis = Date.now() + order.timeoutMillis;
      target ??= new Target(session, order);
      const preface = loggedIn ? [] : [...(order.login === undefined ? [] : [["AUTH", ...order.login]]), ["SELECT", order.database]];
      const now = Date.now();
      const restores = found.map(({ key, deadline, dump }) => [
        "RESTORE",
        key,
        String(deadline < 0 ? 0 : Math.max(deadline - now, 1)),
        dump,
        ...(order.replace || round > 0 ? ["REPLACE"] : []),
      ]);
      const replies = await target.ask(Buffer.concat([...preface, ...restores].map(encode)), preface.length + restores.length, untilMillis);
      const refused = replies.find((line) => line.startsWith("-"));
      if (refused !== undefined) {
        // What the other server took is its own now.
        const taken = found.filter((_, i) => replies[preface.length + i]?.startsWith("+")).map((f) => f.key);
        if (!order.copy && taken.length > 0) local.delete(taken);
        return `-ERR Target instance replied with error: ${refused.slice(1)}`;
      }
      loggedIn = true;
      if (order.copy) return "+OK";
      if (local.delete(found.map((f) => f.key)) === "deleted") return "+OK";
    }
    return "-ERR the keys keep changing while they are sent: they are on both servers now";
  } catch (error) {
    // Redis' words: it notices a refused connection when it writes.
    if (target?.wasConnected) return "-IOERR error or timeout reading to target instance";
    return `-IOERR error or timeout ${(error as Error).message === "timeout" ? "connecting to the client" : "writing to target instance"}`;
  } finally {
    target?.close();
    local.close();
  }
}

const handler: Handler = (session, args) => {
  const { reply } = session;
  const order = readOrder(args);
  if (typeof order === "string") return reply.error(order);
  if (session.isExecuting) return reply.error("ERR MIGRATE is not supported yet inside MULTI and scripts");
  session.suspend();
  void migrate(session, order).then((answer) => {
    reply.raw(Buffer.from(`${answer.replace(/[\r\n]/g, " ")}\r\n`, "latin1"));
    session.unsuspend();
  });
};

export const migrateHandlers: Readonly<Record<string, Handler>> = { migrate: handler };
