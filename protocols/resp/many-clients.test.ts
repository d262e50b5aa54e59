/** Ten thousand clients that wait, and ten thousand that listen: without sockets, so that only the server's own work is measured. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { listenForTests, type RespListener } from "../../test/support/resp-listener.js";
import { Counter } from "./server-counters.js";
import type { RespSession } from "./session.js";

const count = 10_000;
let listener: RespListener;
beforeAll(async () => {
  listener = await listenForTests();
});
afterAll(() => listener.close());

interface Client {
  readonly session: RespSession;
  readonly received: string[];
}
function connect(): Client {
  const received: string[] = [];
  const session = listener.server.connect({
    write: (bytes) => {
      received.push(Buffer.from(bytes).toString("latin1"));
      return true;
    },
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
  });
  return { session, received };
}
const send = (client: Client, text: string) => client.session.data(Buffer.from(`${text}\r\n`));
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 5));
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition() && tries < 2000; tries++) await turn();
}

test("10,000 clients blocked on one list are served in the order they came", async () => {
  const waiting = Array.from({ length: count }, connect);
  for (const client of waiting) send(client, "BLPOP queue 0");
  expect(listener.server.blocked.size).toBe(count);
  const pusher = connect();
  for (let i = 0; i < count; i += 100) send(pusher, `RPUSH queue ${Array.from({ length: 100 }, (_, j) => i + j).join(" ")}`);
  await until(() => listener.server.blocked.size === 0);
  expect(waiting.map((c) => c.received.join(""))).toEqual(
    Array.from({ length: count }, (_, i) => `*2\r\n$5\r\nqueue\r\n$${String(i).length}\r\n${i}\r\n`),
  );
  for (const client of [...waiting, pusher]) client.session.end();
}, 60_000);

test("a change wakes only the clients that wait for its key", async () => {
  const waiting = Array.from({ length: count }, connect);
  for (const [i, client] of waiting.entries()) send(client, i % 2 === 0 ? `BLPOP own:${i} 0` : `BLMPOP 0 2 own:${i} other:${i} LEFT`);
  await turn(); // each tries once more after it began to wait
  const tries = vi.spyOn(listener.server.options.addon.keyspace, "execute");
  const pusher = connect();
  for (let i = 0; i < 100; i++) send(pusher, `RPUSH nobody:${i} x`);
  send(pusher, "RPUSH own:4000 a");
  send(pusher, "RPUSH other:4001 b");
  await until(() => listener.server.blocked.size === count - 2);
  expect(tries.mock.calls.length).toBeLessThan(10);
  expect(waiting[4000]?.received).toEqual(["*2\r\n$8\r\nown:4000\r\n$1\r\na\r\n"]);
  expect(waiting[4001]?.received).toEqual(["*2\r\n$10\r\nother:4001\r\n*1\r\n$1\r\nb\r\n"]);
  tries.mockRestore();
  // Databases that change places may bring anything.
  send(pusher, "SELECT 1");
  send(pusher, "RPUSH own:6 c");
  send(pusher, "SWAPDB 0 1");
  await until(() => waiting[6]?.received.length === 1);
  expect(waiting[6]?.received).toEqual(["*2\r\n$5\r\nown:6\r\n$1\r\nc\r\n"]);
  for (const client of [...waiting, pusher]) client.session.end();
  expect(listener.server.blocked.size).toBe(0);
}, 60_000);

test("10,000 subscribers get each message once", async () => {
  const subscribers = Array.from({ length: count }, connect);
  for (const client of subscribers) send(client, "SUBSCRIBE news");
  const publisher = connect();
  for (let i = 0; i < 5; i++) send(publisher, `PUBLISH news m${i}`);
  await until(() => subscribers.every((c) => c.received.length === 6));
  const message = (i: number) => `*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nm${i}\r\n`;
  for (const client of subscribers) expect(client.received.slice(1).join("")).toBe([0, 1, 2, 3, 4].map(message).join(""));
  expect(publisher.received.join("")).toBe(`:${count}\r\n`.repeat(5));
  const counted = () => listener.server.counts.total(Counter.pubsubClients);
  expect(counted()).toBe(count);
  for (const client of [...subscribers, publisher]) client.session.end();
  expect(counted()).toBe(0);
}, 60_000);

test("a subscriber that does not read is cut off at client-output-buffer-limit", async () => {
  let closed = false;
  const session = listener.server.connect({
    write: () => false, // the kernel takes nothing
    pause: () => undefined,
    resume: () => undefined,
    close: () => {
      closed = true;
    },
  });
  session.data(Buffer.from("SUBSCRIBE flood\r\n"));
  const publisher = connect();
  const payload = "x".repeat(1 << 20);
  for (let i = 0; i < 40 && !closed; i++) {
    publisher.session.data(Buffer.from(`*3\r\n$7\r\nPUBLISH\r\n$5\r\nflood\r\n$${payload.length}\r\n${payload}\r\n`));
    await turn();
  }
  expect(closed).toBe(true);
  publisher.session.end();
});
