/**
 * `npm run clients [-- name…]`: starts each client in turn and writes the tables in docs/compatibility.md. A client whose package is not
 * installed is said and left as it was. `--redis` runs the Redis clients against a real Redis and prints the rows: for comparison.
 * PostgreSQL clients need PostgreSQL 15 too: each program runs against both, and what it prints has to be the same.
 */
import { hasPostgres, startOrrery, startPostgres, startRedis } from "../../support/processes.js";
import { runClients, writeTable } from "./client.js";
import { postgresClients } from "./postgres-clients.js";
import { redisClients } from "./redis-clients.js";

const isForRedis = process.argv.includes("--redis");
const chosen = process.argv.slice(2).filter((word) => !word.startsWith("--"));
let failures = 0;

const wants = (clients: readonly { readonly name: string }[]) => chosen.length === 0 || clients.some((c) => chosen.includes(c.name));
if (wants(redisClients)) {
  const server = isForRedis ? await startRedis() : await startOrrery({ flags: ["--threads", "2"] });
  try {
    const result = await runClients(redisClients, chosen, "redisPort" in server ? (server.redisPort as number) : server.port);
    failures += result.failures;
    if (!isForRedis) writeTable("clients", redisClients, result.rows);
  } finally {
    await server.stop();
  }
}
if (!isForRedis && hasPostgres && wants(postgresClients(0))) {
  const [orrery, postgres] = await Promise.all([startOrrery({ flags: ["--threads", "2"] }), startPostgres()]);
  try {
    const clients = postgresClients(postgres.port);
    const result = await runClients(clients, chosen, orrery.port);
    failures += result.failures;
    writeTable("postgres clients", clients, result.rows);
  } finally {
    await Promise.all([orrery.stop(), postgres.stop()]);
  }
}
process.exitCode = failures === 0 ? 0 : 1;
