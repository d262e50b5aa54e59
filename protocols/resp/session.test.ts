/** RESP sessions without a socket: any cut of the input gives the same replies; hostile input ends the connection with Redis' words. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/native/index.js";
import { native } from "../../src/native/index.js";
import { RespServer, type RespSession } from "./index.js";

let engine: Engine;
let server: RespServer;
beforeAll(() => {
  engine = native.engine.open({ folder: null });
  server = new RespServer({ addon: native, engine, whenFlushed: (_lsn, callback) => callback() });
});
afterAll(() => {
  server.close();
  native.engine.close(engine);
});

interface Client {
  readonly session: RespSession;
  readonly replies: () => string;
  readonly isClosed: () => boolean;
}
function connect(): Client {
  let text = "";
  let closed = false;
  const session = server.connect({
    write: (bytes) => {
      text += Buffer.from(bytes).toString("latin1");
      return true;
    },
    pause: () => undefined,
    resume: () => undefined,
    close: () => {
      closed = true;
    },
  });
  return { session, replies: () => text, isClosed: () => closed };
}
const frame = (...args: string[]) => `*${args.length}\r\n${args.map((a) => `$${Buffer.byteLength(a)}\r\n${a}\r\n`).join("")}`;
/** Replies to `input`, sent in pieces that end at `cuts`; every piece in a buffer that is overwritten afterwards. */
function answer(input: string, cuts: readonly number[] = []): { replies: string; closed: boolean } {
  const client = connect();
  const bytes = Buffer.from(input, "latin1");
  const ends = [...new Set([...cuts.map((c) => c % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    const chunk = Buffer.from(bytes.subarray(start, end));
    client.session.data(chunk);
    chunk.fill(0x58);
    start = end;
  }
  client.session.end();
  // HELLO tells the connection's number.
  return { replies: client.replies().replace(/(\$2\r\nid\r\n:)\d+/, "$1?"), closed: client.isClosed() };
}

describe("any cut of the input", () => {
  const script = [
    frame("FLUSHALL"),
    frame("SET", "a", "1"),
    "PING\r\n",
    frame("GET", "a"),
    frame("INCR", "a"),
    frame("SET", "long", "x".repeat(300)),
    'SET "quoted key" "a\\x41\\n"\r\n',
    frame("GET", "quoted key"),
    "\r\n",
    "*0\r\n",
    frame("LPUSH", "l", "1", "2"),
    frame("LRANGE", "l", "0", "-1"),
    frame("MULTI"),
    frame("SET", "b", "2"),
    frame("GET", "b"),
    frame("EXEC"),
    frame("NOSUCH", "x"),
    frame("GET"),
    frame("HELLO", "3"),
    frame("HSET", "h", "f", "v"),
    frame("HGETALL", "h"),
    frame("CLIENT", "SETNAME", "me"),
    frame("CLIENT", "GETNAME"),
    frame("SUBSCRIBE", "c"),
    frame("GET", "a"),
    frame("UNSUBSCRIBE", "c"),
    frame("GET", "long"),
    frame("DEL", "a", "b"),
    "ECHO 'it\\'s'\r\n",
    frame("RESET"),
    frame("GET", "h"),
  ].join("");
  it("gives the same replies", () => {
    const whole = answer(script).replies;
    expect(whole).toContain("+PONG\r\n$1\r\n1\r\n:2\r\n");
    fc.assert(
      fc.property(fc.array(fc.nat(script.length), { maxLength: 12 }), (cuts) => answer(script, cuts).replies === whole),
      { numRuns: 150 },
    );
    expect(
      answer(
        script,
        Array.from(script, (_, i) => i),
      ).replies,
    ).toBe(whole);
  });
  it("also in the middle of a large value", () => {
    const value = "v".repeat(1 << 20);
    const input = frame("SET", "big", value) + frame("STRLEN", "big");
    expect(
      answer(
        input,
        Array.from({ length: 64 }, (_, i) => i * 16_411),
      ).replies,
    ).toBe(`+OK\r\n:${1 << 20}\r\n`);
  });
});

describe("hostile input", () => {
  it.each([
    ["*x\r\n", "invalid multibulk length"],
    ["*2147483648\r\n", "invalid multibulk length"],
    ["*1\r\n+OK\r\n", "expected '$', got '+'"],
    ["*1\r\n$-1\r\n", "invalid bulk length"],
    ["*1\r\n$536870913\r\n", "invalid bulk length"],
    ["*1\r\n$9999999999999999999\r\n", "invalid bulk length"],
    ["*1\r\n$a\r\n", "invalid bulk length"],
    ['SET "a\r\n', "unbalanced quotes in request"],
  ])("%j", (input, error) => {
    const got = answer(`PING\r\n${input}`);
    expect(got.replies).toBe(`+PONG\r\n-ERR Protocol error: ${error}\r\n`);
    expect(got.closed).toBe(true);
  });
  it("lines without an end", () => {
    expect(answer("x".repeat(70_000)).replies).toBe("-ERR Protocol error: too big inline request\r\n");
    expect(answer(`*${"1".repeat(70_000)}`).replies).toBe("-ERR Protocol error: too big mbulk count string\r\n");
  });
  it("random bytes never throw", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom("*", "$", "\r\n", "*3\r\n$3\r\nSET\r\n", "$-5", "*-1\r\n", "\0", "'", '"')), {
          maxLength: 20,
        }),
        (parts) => {
          answer(Buffer.from(parts.join("")).toString("latin1"));
        },
      ),
      { numRuns: 300 },
    );
  });
  it("a client that is not authenticated may send little", () => {
    server.configuration.set([["requirepass", "secret"]]);
    try {
      expect(answer(frame("GET", "a")).replies).toBe("-NOAUTH Authentication required.\r\n");
      expect(answer("*11\r\n").replies).toBe("-ERR Protocol error: unauthenticated multibulk length\r\n");
      expect(answer("*2\r\n$3\r\nGET\r\n$16385\r\n").replies).toBe("-ERR Protocol error: unauthenticated bulk length\r\n");
      expect(answer(frame("AUTH", "wrong") + frame("AUTH", "secret") + frame("PING")).replies).toBe(
        "-WRONGPASS invalid username-password pair or user is disabled.\r\n+OK\r\n+PONG\r\n",
      );
    } finally {
      server.configuration.set([["requirepass", ""]]);
    }
  });
});

