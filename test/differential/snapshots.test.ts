/** Exported snapshots on Orrery, with sessions on two JavaScript threads, and on PostgreSQL 15: equal answers. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";

/** Runs what it is told in two sessions and tells what came: rows, or an error's code and words, without the snapshot's name. */
class Story {
  readonly told: unknown[] = [];
  readonly #sessions = new Map<string, Promise<pg.Client>>();
  #snapshot = "";

  constructor(readonly port: number) {}
  session(name: string): Promise<pg.Client> {
    let client = this.#sessions.get(name);
    if (client === undefined) {
      client = (async () => {
        const connected = new pg.Client({ host: "127.0.0.1", port: this.port, user: "postgres", database: "postgres" });
        await connected.connect();
        return connected;
      })();
      this.#sessions.set(name, client);
    }
    return client;
  }
  async run(name: string, sql: string): Promise<void> {
    const client = await this.session(name);
    try {
      const { rows } = await client.query(sql.replaceAll("$SNAPSHOT", this.#snapshot));
      this.told.push(rows);
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      this.told.push([code, message.replaceAll(this.#snapshot, "$SNAPSHOT")]);
    }
  }
  async export(name: string): Promise<void> {
    const { rows } = await (await this.session(name)).query("select pg_export_snapshot() as s");
    this.#snapshot = (rows[0] as { s: string }).s;
  }
  async end(): Promise<void> {
    for (const client of this.#sessions.values()) await (await client).end();
  }
}

async function tell(port: number): Promise<readonly unknown[]> {
  const story = new Story(port);
  const import_ = async (name: string, mode: string, sql = "select * from shown order by k") => {
    await story.run(name, `begin ${mode}`);
    await story.run(name, "set transaction snapshot '$SNAPSHOT'");
    await story.run(name, sql);
    await story.run(name, "rollback");
  };
  await story.run("a", "create table shown (k int primary key, v int)");
  await story.run("a", "insert into shown values (1, 1), (2, 2)");
  await story.run("a", "begin isolation level repeatable read");
  await story.export("a");
  await story.run("b", "update shown set v = 10 where k = 1");
  await story.run("b", "delete from shown where k = 2");
  await story.run("b", "insert into shown values (3, 3)");
  // Rows that the exporting transaction has changed are its own.
  await story.run("a", "insert into shown values (4, 4)");
  for (const name of ["b", "c", "d", "e"]) await import_(name, "isolation level repeatable read");
  await import_("b", "isolation level repeatable read", "update shown set v = 0 where k = 1");
  await import_("b", "isolation level repeatable read, read only", "update shown set v = 0 where k = 3");
  await import_("b", "isolation level read committed");
  await import_("b", "isolation level serializable");
  // A transaction that has begun with it keeps it, and hands it on.
  await story.run("c", "begin isolation level repeatable read");
  await story.run("c", "set transaction snapshot '$SNAPSHOT'");
  await story.run("c", "set transaction isolation level serializable");
  await story.run("c", "rollback");
  await story.run("c", "begin isolation level repeatable read");
  await story.run("c", "set transaction snapshot '$SNAPSHOT'");
  await story.run("a", "commit");
  await import_("b", "isolation level repeatable read");
  await story.run("b", "vacuum shown");
  await story.run("c", "select * from shown order by k");
  await story.export("c");
  await import_("d", "isolation level repeatable read");
  await story.run("c", "set transaction snapshot '$SNAPSHOT'");
  await story.run("c", "rollback");
  // At read committed the exporting session goes on to later snapshots; what was exported stays.
  await story.run("a", "begin");
  await story.export("a");
  await story.run("b", "insert into shown values (5, 5)");
  await story.run("a", "select count(*) from shown");
  await import_("b", "isolation level repeatable read", "select count(*) from shown");
  await story.run("a", "rollback");
  // Serializable transactions take those of serializable ones, and writers none of readers.
  await story.run("a", "begin isolation level serializable, read only");
  await story.export("a");
  await story.run("b", "insert into shown values (6, 6)");
  await import_("c", "isolation level serializable");
  await import_("c", "isolation level serializable, read only");
  await import_("c", "isolation level repeatable read");
  await story.run("a", "commit");
  await story.run("a", "drop table shown");
  await story.end();
  return story.told;
}

describe.skipIf(!hasPostgres)("exported snapshots", () => {
  let orrery: OrreryProcess;
  let postgres: ServerProcess;
  beforeAll(async () => {
    [orrery, postgres] = await Promise.all([startOrrery({ flags: ["--threads", "2"] }), startPostgres()]);
  });
  afterAll(async () => {
    await orrery?.stop();
    await postgres?.stop();
  });
  test("a story of five sessions", async () => {
    const [ours, theirs] = [await tell(orrery.port), await tell(postgres.port)];
    expect(ours).toEqual(theirs);
  });
  test("a session that goes takes its snapshots along", async () => {
    for (const { port } of [orrery, postgres]) {
      const story = new Story(port);
      await story.run("a", "begin isolation level repeatable read");
      await story.export("a");
      await (await story.session("a")).end();
      for (let i = 0; i < 100; i++) {
        await story.run("b", "begin isolation level repeatable read");
        await story.run("b", "set transaction snapshot '$SNAPSHOT'");
        await story.run("b", "rollback");
        if (Array.isArray((story.told.at(-2) as unknown[])[0]) === false && (story.told.at(-2) as unknown[])[0] === "22023") break;
      }
      expect(story.told.at(-2)).toEqual(["22023", 'invalid snapshot identifier: "$SNAPSHOT"']);
      await (await story.session("b")).end();
    }
  });
});
