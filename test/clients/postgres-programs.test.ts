/** The programs of Debian's clients that are installed print the same against PostgreSQL 15 and against this server. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";
import { postgresClients } from "./table/postgres-clients.js";

/** Those of npm are installed by the command alone; the others of the list run tests of their own. */
const fromDebian = postgresClients(0)
  .filter((client) => /^(python3|lib|ruby|php)/.test(client.name) && client.isInstalled())
  .map((client) => client.name);

describe.skipIf(!hasPostgres || fromDebian.length === 0)("clients of PostgreSQL", () => {
  let orrery: OrreryProcess;
  let postgres: ServerProcess;
  beforeAll(async () => {
    [orrery, postgres] = await Promise.all([startOrrery(), startPostgres()]);
  });
  afterAll(() => Promise.all([orrery?.stop(), postgres?.stop()]));

  test.each(fromDebian)(
    "%s",
    async (name) => {
      await postgresClients(postgres.port)
        .find((client) => client.name === name)
        ?.run(orrery.port);
    },
    240_000,
  );
});
