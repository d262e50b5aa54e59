/**
 * Who carries a connection cannot be told from its bytes: random conversations, cut into random pieces, are answered alike by native I/O
 * threads and by node:net; and hot commands on I/O threads do not wait for a busy JavaScript thread.
 */
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  type ConversationKind,
  conversationsTimeout,
  END,
  pick,
  postgresKind,
  type Random,
  sameConversations,
} from "../support/conversation-runs.js";
import {
  Conversation,
  describe_,
  execute,
  int16,
  int32,
  logIn,
  message,
  query,
  randomOf,
  sameAnswers,
  startUp,
  sync,
} from "../support/conversations.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

let native: OrreryProcess;
let node: OrreryProcess;
beforeAll(async () => {
  native = await startOrrery({ flags: ["--transport", "native", "--io-threads", "2"] });
  node = await startOrrery({ flags: ["--transport", "node"] });
});
afterAll(async () => {
  await native?.stop();
  await node?.stop();
});

describe("Redis", () => {
  const keys = ["a", "b", "list", "hash", "zset", "n"];
  const hot = [
    "GET a",
    "SET a 1",
    "INCR n",
    "LPUSH list x",
    "LRANGE list 0 -1",
    "HSET hash f v",
    "HGETALL hash",
    "ZADD zset 1 m",
    "MGET a b",
    "DEL list",
    "TTL a",
  ];
  const wrong = ["INCR hash", "GET", "NOSUCH x y", "LPUSH a x", "SET a 1 EX 0", "ZADD zset x m"];
  const cold = [
    ...[
      "MULTI",
      "EXEC",
      "DISCARD",
      "WATCH a",
      "UNWATCH",
      "SUBSCRIBE ch",
      "UNSUBSCRIBE",
      "PSUBSCRIBE p*",
      "PUNSUBSCRIBE",
      "RESET",
      "PING",
      "PING x",
    ],
    ...[
      "CLIENT SETNAME me",
      "CLIENT GETNAME",
      "CLIENT REPLY SKIP",
      "CLIENT REPLY OFF",
      "CLIENT REPLY ON",
      "CLIENT TRACKING ON NOLOOP",
      "CLIENT TRACKING OFF",
    ],
    ...[
      "SELECT 1",
      "SELECT 0",
      "HELLO 3",
      "HELLO 2",
      "AUTH wrong",
      "AUTH default x",
      "CONFIG GET maxmemory",
      "EVAL 'return 7' 0",
      "EVAL 'return redis.call(\"GET\",KEYS[1])' 1 a",
    ],
    ...[
      "BLPOP list 0.01",
      "BLPOP nothing 0.01",
      "OBJECT ENCODING a",
      "PUBLISH other x",
      "COMMAND COUNT",
      "MEMORY USAGE nosuch",
      "ECHO 'quoted text'",
    ],
  ];
  /** Keys of the lane alone. */
  const ofLane = (command: string, lane: number): string => command.replace(/\b(a|b|list|hash|zset|n|nothing)\b/g, `$1:${lane}`);
  const deleteAll = (lane: number): string => ofLane("DEL a b list hash zset n", lane);

  function script(random: Random, lane: number): Buffer {
    const parts: string[] = [];
    for (let n = 8 + random(random(3) === 0 ? 70 : 25); n > 0; n--) {
      const kind = random(10);
      if (kind < 6) {
        const words = ofLane(pick(hot, random), lane).split(" ");
        parts.push(`*${words.length}\r\n${words.map((w) => `$${w.length}\r\n${w}\r\n`).join("")}`);
      } else if (kind === 6) {
        const key = ofLane(pick(keys, random), lane);
        parts.push(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${3000}\r\n${"v".repeat(3000)}\r\n`);
      } else parts.push(`${ofLane(pick(kind === 7 ? wrong : cold, random), lane)}\r\n`);
    }
    return Buffer.from(`SELECT 1\r\n${deleteAll(lane)}\r\nSELECT 0\r\n${deleteAll(lane)}\r\n${parts.join("")}RESET\r\nECHO ${END}\r\n`);
  }

  const kind: ConversationKind = {
    prepare: async () => {},
    open: (port) => Conversation.open(port),
    script,
    // What HELLO says of the connection is its own.
    parts: (answer) => answer.replace(/(\$2\r\nid\r\n:)\d+/g, "$1").split("\r\n"),
  };
  test("conversations", () => sameConversations([native.redisPort, node.redisPort], kind), conversationsTimeout);

  test("a database that SELECT chose stays chosen when the connection changes hands", async () => {
    await sameAnswers([native.redisPort, node.redisPort], async (c) => {
      await c.send([Buffer.from("FLUSHALL\r\nSET where 0\r\n")]);
      await c.until("+OK\r\n+OK\r\n");
      // The session runs both in one go, and the next command comes when the I/O thread has the connection.
      await c.send([Buffer.from("CLIENT SETNAME me\r\nSELECT 3\r\n")]);
      await c.until("+OK\r\n+OK\r\n");
      await new Promise((resolve) => setTimeout(resolve, 20));
      await c.send([Buffer.from("GET where\r\nDBSIZE\r\nECHO the-end\r\n")]);
      const answer = await c.until("the-end\r\n");
      expect(answer).toBe("$-1\r\n:0\r\n$7\r\nthe-end\r\n");
      return answer;
    });
  }, 5000);

  test("a broken protocol is answered and ends the connection", async () => {
    await sameAnswers([native.redisPort, node.redisPort], async (c) => {
      await c.send([Buffer.from("SET a 1\r\nGET a\r\n*2\r\n!oops\r\n")]);
      return c.until("never");
    });
  });

  test("statistics, the slow log and CLIENT LIST see what I/O threads run", async () => {
    const c = await Conversation.open(native.redisPort);
    let asked = 0;
    const ask = async (command: string) => {
      const mark = `answer ${++asked}`; // the slow log shows those before
      await c.send([Buffer.from(`${command}\r\nECHO '${mark}'\r\n`)]);
      return c.until(`${mark}\r\n`);
    };
    await ask("CONFIG RESETSTAT\r\nCONFIG SET slowlog-log-slower-than 0\r\nSLOWLOG RESET");
    await ask("SELECT 3\r\nSET seen 1\r\nGET seen");
    expect(await ask("SLOWLOG GET 20")).toMatch(/\$3\r\nGET\r\n\$4\r\nseen\r\n/);
    await ask("CONFIG SET slowlog-log-slower-than 10000");
    expect(await ask("INFO commandstats")).toMatch(/cmdstat_get:calls=1,/);
    expect(await ask("CLIENT LIST")).toMatch(/ db=3 /);
    expect(Number(/total_net_input_bytes:(\d+)/.exec(await ask("INFO stats"))?.[1])).toBeGreaterThan(100);
    c.socket.destroy();
  });

  test("CLIENT KILL, CLIENT PAUSE and MONITOR reach connections that I/O threads own", async () => {
    const admin = await Conversation.open(native.redisPort);
    const client = await Conversation.open(native.redisPort);
    await client.send([Buffer.from("SET a 1\r\nGET a\r\n")]);
    await client.until("$1\r\n1\r\n");
    await admin.send([Buffer.from("CLIENT PAUSE 300 WRITE\r\n")]);
    await admin.until("+OK\r\n");
    const paused = performance.now();
    await client.send([Buffer.from("SET a 2\r\n")]);
    await client.until("+OK\r\n");
    expect(performance.now() - paused).toBeGreaterThan(200);
    await admin.send([Buffer.from("MONITOR\r\n")]);
    await admin.until("+OK\r\n");
    await client.send([Buffer.from("GET a\r\n")]);
    expect(await admin.until('"GET" "a"\r\n')).toContain("[0 127.0.0.1:");
    admin.socket.destroy();
    const killer = await Conversation.open(native.redisPort);
    await killer.send([Buffer.from(`CLIENT KILL ADDR 127.0.0.1:${client.socket.localPort}\r\n`)]);
    await killer.until(":1\r\n");
    await client.until("never");
    killer.socket.destroy();
  });

  test("hot commands are answered while the JavaScript thread stands still", { retry: 2, timeout: 30_000 }, async () => {
    const seconds = Number(process.env.ORRERY_BUSY_SECONDS ?? 2);
    const sleeper = await Conversation.open(native.redisPort);
    const client = await Conversation.open(native.redisPort);
    await client.send([Buffer.from("SET a 1\r\n")]);
    await client.until("+OK\r\n");
    const isMonitored = async () => {
      await client.send([Buffer.from("CLIENT LIST\r\nECHO listed\r\n")]);
      return (await client.until("listed\r\n")).includes("flags=O");
    };
    // Of the test before: as long as it is there JavaScript has every command.
    await expect.poll(isMonitored).toBe(false);
    await sleeper.send([Buffer.from(`DEBUG SLEEP ${seconds}\r\n`)]);
    const ends = performance.now() + seconds * 900;
    const times: number[] = [];
    while (performance.now() < ends) {
      const from = performance.now();
      await client.send([Buffer.from("GET a\r\n")]);
      await client.until("$1\r\n1\r\n");
      times.push(performance.now() - from);
    }
    times.sort((x, y) => x - y);
    const p99 = times[Math.floor(times.length * 0.99)] as number;
    if (process.env.ORRERY_BUSY_SECONDS)
      console.log(`${times.length} GETs, p99 ${p99.toFixed(2)} ms, longest ${times.at(-1)?.toFixed(2)} ms`);
    await sleeper.until("+OK\r\n");
    for (const c of [sleeper, client]) c.socket.destroy();
    expect(p99).toBeLessThan(50); // a machine that runs other tests too; 3 ms alone
  });
});

describe("PostgreSQL", () => {
  const bind = (statement: string, value: string | Buffer | null, resultFormats: number[]) => {
    const bytes = value === null ? int32(-1) : Buffer.concat([int32(value.length), typeof value === "string" ? Buffer.from(value) : value]);
    return message(
      "B",
      "",
      statement,
      int16(1, typeof value === "string" || value === null ? 0 : 1, 1),
      bytes,
      int16(resultFormats.length, ...resultFormats),
    );
  };
  const pointTables = [
    "create table points (id int primary key, t text, n numeric, b bytea, f float8)",
    "insert into points select i, 'row ' || i, i * 1.25, decode(to_hex(i + 4096), 'hex'), i / 7.0::float8 from generate_series(1, 200) i",
    "update points set t = null where id % 7 = 0",
    "delete from points where id % 11 = 0",
  ];
  const keyTables = [
    "create table keyed (n int, t text unique, v varchar(20) unique, u uuid unique, c char(10) unique, w bigint unique, a int, b text, primary key (a, b))",
    "insert into keyed select i, 'key ' || i, 'key ' || i, ('00000000-0000-0000-00ab-' || lpad(to_hex(i), 12, '0'))::uuid, 'key ' || i, i - 10000000000, i, 'key ' || i from generate_series(1, 50) i",
  ];
  beforeAll(async () => {
    for (const server of [native, node]) (await opened(server.port, ...pointTables, ...keyTables)).socket.destroy();
  });

  test(
    "conversations",
    () => sameConversations([native.port, node.port], postgresKind(pointTables, [], pointScript)),
    conversationsTimeout,
  );

  function pointScript(random: Random): Buffer[] {
    const parts = [message("P", "p", "select * from points where id = $1", int16(1), int32(23)), sync];
    parts.push(message("P", "big", "select t, n from points where id = $1", int16(1), int32(20)), sync);
    for (let n = 10 + random(random(3) === 0 ? 120 : 30); n > 0; n--) {
      const key = random(220);
      const formats = [[], [1], [0]][random(3)] as number[];
      const kind = random(40);
      if (kind === 0)
        parts.push(
          query(
            pick(
              ["begin", "commit", "select 1", "set datestyle to german", "reset datestyle", "update points set t = t where id = 5"],
              random,
            ),
          ),
        );
      else if (kind === 1) parts.push(bind("p", null, []), execute(), sync);
      else if (kind === 2) parts.push(bind("p", ["x", " 5", "99999999999", "+5"][random(4)] as string, []), execute(), sync);
      else if (kind === 3) parts.push(bind("nosuch", "1", []), execute(), sync);
      else if (kind === 4) parts.push(bind("p", String(key), formats), execute(), bind("p", "3", formats), execute(), sync);
      else if (kind === 5) parts.push(bind("p", String(key), formats), execute(1), execute(1), sync);
      else if (kind === 6) parts.push(bind("p", Buffer.from([1, 2, 3]), []), execute(), sync);
      else if (kind === 7)
        parts.push(
          message("C", Buffer.from("S"), "big"),
          message("P", "big", "select n from points where id = $1", int16(1), int32(20)),
          sync,
        );
      else if (kind < 20) {
        const wide = Buffer.alloc(8);
        wide.writeBigInt64BE(BigInt(key));
        parts.push(bind("big", random(2) === 0 ? wide : String(key), formats), ...(random(2) === 0 ? [describe_] : []), execute(), sync);
      } else
        parts.push(
          bind("p", random(2) === 0 ? int32(key) : String(key), formats),
          ...(random(2) === 0 ? [describe_] : []),
          execute(),
          sync,
        );
    }
    return parts;
  }

  test(
    "conversations of keys of every kind",
    () => sameConversations([native.port, node.port], postgresKind(keyTables, [], keyScript)),
    conversationsTimeout,
  );

  /** Keys that I/O threads read, composite ones, and texts of simple queries. */
  function keyScript(random: Random): Buffer[] {
    const statements = ["text", "varchar", "uuid", "both", "bpchar", "wide"] as const;
    const texts = {
      text: "select n from keyed where t = $1",
      varchar: "select n, t from keyed where v = $1::varchar",
      uuid: "select n, u from keyed where u = $1",
      both: "select v from keyed where a = $1 and b = $2",
      bpchar: "select n from keyed where c = $1",
      wide: "select t from keyed where w = $1",
    };
    const parts: Buffer[] = [];
    const prepared = new Set<string>();
    const prepare = (name: (typeof statements)[number]): void => {
      if (!prepared.has(name)) parts.push(message("P", name, texts[name], int16(0)), sync);
      prepared.add(name);
    };
    const uuid = (i: number) => `00000000-0000-0000-00ab-${i.toString(16).padStart(12, "0")}`;
    const value = (name: (typeof statements)[number]): string => {
      const key = random(60);
      if (random(12) === 0) return ["", "x", " 7", "é", "NULL", "a'b", "12345678901234567890", "\\"][random(8)] as string;
      if (name === "uuid") return random(3) === 0 ? uuid(key).toUpperCase() : uuid(key);
      return name === "wide" ? String(key - 10_000_000_000) : name === "both" ? String(key) : `key ${key}`;
    };
    const parameters = (values: readonly (string | null)[]) =>
      Buffer.concat(values.flatMap((v) => (v === null ? [int32(-1)] : [int32(Buffer.byteLength(v)), Buffer.from(v)])));
    const quoted = (v: string) => `'${v.replaceAll("'", "''")}'`;
    let name = statements[random(statements.length)] as (typeof statements)[number];
    let simple = random(2) === 0;
    let once: [typeof name, string] = [name, texts[name]];
    for (let n = 10 + random(random(3) === 0 ? 120 : 30); n > 0; n--) {
      // Runs of one kind, so that the connection goes to the I/O thread.
      if (random(12) === 0) name = statements[random(statements.length)] as (typeof statements)[number];
      if (random(20) === 0) simple = !simple;
      if (!simple) prepare(name);
      const values = name === "both" ? [value(name), value("text")] : [value(name)];
      if (simple) {
        const literals = values.map((v) => (name === "both" && random(2) === 0 && /^\d+$/.test(v) ? v : quoted(v)));
        const text = texts[name].replace(/\$1(::varchar)?/, () => literals[0] as string).replace("$2", () => literals[1] ?? "");
        parts.push(query(random(20) === 0 ? `${text};` : random(20) === 0 ? `${text} -- ${n}` : text));
      } else if (random(25) === 0) parts.push(bind(name, null, []), execute(), sync);
      else {
        const formats = [[], [1], [0]][random(3)] as number[];
        const body = [int16(0, values.length), parameters(values), int16(formats.length, ...formats)];
        parts.push(message("B", "", name, ...body), ...(random(2) === 0 ? [describe_] : []), execute(), sync);
      }
      // As drivers send what is executed once: the unnamed statement anew each time, mostly the same.
      if (random(8) === 0) once = [name, random(30) === 0 ? "select wrong" : texts[name]];
      if (random(3) === 0) {
        const body = [int16(0, once[0] === "both" ? 2 : 1), parameters(once[0] === "both" ? [value("both"), "key 2"] : [value(once[0])])];
        parts.push(message("P", "", once[1], int16(0)), message("B", "", "", ...body, int16(0)));
        parts.push(...(random(2) === 0 ? [describe_] : []), execute(), sync);
      }
      if (random(40) === 0) parts.push(message("B", "", "", int16(0, 1), parameters(["key 3"]), int16(0)), execute(), sync);
    }
    return parts;
  }

  const hot = {
    "prepared, by an integer": [message("P", "p", "select t from points where id = $1", int16(0)), bind("p", "1", [])],
    "prepared, by text": [message("P", "p", "select n from keyed where t = $1", int16(0)), bind("p", "key 7", [1])],
    "prepared, by a uuid": [
      message("P", "p", "select n from keyed where u = $1", int16(0)),
      bind("p", "00000000-0000-0000-00AB-000000000007", []),
    ],
    "prepared each time": [
      message("P", "p", "select 1", int16(0)),
      Buffer.concat([message("P", "", "select t from points where id = $1", int16(0)), bind("", "1", [])]),
    ],
    "a simple query": [message("P", "p", "select 1", int16(0)), query("select t from points where id = 1")],
    "a simple query by two columns": [message("P", "p", "select 1", int16(0)), query("select v, t from keyed where a = 3 and b = 'key 3'")],
  } as const;
  // Again where an automatic ANALYZE gave the catalog another version in between: the session plans once more.
  test.each(Object.keys(hot) as (keyof typeof hot)[])(
    "%s is answered while the JavaScript thread stands still",
    { retry: 2 },
    async (name) => {
      const [prepare, ask] = hot[name];
      const sleeper = await Conversation.open(native.redisPort);
      const client = await Conversation.open(native.port);
      onTestFinished(() => {
        for (const c of [sleeper, client]) c.socket.destroy();
      });
      await logIn(client);
      await client.send([prepare, sync]);
      await client.until("Z\0\0\0\x05I");
      const once = async () => {
        await client.send(name.startsWith("prepared") ? [ask, execute(), sync] : [ask]);
        return client.until("Z\0\0\0\x05I");
      };
      // The third execution of a text that was lifted, and the second of any, is the session's last.
      const answers = [];
      for (let i = 0; i < 6; i++) answers.push(await once());
      await sleeper.send([Buffer.from("DEBUG SLEEP 3\r\nECHO awake\r\n")]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const from = performance.now();
      for (let i = 0; i < 20; i++) answers.push(await once());
      expect(performance.now() - from).toBeLessThan(2500); // 20 answers before the thread is back
      expect(answers[0]).toContain("SELECT 1");
      expect(new Set(answers).size).toBe(1);
      await sleeper.until("awake");
    },
  );

  test("a plan is left behind when the catalog changes", async () => {
    const c = await Conversation.open(native.port);
    const other = await Conversation.open(native.port);
    await logIn(c);
    await logIn(other);
    await c.send([message("P", "p", "select t from points where id = $1", int16(0)), sync]);
    await c.until("Z\0\0\0\x05I");
    const read = async () => {
      await c.send([bind("p", "1", []), execute(), sync]);
      return c.until("Z\0\0\0\x05I");
    };
    for (let i = 0; i < 5; i++) expect(await read()).toContain("row 1");
    await other.send([
      query("begin; drop table points; create table points (id int primary key, t text); insert into points values (1, 'new'); commit"),
    ]);
    await other.until("Z\0\0\0\x05I");
    for (let i = 0; i < 5; i++) expect(await read()).toContain("new");
    for (const each of [c, other]) each.socket.destroy();
  });

  /** Asks often enough that I/O threads would answer, as a prepared statement and as a simple query; all answers of one kind are the same. */
  const oftenAsked = async (c: Conversation, text: string, value: string): Promise<string[]> => {
    const ask = async (...messages: Buffer[]) => {
      await c.send([Buffer.concat(messages)]);
      return c.until("Z\0\0\0\x05I");
    };
    const ways = [
      () => ask(message("P", "", text, int16(0)), bind("", value, []), execute(), sync),
      () => ask(query(text.replace("$1", `'${value}'`))),
    ];
    const out: string[] = [];
    for (const way of ways) {
      const answers = new Set<string>();
      for (let i = 0; i < 6; i++) answers.add(await way());
      expect(answers.size).toBe(1);
      out.push(...answers);
    }
    return out;
  };
  const opened = async (port: number, ...statements: string[]): Promise<Conversation> => {
    const c = await Conversation.open(port);
    await logIn(c);
    for (const statement of statements) {
      await c.send([query(statement)]);
      expect(await c.until("Z\0\0\0\x05I")).not.toContain("ERROR");
    }
    return c;
  };
  const run = async (c: Conversation, statement: string, status = "I"): Promise<string> => {
    await c.send([query(statement)]);
    return c.until(`Z\0\0\0\x05${status}`);
  };

  describe.each(["native", "node"] as const)("on transport %s", (transport) => {
    const port = () => (transport === "native" ? native : node).port;

    test("text is equal as its collation says", async () => {
      const c = await opened(
        port(),
        "create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        'create table collated (n int, l text collate loose unique, d text collate "de-x-icu" unique, c text collate "C" unique, b char(9) collate loose unique)',
        "insert into collated values (1, 'Key', 'Key', 'Key', 'Key')",
      );
      for (const [column, value, rows] of [
        ["l", "kEY", 1],
        ["l", "Key", 1],
        ["b", "kEY", 1],
        ["d", "kEY", 0],
        ["d", "Key", 1],
        ["c", "kEY", 0],
        ["c", "Key", 1],
        ["c collate loose", "kEY", 1],
      ] as const)
        for (const answer of await oftenAsked(c, `select n from collated where ${column} = $1`, value))
          expect(answer, `${column} = ${value}`).toContain(`SELECT ${rows}\0`);
      c.socket.destroy();
    });

    test("policies and privileges that others change decide", async () => {
      const other = await opened(
        port(),
        "create role reader",
        "create table guarded (name text primary key, owner text)",
        "insert into guarded values ('mine', 'reader'), ('yours', 'postgres')",
        "grant select on guarded to reader",
      );
      const c = await opened(port(), "set role reader");
      const rows = async (value: string) => {
        const answers = await oftenAsked(c, "select owner from guarded where name = $1", value);
        return answers.map((a) => /SELECT (\d)/.exec(a)?.[1] ?? /C42501/.exec(a)?.[0]);
      };
      expect(await rows("yours")).toEqual(["1", "1"]);
      await run(other, "create policy own on guarded using (owner = current_user)");
      expect(await rows("yours")).toEqual(["1", "1"]);
      await run(other, "alter table guarded enable row level security");
      expect(await rows("yours")).toEqual(["0", "0"]);
      expect(await rows("mine")).toEqual(["1", "1"]);
      await run(other, "alter policy own on guarded using (true)");
      expect(await rows("yours")).toEqual(["1", "1"]);
      await run(other, "revoke select on guarded from reader");
      expect(await rows("yours")).toEqual(["C42501", "C42501"]);
      for (const each of [c, other]) each.socket.destroy();
    });

    test("a table that another session has locked is waited for", async () => {
      const other = await opened(port(), "create table locked (name text primary key, n int)", "insert into locked values ('a', 1)");
      const c = await opened(port());
      for (const ask of [
        Buffer.concat([message("P", "", "select n from locked where name = $1", int16(0)), bind("", "a", []), execute(), sync]),
        query("select n from locked where name = 'a'"),
      ]) {
        const answer = async () => {
          await c.send([ask]);
          return c.until("Z\0\0\0\x05I");
        };
        for (let i = 0; i < 5; i++) expect(await answer()).toContain("SELECT 1");
        await run(other, "begin; lock table locked in access exclusive mode; update locked set n = n + 1", "T");
        let isAnswered = false;
        const waiting = answer().then((text) => {
          isAnswered = true;
          return text;
        });
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(isAnswered).toBe(false);
        await run(other, "commit");
        expect(await waiting).toContain("SELECT 1");
      }
      for (const each of [c, other]) each.socket.destroy();
    });

    test("prepared names of SQL are the protocol's, and go with them", async () => {
      const c = await opened(port(), "prepare q (text) as select n from keyed where t = $1");
      const ask = async () => {
        await c.send([Buffer.concat([bind("q", "key 7", []), execute(), sync])]);
        return c.until("Z\0\0\0\x05I");
      };
      for (let i = 0; i < 5; i++) expect(await ask()).toContain("SELECT 1");
      expect(await run(c, "execute q('key 8')")).toContain("SELECT 1");
      for (let i = 0; i < 5; i++) expect(await ask()).toContain("SELECT 1");
      await run(c, "deallocate q");
      expect(await ask()).toContain("C26000");
      await run(c, "prepare q (text) as select n from keyed where t = $1 || '!'");
      for (let i = 0; i < 5; i++) expect(await ask()).toContain("SELECT 0");
      c.socket.destroy();
    });

    test("a client that does not speak UTF-8 is understood", async () => {
      const c = await opened(
        port(),
        "create table spoken (t text primary key, n text)",
        "insert into spoken values ('\u00e9t\u00e9', '\u00e9'), ('a', '\u00e9')",
      );
      const ask = async () => {
        await c.send([Buffer.from(query("select n from spoken where t = '#t#'").toString("latin1").replaceAll("#", "\xe9"), "latin1")]);
        const one = await c.until("Z\0\0\0\x05I");
        await c.send([query("select n from spoken where t = 'a'")]);
        return [one, await c.until("Z\0\0\0\x05I")];
      };
      const plain = async () => {
        await c.send([query("select n from spoken where t = 'a'")]);
        return c.until("Z\0\0\0\x05I");
      };
      for (let i = 0; i < 5; i++) expect(await plain()).toContain("\0\0\0\x02\xc3\xa9");
      await run(c, "set client_encoding to latin1");
      for (let i = 0; i < 5; i++) expect(await plain()).toContain("\0\0\0\x01\xe9");
      for (let i = 0; i < 5; i++) for (const answer of await ask()) expect(answer).toContain("\0\0\0\x01\xe9");
      c.socket.destroy();
    });
  });
});

// Last: a client that is gone before it is seen has no number, and the numbers of later ones are compared above.
/** ORRERY_STORM_CLIENTS=100000 for a long look. */
const stormClients = Number(process.env.ORRERY_STORM_CLIENTS ?? 1000);

/** A number once it has stayed the same for five seconds. */
async function settled(count: () => number): Promise<number> {
  let last = count();
  for (let same = 0; same < 10; same = count() === last ? same + 1 : 0) {
    last = count();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return last;
}

describe.each(["native", "node"] as const)("transport %s", (transport) => {
  test("clients that come and go at any moment leave nothing behind", async () => {
    const server = transport === "native" ? native : node;
    const descriptors = () => readdirSync(`/proc/${server.pid}/fd`).length;
    const watcher = await Conversation.open(server.redisPort);
    const clients = async () => {
      await watcher.send([Buffer.from("CLIENT LIST\r\nECHO listed\r\n")]);
      return (await watcher.until("listed\r\n")).match(/ addr=/g)?.length;
    };
    const session = await Conversation.open(server.port);
    await logIn(session);
    const sessions = async () => {
      await session.send([query("select 'sessions: ' || count(*) from pg_stat_activity where backend_type = 'client backend'")]);
      return Number(/sessions: (\d+)/.exec(await session.until("Z\0\0\0\x05I"))?.[1]);
    };
    await expect.poll(clients, { timeout: 15_000 }).toBe(1);
    const random = randomOf(7);
    const visit = async (n: number) => {
      const isRedis = n % 2 === 0;
      const c = await Conversation.open(isRedis ? server.redisPort : server.port);
      const hello = isRedis ? Buffer.from("SET storm 1\r\nGET storm\r\nCLIENT ID\r\n*2\r\n$3\r\nGET\r\n") : startUp();
      const length = random(hello.length + 1);
      await c.send([hello.subarray(0, length)]);
      if (random(3) === 0) await new Promise((resolve) => setTimeout(resolve, random(10)));
      const leave = random(4);
      if (leave === 0) c.socket.end();
      else if (leave === 1) c.socket.resetAndDestroy();
      else c.socket.destroy();
    };
    // Connections make the server's other threads begin, which have descriptors of their own and stay.
    const storm = (n: number) => Promise.all(Array.from({ length: 50 }, (_, i) => visit(n + i)));
    await storm(0);
    const before = await settled(descriptors);
    for (let n = 0; n < stormClients; n += 50) await storm(n);
    await expect.poll(descriptors, { timeout: 15_000 }).toBeLessThanOrEqual(before);
    await expect.poll(clients, { timeout: 15_000 }).toBe(1);
    await expect.poll(sessions, { timeout: 15_000 }).toBe(1);
    for (const c of [watcher, session]) c.socket.destroy();
  }, 120_000);
});
