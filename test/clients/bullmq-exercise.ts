/** What BullMQ does, against a server: jobs with retries, delays and priorities, flows, repeatable jobs, events. Throws where it goes wrong. */
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";

const assert = (holds: boolean, what: string) => {
  if (!holds) throw new Error(`bullmq: ${what}`);
};

async function eventually(what: string, holds: () => boolean | Promise<boolean>, millis: number): Promise<void> {
  const end = Date.now() + millis;
  while (!(await holds())) {
    assert(Date.now() < end, `it did not come about: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** @returns jobs a second of the large queue */
export async function exerciseBullmq(port: number, jobs: number): Promise<number> {
  const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };
  const redis = new Redis(port);
  await redis.flushall();
  const closing: { close(): Promise<unknown> }[] = [];
  const opened = <T extends { close(): Promise<unknown> }>(what: T): T => {
    closing.push(what);
    return what;
  };
  try {
    // Many jobs; every tenth fails twice, every seventh waits.
    const queue = opened(new Queue("many", { connection }));
    const events = opened(new QueueEvents("many", { connection }));
    await events.waitUntilReady();
    let completedEvents = 0;
    events.on("completed", () => completedEvents++);
    const tries = new Map<number, number>();
    let sum = 0;
    const started = performance.now();
    for (let from = 0; from < jobs; from += 500)
      await queue.addBulk(
        Array.from({ length: Math.min(500, jobs - from) }, (_, i) => {
          const n = from + i;
          return {
            name: "work",
            data: { n },
            opts: {
              attempts: 3,
              backoff: { type: "fixed", delay: 5 },
              ...(n % 7 === 0 ? { delay: 50 } : n % 11 === 0 ? { priority: 1 + (n % 5) } : {}),
            },
          };
        }),
      );
    opened(
      new Worker(
        "many",
        async (job) => {
          const { n } = job.data as { n: number };
          const tried = (tries.get(n) ?? 0) + 1;
          tries.set(n, tried);
          if (n % 10 === 0 && tried < 3) throw new Error("not yet");
          sum += n;
          return n * 2;
        },
        { connection, concurrency: 20 },
      ),
    );
    await eventually("all jobs are done", async () => (await queue.getCompletedCount()) === jobs, 30_000 + jobs * 20);
    const perSecond = jobs / ((performance.now() - started) / 1000);
    assert(sum === (jobs * (jobs - 1)) / 2, "each job succeeded once");
    assert(
      [...tries].every(([n, t]) => t === (n % 10 === 0 ? 3 : 1)),
      "retries",
    );
    await eventually("an event of each", () => completedEvents === jobs, 10_000);
    assert((await queue.getFailedCount()) === 0, "no job failed for good");

    // A flow: the parent sees its children's results.
    const flow = opened(new FlowProducer({ connection }));
    opened(new Worker("children", async (job) => (job.data as { n: number }).n + 1, { connection }));
    const parents = opened(new Queue("parents", { connection }));
    opened(
      new Worker("parents", async (job) => Object.values(await job.getChildrenValues<number>()).reduce((a, b) => a + b, 0), { connection }),
    );
    const tree = await flow.add({
      name: "sum",
      queueName: "parents",
      children: [1, 2, 3].map((n) => ({ name: "one", queueName: "children", data: { n } })),
    });
    await eventually("the parent is done", async () => (await parents.getJob(tree.job.id as string))?.returnvalue === 9, 20_000);

    // Repeatable jobs, and a queue that is paused.
    const ticks = opened(new Queue("ticks", { connection }));
    let ticked = 0;
    opened(new Worker("ticks", async () => void ticked++, { connection }));
    await ticks.upsertJobScheduler("tick", { every: 100, limit: 4 }, { name: "tick" });
    await eventually("it ticks", () => ticked >= 3, 20_000);
    await ticks.removeJobScheduler("tick");
    await ticks.pause();
    const held = await ticks.add("held", {});
    await new Promise((done) => setTimeout(done, 200));
    assert((await held.getState()) !== "completed", "a paused queue holds its jobs");
    await ticks.resume();
    await eventually("it goes on", async () => (await held.getState()) === "completed", 20_000);
    await queue.obliterate({ force: true });
    assert((await redis.keys("bull:many:*")).length === 0, "an obliterated queue leaves nothing");
    return perSecond;
  } finally {
    for (const each of closing.reverse()) await each.close();
    redis.disconnect();
  }
}