describe("transactions", () => {
  it("an error while queueing discards all", () => {
    expect(answer(frame("MULTI") + frame("SET", "t", "1") + frame("NOSUCH") + frame("EXEC") + frame("EXISTS", "t")).replies).toBe(
      "+OK\r\n+QUEUED\r\n-ERR unknown command 'NOSUCH', with args beginning with: \r\n-EXECABORT Transaction discarded because of previous errors.\r\n:0\r\n",
    );
    expect(answer(frame("MULTI") + frame("GET") + frame("EXEC")).replies).toContain("EXECABORT");
  });
  it("an error while running stands in its place", () => {
    expect(answer(frame("MULTI") + frame("SET", "t", "x") + frame("INCR", "t") + frame("GET", "t") + frame("EXEC")).replies).toBe(
      "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n-ERR value is not an integer or out of range\r\n$1\r\nx\r\n",
    );
  });
  it("WATCH sees another connection's write, DISCARD forgets", () => {
    const mine = connect();
    const other = connect();
    mine.session.data(Buffer.from(frame("SET", "w", "0") + frame("WATCH", "w")));
    other.session.data(Buffer.from(frame("SET", "w", "1") + frame("SET", "x", "1")));
    mine.session.data(Buffer.from(frame("MULTI") + frame("GET", "w") + frame("EXEC") + frame("EXEC") + frame("DISCARD")));
    expect(mine.replies()).toBe("+OK\r\n+OK\r\n+OK\r\n+QUEUED\r\n*-1\r\n-ERR EXEC without MULTI\r\n-ERR DISCARD without MULTI\r\n");
    mine.session.end();
    other.session.end();
  });
});

it("above maxmemory commands that need more are refused, the others run", () => {
  const limited =
    frame("FLUSHALL") + frame("SET", "m", "1") + frame("CONFIG", "SET", "maxmemory", "1kb") + frame("SET", "big", "x".repeat(5000));
  try {
    expect(answer(limited + frame("SET", "m", "2") + frame("GET", "m") + frame("LPUSH", "l", "1") + frame("DEL", "big", "m")).replies).toBe(
      `+OK\r\n+OK\r\n+OK\r\n+OK\r\n-OOM command not allowed when used memory > 'maxmemory'.\r\n$1\r\n1\r\n-OOM command not allowed when used memory > 'maxmemory'.\r\n:2\r\n`,
    );
    // Another policy makes room: what is there goes.
    const evicting = frame("SET", "old", "1") + frame("CONFIG", "SET", "maxmemory-policy", "allkeys-lru") + frame("LPUSH", "l", "1");
    expect(answer(evicting + frame("CONFIG", "SET", "maxmemory-policy", "noeviction")).replies).toMatch(
      /^(\+OK|-OOM [^\r]*)\r\n\+OK\r\n:1\r\n\+OK\r\n$/,
    );
    expect(answer(frame("CONFIG", "GET", "maxmemory")).replies).toBe("*2\r\n$9\r\nmaxmemory\r\n$4\r\n1024\r\n");
  } finally {
    answer(frame("CONFIG", "SET", "maxmemory", "0"));
  }
});

it("a socket that does not drain holds commands up until it does", () => {
  let text = "";
  let takes = false;
  let paused = 0;
  const session = server.connect({
    write: (bytes) => {
      text += Buffer.from(bytes).toString("latin1");
      return takes;
    },
    pause: () => paused++,
    resume: () => paused--,
    close: () => undefined,
  });
  session.data(Buffer.from(frame("PING")));
  expect([text, paused]).toEqual(["+PONG\r\n", 1]);
  session.data(Buffer.from(frame("ECHO", "more")));
  expect(text).toBe("+PONG\r\n");
  takes = true;
  session.drained();
  expect([text, paused]).toEqual(["+PONG\r\n$4\r\nmore\r\n", 0]);
  session.end();
});
