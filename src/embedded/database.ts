/** `open()`'s database: queries on sessions of a small pool, transactions on one of their own. */
import type { EngineDatabase } from "../engine/index.js";
import { type Queryable, type QueryResult, SessionClient, templateText } from "./client.js";
import type { Parameter, Value } from "./values.js";

/** Redis commands without a socket; given by the composition root. */
export interface RedisClient {
  call(args: readonly (string | number | Uint8Array)[]): Promise<unknown>;
  close(): void;
}

/** Sessions kept for reuse; more are opened when more queries run at once, and closed when they are done. */
const IDLE_SESSIONS_MAX = 8;

export class Orrery implements Queryable {
  readonly #database: EngineDatabase;
  readonly #idle: SessionClient[] = [];
  readonly #openRedis: () => RedisClient;
  #redis: RedisClient | undefined;
  readonly #user: string;
  #closed = false;

  constructor(database: EngineDatabase, user: string, openRedis: () => RedisClient) {
    this.#database = database;
    this.#user = user;
    this.#openRedis = openRedis;
  }

  query<R = Record<string, Value>>(sql: string, parameters: readonly Parameter[] = []): Promise<QueryResult<R>> {
    return this.#withSession((client) => client.query<R>(sql, parameters));
  }
  sql<R = Record<string, Value>>(strings: TemplateStringsArray, ...parameters: readonly Parameter[]): Promise<QueryResult<R>> {
    return this.query<R>(templateText(strings), parameters);
  }
  /** A Redis command over the same data: `db.redis("SET", "k", "v")`. */
  redis(...args: readonly (string | number | Uint8Array)[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new Error("the database is closed"));
    this.#redis ??= this.#openRedis();
    return this.#redis.call(args);
  }

  /** Runs `work` in one transaction: commits when it resolves, rolls back when it throws. */
  transaction<T>(
    work: (transaction: Queryable) => Promise<T>,
    options: { readonly isolation?: "read committed" | "repeatable read"; readonly readOnly?: boolean } = {},
  ): Promise<T> {
    return this.#withSession(async (client) => {
      await client.query(
        `BEGIN${options.isolation === undefined ? "" : ` ISOLATION LEVEL ${options.isolation}`}${options.readOnly === true ? " READ ONLY" : ""}`,
      );
      let result: T;
      try {
        result = await work(client);
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      }
      const { command } = await client.query("COMMIT");
      if (command === "ROLLBACK") throw new Error("the transaction was rolled back because a statement in it failed");
      return result;
    });
  }

  /** A digest of rows, keys, catalog and what indexes hold, in hex: equal for equal databases. */
  digest(): string {
    if (this.#closed) throw new Error("the database is closed");
    return this.#database.native.engine.digest(this.#database.engine);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#redis?.close();
    await this.#database.close();
  }

  async #withSession<T>(work: (client: SessionClient) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error("the database is closed");
    const client =
      this.#idle.pop() ?? new SessionClient(this.#database, this.#database.openSession({ user: this.#user, database: "postgres" }));
    try {
      return await work(client);
    } finally {
      // A session that was left inside a block (BEGIN through query()) must not go to the next caller.
      if (client.session.inExplicitBlock) client.session.transactionBlock.rollback();
      if (this.#idle.length < IDLE_SESSIONS_MAX && !this.#closed) this.#idle.push(client);
      else client.session.close();
    }
  }
}
