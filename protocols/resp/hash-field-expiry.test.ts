/** Fields that expire: errors and answers as the documentation of Redis 7.4 and 8.0 has them (Redis 7.0, our measure, knows none of these commands). */
import { afterAll, beforeAll, expect, test } from "vitest";
import { listenForTests, type RespListener } from "../../test/support/resp-listener.js";

let listener: RespListener;
beforeAll(async () => {
  listener = await listenForTests();
});
afterAll(() => listener.close());

function client(): (text: string) => string {
  let received = "";
  const session = listener.server.connect({
    write: (bytes) => {
      received += Buffer.from(bytes).toString("latin1");
      return true;
    },
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
  });
  return (text) => {
    received = "";
    session.data(Buffer.from(`${text}\r\n`));
    return received.replaceAll("\r\n", " ").trim();
  };
}

test.each([
  ["HEXPIRE h 10 FIELDS 1", "-ERR wrong number of arguments for 'hexpire' command"],
  ["HEXPIRE h ten FIELDS 1 f", "-ERR value is not an integer or out of range"],
  ["HEXPIRE h -1 FIELDS 1 f", "-ERR invalid expire time, must be >= 0"],
  ["HEXPIRE h 999999999999999 FIELDS 1 f", "-ERR invalid expire time in 'hexpire' command"],
  ["HPEXPIREAT h 999999999999999 FIELDS 1 f", "-ERR invalid expire time in 'hpexpireat' command"],
  ["HEXPIRE h 10 SOON FIELDS 1 f", "-ERR Mandatory argument FIELDS is missing or not at the right position"],
  ["HEXPIRE h 10 NX XX FIELDS 1 f", "-ERR Mandatory argument FIELDS is missing or not at the right position"],
  ["HEXPIRE h 10 FIELDS 0 f", "-ERR Parameter `numFields` should be greater than 0"],
  ["HEXPIRE h 10 FIELDS 2 f", "-ERR The `numfields` parameter must match the number of arguments"],
  ["HTTL h FIELDS x f", "-ERR Number of fields must be a positive integer"],
  ["HPERSIST h FIELDS 1 f g", "-ERR The `numfields` parameter must match the number of arguments"],
  ["HEXPIRE absent 10 FIELDS 2 f g", "*2 :-2 :-2"],
  ["HTTL absent FIELDS 1 f", "*1 :-2"],
  ["HGETDEL absent FIELDS 2 f g", "*2 $-1 $-1"],
  ["HSETEX h FNX FXX FIELDS 1 f v", "-ERR syntax error"],
  ["HSETEX h EX 10 KEEPTTL FIELDS 1 f v", "-ERR syntax error"],
  ["HTTL text FIELDS 1 f", "-WRONGTYPE Operation against a key holding the wrong kind of value"],
])("%s answers %s", (command, answer) => {
  const ask = client();
  ask("SET text x");
  expect(ask(command)).toBe(answer);
});

test("a time that has come deletes the field at once, and the key with its last field", () => {
  const ask = client();
  ask("HSET gone a 1 b 2");
  expect(ask("HEXPIRE gone 0 FIELDS 1 a")).toBe("*1 :2");
  expect(ask("HGETALL gone")).toBe("*2 $1 b $1 2");
  expect(ask("HPEXPIREAT gone 1 FIELDS 2 a b")).toBe("*2 :-2 :2");
  expect(ask("EXISTS gone")).toBe(":0");
});

test("an expired field is in no answer, without anybody having waited for the cycle", async () => {
  const ask = client();
  ask("HSET short a 1 b 2");
  expect(ask("HPEXPIRE short 20 FIELDS 1 a")).toBe("*1 :1");
  await new Promise((done) => setTimeout(done, 40));
  expect(ask("HGET short a")).toBe("$-1");
  expect(ask("HLEN short")).toBe(":1");
  expect(ask("HGETALL short")).toBe("*2 $1 b $1 2");
});

test("DUMP and RESTORE keep the times in the form of Redis 7.4", () => {
  const received: Buffer[] = [];
  const session = listener.server.connect({
    write: (bytes) => received.push(Buffer.from(bytes)) > 0,
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
  });
  const ask = (...words: (string | Buffer)[]) => {
    received.length = 0;
    const parts = words.flatMap((w) => [Buffer.from(`$${Buffer.byteLength(w)}\r\n`), Buffer.from(w), Buffer.from("\r\n")]);
    session.data(Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]));
    return Buffer.concat(received);
  };
  ask("HSET", "timed", "a", "1", "b", "2", "c", "3");
  ask("HPEXPIREAT", "timed", "4000000000000", "FIELDS", "1", "b");
  ask("HPEXPIREAT", "timed", "4000000000005", "FIELDS", "1", "c");
  const reply = ask("DUMP", "timed");
  const payload = reply.subarray(reply.indexOf("\r\n") + 2, reply.length - 2);
  expect(payload[0]).toBe(24);
  expect(payload.readUInt16LE(payload.length - 10)).toBe(12);
  expect(ask("RESTORE", "again", "0", payload).toString()).toBe("+OK\r\n");
  expect(ask("HPEXPIRETIME", "again", "FIELDS", "3", "a", "b", "c").toString()).toBe("*3\r\n:-1\r\n:4000000000000\r\n:4000000000005\r\n");
});
