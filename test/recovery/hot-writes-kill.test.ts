/**
 * Writes and blocks that I/O threads run, SIGKILL at a random moment, restart: nothing acknowledged is lost, no block is half there.
 * ORRERY_KILL_ROUNDS sets the rounds (default 5).
 */
import { rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { mulberry32 } from "../support/mnist.js";
import { freePort, sleep, startOrrery, temporaryFolder } from "../support/processes.js";

const rounds = Number(process.env.ORRERY_KILL_ROUNDS ?? 5);
const clients = 4;
const folder = temporaryFolder("hot-kill");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`${rounds} kills lose no hot write`, { timeout: 60_000 + rounds * 10_000 }, async () => {
  const ports: [number, number] = [await freePort(), await freePort()];
  const random = mulberry32(Number(process.env.ORRERY_SEED ?? 7));
  const singles = new Set<number>();
  const pairs = new Set<number>();
  let next = 1;
  for (let round = 0; round <= rounds; round++) {
    const flags = ["--transport", "native", "--io-threads", "2", "--checkpoint-log-bytes", "1048576"];
    const server = await startOrrery({ folder, flags, ports, keepFolder: true });
    const setup = await connectPg(server.port);
    await setup.query("create table if not exists singles (id int primary key, note text)");
    await setup.query("create table if not exists halves (pair int, side int, owner int, primary key (pair, side))");
    await setup.query("create table if not exists totals (id int primary key, n int not null)");
    await setup.query(`insert into totals select i, 0 from generate_series(1, ${clients}) i on conflict do nothing`);

    const there = new Set((await setup.query("select id from singles")).rows.map((row) => row.id as number));
    for (const id of singles) expect(there.has(id), `acknowledged row ${id} in round ${round}`).toBe(true);
    const { rows } = await setup.query("select pair, owner, count(*)::int as n from halves group by pair, owner");
    expect(rows.every((row) => row.n === 2)).toBe(true);
    const found = new Set(rows.map((row) => row.pair as number));
    for (const pair of pairs) expect(found.has(pair), `acknowledged pair ${pair} in round ${round}`).toBe(true);
    const totals = (await setup.query("select id, n from totals order by id")).rows as { id: number; n: number }[];
    for (const { id, n } of totals) expect(n, `total of ${id}`).toBe(rows.filter((row) => row.owner === id).length);
    await setup.end();
    if (round === rounds) {
      await server.stop();
      break;
    }

    let alive = true;
    const writer = async (owner: number) => {
      const client = await connectPg(server.port).catch(() => undefined);
      client?.on("error", () => {});
      try {
        while (alive && client !== undefined) {
          const id = next++;
          if (id % 2 === 0) {
            await client.query("insert into singles values ($1, $2)", [id, `of ${owner}`]);
            singles.add(id);
            continue;
          }
          await client.query("begin");
          for (const side of [0, 1])
            await client.query({ name: "half", text: "insert into halves values ($1, $2, $3)", values: [id, side, owner] });
          await client.query({ name: "total", text: "update totals set n = n + 1 where id = $1", values: [owner] });
          if (id % 5 === 0) await client.query("rollback");
          else {
            await client.query("commit");
            pairs.add(id);
          }
        }
      } catch {
        // The server is gone.
      }
    };
    const writers = Array.from({ length: clients }, (_, i) => writer(i + 1));
    await sleep(300 + random() * 700);
    await server.kill();
    alive = false;
    await Promise.all(writers);
  }
  console.log(`${rounds} rounds: ${singles.size} rows and ${pairs.size} blocks acknowledged`);
  expect(singles.size + pairs.size).toBeGreaterThan(rounds);
});
