/** A cancel request over a connection of its own ends a statement that streams rows, and one that waits for a lock. */
import { connect } from "node:net";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, sleep, startOrrery } from "../support/processes.js";

let orrery: OrreryProcess;
beforeAll(async () => {
  orrery = await startOrrery({ flags: ["--redis-port", "0"] });
});
afterAll(() => orrery?.stop());

/** PostgreSQL documentation, "Canceling Requests in Progress". */
function requestCancel(client: pg.Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(80877102, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  return new Promise((resolve) => {
    const socket = connect(orrery.port, "127.0.0.1", () => socket.end(message));
    socket.once("close", () => resolve());
    socket.resume();
  });
}

test("a long streamed result is cancelled, and the session goes on", async () => {
  const client = await connectPg(orrery.port);
  const running = client
    .query("select count(*) from generate_series(1, 3) a; select g, repeat('x', 100) from generate_series(1, 100000000) g")
    .then(
      () => "finished",
      (error: pg.DatabaseError) => error.code,
    );
  await sleep(300);
  await requestCancel(client);
  expect(await running).toBe("57014");
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await client.end();
});

test("a wait for a row lock is cancelled", async () => {
  const holder = await connectPg(orrery.port);
  const waiter = await connectPg(orrery.port);
  await holder.query("create table held (id int primary key)");
  await holder.query("insert into held values (1)");
  await holder.query("begin");
  await holder.query("update held set id = 1 where id = 1");
  const waiting = waiter.query("delete from held where id = 1").then(
    () => "finished",
    (error: pg.DatabaseError) => error.code,
  );
  await sleep(100);
  await requestCancel(waiter);
  expect(await waiting).toBe("57014");
  await holder.query("rollback");
  await holder.end();
  await waiter.end();
});
