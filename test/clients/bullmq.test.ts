/** BullMQ leans on Lua: the queue that people run on Redis. ORRERY_BULLMQ_JOBS sets the number of jobs (the table of clients runs 10,000). */
import { test } from "vitest";
import { startOrrery } from "../support/processes.js";
import { exerciseBullmq } from "./bullmq-exercise.js";

const jobs = Number(process.env.ORRERY_BULLMQ_JOBS ?? 500);

test(`bullmq runs ${jobs} jobs, flows, repeatable jobs and events`, { timeout: 60_000 + jobs * 30 }, async () => {
  const orrery = await startOrrery({ flags: ["--threads", "2"] });
  try {
    await exerciseBullmq(orrery.redisPort, jobs);
  } finally {
    await orrery.stop();
  }
});
