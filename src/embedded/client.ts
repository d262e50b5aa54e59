/**
 * The embedded API's connection to the engine: sessions without a socket. A query resolves when its commit is durable.
 *
 * One session runs one statement at a time, so queries that run side by side use sessions of their own, kept for the next.
 */
import type { EngineDatabase, EngineSession, ResultColumn } from "../engine/index.js";
import { DbError, notSupported, type Row } from "../types/index.js";
import { fromDatum, type Parameter, toDatum, type Value } from "./values.js";

export interface QueryColumn {
  readonly name: string;
  readonly type: number;
  readonly typeName: string;
}
export interface QueryResult<R = Record<string, Value>> {
  readonly rows: readonly R[];
  readonly columns: readonly QueryColumn[];
  /** Rows returned, or changed. */
  readonly rowCount: number;
  /** INSERT, SELECT, CREATE TABLE… */
  readonly command: string;
}

/** Anything that runs statements: the database, or one transaction of it. */
export interface Queryable {
  /** One statement with `$1`, `$2`…; without parameters the text may hold several: the last one's result counts. */
  query<R = Record<string, Value>>(sql: string, parameters?: readonly Parameter[]): Promise<QueryResult<R>>;
  /** The same as a tagged template: every `${value}` becomes a parameter. */
  sql<R = Record<string, Value>>(strings: TemplateStringsArray, ...parameters: readonly Parameter[]): Promise<QueryResult<R>>;
}

export class SessionClient implements Queryable {
  readonly session: EngineSession;
  readonly #database: EngineDatabase;
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: EngineDatabase, session: EngineSession) {
    this.#database = database;
    this.session = session;
  }

  sql<R = Record<string, Value>>(strings: TemplateStringsArray, ...parameters: readonly Parameter[]): Promise<QueryResult<R>> {
    return this.query<R>(templateText(strings), parameters);
  }
  /** Statements of one session run one after the other, in the order they were asked for. */
  query<R = Record<string, Value>>(sql: string, parameters: readonly Parameter[] = []): Promise<QueryResult<R>> {
    const result = this.#last.then(() => this.#run<R>(sql, parameters));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run<R>(sql: string, parameters: readonly Parameter[]): Promise<QueryResult<R>> {
    const { session } = this;
    const implicit = parameters.length === 0 && session.block === undefined ? session.split(sql) : undefined;
    try {
      if (implicit === undefined || implicit.length === 1) return await this.#durable(() => this.#one<R>(sql, parameters));
      // Several statements are one transaction, as in PostgreSQL's simple query.
      let result: { result: QueryResult<R>; lsn: number } = { result: { rows: [], columns: [], rowCount: 0, command: "" }, lsn: 0 };
      let lsn = 0;
      for (const statement of implicit) {
        session.beginImplicit("message");
        result = await this.#statement<R>(session.prepareParsed(statement), []);
        lsn = Math.max(lsn, result.lsn);
      }
      lsn = Math.max(lsn, await session.endImplicit(false));
      return await this.#durable(async () => ({ result: result.result, lsn }));
    } catch (error) {
      session.fail();
      await session.endImplicit(true);
      throw error;
    }
  }
  #one<R>(sql: string, parameters: readonly Parameter[]) {
    return this.#statement<R>(this.session.prepare(sql, []), parameters);
  }

  async #statement<R>(
    prepared: ReturnType<EngineSession["prepare"]>,
    parameters: readonly Parameter[],
  ): Promise<{ result: QueryResult<R>; lsn: number }> {
    const { session } = this;
    if (parameters.length !== prepared.parameterTypes.length)
      throw new DbError({
        sqlstate: "08P01",
        message: `bind message supplies ${parameters.length} parameters, but prepared statement "" requires ${prepared.parameterTypes.length}`,
      });
    const executed = await session.execute(
      prepared,
      prepared.parameterTypes.map((type, i) => toDatum(parameters[i], type, session)),
    );
    if (executed.kind === "copyIn") await executed.copy.fail("COPY needs a connection").catch(() => {});
    if (executed.kind === "copyIn" || executed.kind === "copyOut") throw notSupported("COPY in query()");
    if (executed.kind === "empty") return { result: { rows: [], columns: [], rowCount: 0, command: "" }, lsn: 0 };
    const { columns } = executed.portal;
    const rows: R[] = [];
    for (;;) {
      const batch = await executed.portal.next(0);
      for (const row of batch.rows) rows.push(objectOf(row, columns, session) as R);
      if (!batch.done) continue;
      const { command, count } = partsOf(batch.tag);
      return {
        result: {
          rows,
          columns: columns.map((c) => ({ name: c.name, type: c.type, typeName: session.typeOf(c.type).displayName })),
          rowCount: count ?? rows.length,
          command,
        },
        lsn: batch.flushLsn,
      };
    }
  }

  async #durable<R>(work: () => Promise<{ result: QueryResult<R>; lsn: number }>): Promise<QueryResult<R>> {
    const { result, lsn } = await work();
    if (lsn > 0)
      await new Promise<void>((resolve, reject) =>
        this.#database.whenFlushed(lsn, (error) => (error === undefined ? resolve() : reject(error))),
      );
    return result;
  }
}

export function templateText(strings: TemplateStringsArray): string {
  return strings.reduce((text, part, i) => (i === 0 ? part : `${text}$${i}${part}`), "");
}

/** A row by its columns' names; of those with the same name the last one counts. */
function objectOf(row: Row, columns: readonly ResultColumn[], session: EngineSession): Record<string, Value> {
  const object: Record<string, Value> = {};
  for (let i = 0; i < columns.length; i++) {
    const { name, type } = columns[i] as ResultColumn;
    const value = fromDatum(row[i] ?? null, type, session);
    // Assigned, this one would be the object's prototype.
    if (name === "__proto__") Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
    else object[name] = value;
  }
  return object;
}

/** "INSERT 0 3": the command's words, and how many rows, where the tag says so. */
function partsOf(tag: string): { readonly command: string; readonly count: number | undefined } {
  const digits = tag.search(/(?: \d+)+$/);
  if (digits < 0) return { command: tag, count: undefined };
  return { command: tag.slice(0, digits), count: Number(tag.slice(tag.lastIndexOf(" ") + 1)) };
}
