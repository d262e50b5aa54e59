// pg-boss 9: its own schema, queues with retries, priorities, singletons, delays, schedules, completion and archives. (Version 10 needs PL/pgSQL.)
import pg from "pg";
import PgBoss from "pg-boss";

const at = { host: "127.0.0.1", port: Number(process.argv[2]), user: "postgres", database: "postgres" };
const client = new pg.Client(at);
await client.connect();
await client.query("set client_min_messages to warning; drop schema if exists boss_test cascade");
const boss = new PgBoss({ ...at, schema: "boss_test", maintenanceIntervalSeconds: 1, noScheduling: false, max: 4 });
boss.on("error", (error) => console.log("error", error.message));
await boss.start();

for (let i = 0; i < 20; i++) await boss.send("plain", { i }, { priority: i % 3 });
const first = await boss.fetch("plain", 5);
console.log(first.map(({ data }) => data.i));
await boss.complete(
  first.map(({ id }) => id),
  { done: true },
);
await boss.insert(Array.from({ length: 30 }, (_, i) => ({ name: "bulk", data: { i } })));
console.log(await boss.getQueueSize("plain"), await boss.getQueueSize("bulk"));

const failing = await boss.send("failing", { n: 1 }, { retryLimit: 2, retryDelay: 0 });
for (let attempt = 0; attempt < 3; attempt++) {
  const job = await boss.fetch("failing");
  await boss.fail(job.id, new Error(`attempt ${attempt}`));
}
const failed = await boss.getJobById(failing);
console.log(failed.state, failed.retrycount, failed.output.message);

console.log((await boss.send("single", {}, { singletonKey: "a" })) !== null, await boss.send("single", {}, { singletonKey: "a" }));
console.log((await boss.sendThrottled("often", {}, {}, 60)) !== null, await boss.sendThrottled("often", {}, {}, 60));
await boss.sendAfter("later", {}, {}, 3600);
console.log(await boss.fetch("later"));

const worked = [];
await boss.work("bulk", { teamSize: 10, newJobCheckInterval: 100 }, async (job) => {
  worked.push(job.data.i);
});
for (let tries = 0; tries < 200 && worked.length < 30; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
console.log(worked.sort((a, b) => a - b));
await boss.publish("event", {});
await boss.subscribe("event", "of-event");
await boss.publish("event", { n: 1 });
console.log((await boss.fetch("of-event")).data);
await boss.schedule("nightly", "0 3 * * *", { n: 1 }, { tz: "UTC" });
console.log((await boss.getSchedules()).map(({ name, cron, timezone, data }) => [name, cron, timezone, data]));
const cancelled = await boss.send("cancelled", {});
await boss.cancel(cancelled);
console.log((await boss.getJobById(cancelled)).state);
await boss.deleteQueue("plain");
console.log(await boss.getQueueSize("plain"));
await boss.stop({ graceful: false, timeout: 1000 });
const { rows } = await client.query(
  "select name, state::text, count(*)::int from boss_test.job where name not like '\\_\\_%' group by 1, 2 order by 1, 2",
);
console.log(rows);
await client.query("drop schema boss_test cascade");
await client.end();
process.exit(0);
