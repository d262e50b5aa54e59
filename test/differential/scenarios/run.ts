/**
 * Runs a scenario on one server and writes down what every step did: who waits, after which step a waiting one goes on, what is read, what
 * fails and how. Whether a session waits is what pg_locks says. Process, transaction and relation numbers are replaced by names.
 */
import pg from "pg";
import type { Scenario } from "./script.js";

const POLL_MILLIS = 5;
/** Longer than any lock or deadlock timeout in a scenario. */
const PATIENCE_MILLIS = 8_000;

/** A thread's first statements take longer than a scenario's timeouts on a busy machine: each connection makes its own ready for them. */
const warmUp = `begin; create temporary table warm (k int primary key, v int); insert into warm values (1, 1); select * from warm for update;
  update warm set v = v + 1 where k = 1; delete from warm; rollback`;
const whoWaits = `select pid from pg_locks where not granted and pid = any($1::int[])
  union select pid from pg_stat_activity where wait_event = 'SafeSnapshot' and pid = any($1::int[])`;

interface Session {
  readonly client: pg.Client;
  readonly pid: number;
  readonly notices: string[];
  /** Of the scenario that the session was made ready for. */
  schema: string;
}
interface Running {
  readonly label: string;
  outcome: string | undefined;
}

export class ScenarioServer {
  readonly #port: number;
  readonly #sessions = new Map<string, Session>();
  #control: pg.Client | undefined;
  #run = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async run(scenario: Scenario): Promise<string[]> {
    this.#control ??= await connect(this.#port);
    const control = this.#control;
    const schema = `scenario_${++this.#run}`;
    await control.query(`create schema ${schema}`);
    await control.query(`set search_path = ${schema}`);
    for (const sql of scenario.setup) await control.query(sql);
    const log: string[] = [];
    const running = new Map<string, Running>();
    const report = (): void => {
      for (const [name, step] of running) {
        if (step.outcome === undefined) continue;
        running.delete(name);
        log.push(`${step.label} -> ${step.outcome}`);
      }
    };
    for (const { session: name, sql } of scenario.steps) {
      if (running.has(name)) {
        await this.#settle(running, (step) => step === running.get(name));
        report();
        if (running.has(name)) {
          log.push(`${name}: still waits, cannot run ${sql}`);
          break;
        }
      }
      const session = await this.#session(name, schema);
      const step: Running = { label: `${name}: ${sql}`, outcome: undefined };
      running.set(name, step);
      void this.#execute(session, sql).then((outcome) => {
        step.outcome = outcome;
      });
      await this.#settle(running, () => false);
      if (step.outcome === undefined) log.push(`${step.label} ... waits`);
      report();
    }
    // Whatever waits for a timeout or a deadlock check ends by itself.
    await this.#settle(running, () => true);
    report();
    for (const step of running.values()) log.push(`${step.label} ... never ends`);
    await this.#reset(schema);
    return log;
  }

  async close(): Promise<void> {
    for (const { client } of this.#sessions.values()) await client.end().catch(() => {});
    await this.#control?.end();
  }

  /** Until every running step has ended or waits for a lock; those that `mustEnd` are waited for in any case. */
  async #settle(running: Map<string, Running>, mustEnd: (step: Running) => boolean): Promise<void> {
    const started = performance.now();
    let seenWaiting = 0;
    while (performance.now() - started < PATIENCE_MILLIS) {
      const open = [...running].filter(([, step]) => step.outcome === undefined);
      if (open.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
      if (open.some(([, step]) => mustEnd(step))) continue;
      const pids = open.map(([name]) => (this.#sessions.get(name) as Session).pid);
      const { rows } = await (this.#control as pg.Client).query(whoWaits, [pids]);
      // Twice in a row: a session that was just let go may not have been seen to move.
      seenWaiting =
        new Set(rows.map((row) => row.pid)).size === open.length && open.every(([, s]) => s.outcome === undefined) ? seenWaiting + 1 : 0;
      if (seenWaiting >= 2) return;
    }
  }

  async #session(name: string, schema: string): Promise<Session> {
    let session = this.#sessions.get(name);
    if (session === undefined) {
      const client = await connect(this.#port);
      const { rows } = await client.query("select pg_backend_pid() as pid");
      const notices: string[] = [];
      client.on("notice", (notice) => notices.push(`${notice.severity}: ${notice.message}`));
      // A terminated session says so in its step.
      client.on("error", () => {});
      session = { client, pid: rows[0].pid, notices, schema: "" };
      this.#sessions.set(name, session);
    }
    if (session.schema !== schema) {
      session.schema = schema;
      await session.client.query(`set search_path = ${schema}`);
    }
    return session;
  }

  async #execute({ client, notices }: Session, sql: string): Promise<string> {
    let outcome: string;
    try {
      const all = await client.query({ text: sql, rowMode: "array" });
      const result = (Array.isArray(all) ? all.at(-1) : all) as pg.QueryArrayResult;
      const rows = result.rows.map((row) => `(${row.map((value) => (value === null ? "" : String(value))).join(",")})`);
      outcome = result.fields.length > 0 ? `${rows.join(" ")} [${rows.length}]` : `${result.command} ${result.rowCount ?? ""}`.trim();
    } catch (error) {
      const { code, message, detail, hint } = error as pg.DatabaseError;
      outcome =
        code === undefined ? `connection lost` : `ERROR ${code}: ${message}${detail ? ` | ${detail}` : ""}${hint ? ` | ${hint}` : ""}`;
    }
    return this.#named([...notices.splice(0), outcome].join(" / "));
  }

  #named(text: string): string {
    let result = text.replaceAll(/transaction \d+/g, "transaction X").replaceAll(/relation \d+ of database \d+/g, "relation R");
    for (const [name, { pid }] of this.#sessions)
      result = result.replaceAll(new RegExp(`(process|Process|PID) ${pid}\\b`, "g"), `$1 of ${name}`);
    return result
      .replaceAll(/scenario_\d+/g, "scenario")
      .replaceAll(/advisory lock \[\d+,/g, "advisory lock [D,")
      .replaceAll("\n", " ");
  }

  async #reset(schema: string): Promise<void> {
    for (const [name, { client, pid }] of this.#sessions) {
      const clean = client
        .query("rollback")
        .then(() => client.query("select pg_advisory_unlock_all()"))
        .then(() => client.query("reset all"));
      const ok = await Promise.race([
        clean.then(
          () => true,
          () => false,
        ),
        new Promise<false>((r) => setTimeout(() => r(false), 1_000)),
      ]);
      if (ok) continue;
      await this.#control?.query("select pg_terminate_backend($1)", [pid]).catch(() => {});
      await Promise.race([client.end().catch(() => {}), new Promise((r) => setTimeout(r, 500))]);
      this.#sessions.delete(name);
    }
    for (const { notices } of this.#sessions.values()) notices.length = 0;
    await this.#control?.query("set client_min_messages = warning");
    await this.#control?.query(`drop schema ${schema} cascade`);
  }
}

async function connect(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres", options: "-c deadlock_timeout=1s" });
  await client.connect();
  await client.query(warmUp);
  await client.query(whoWaits, [[]]);
  return client;
}
