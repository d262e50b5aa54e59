/**
 * The embedded API's connection to the engine: sessions without a socket. A query resolves when its commit is durable.
 *
 * One session runs one statement at a time, so queries that run side by side use sessions of their own, kept for the next.
 */
import type {
  EngineDatabase,
  EngineSession,
  ExecuteResult,
  ParsedStatement,
  Portal,
  PortalRows,
  PreparedStatement,
  ResultColumn,
} from "../engine/index.js";
import { type Datum, DbError, notSupported, type Row } from "../types/index.js";
import { fromDatum, isPlain, type Parameter, toDatum, type Value } from "./values.js";

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

interface Executed<R> {
  readonly result: QueryResult<R>;
  /** What the log must hold before the query resolves; 0: nothing. */
  readonly lsn: number;
}

// Where the engine answers at once nothing is awaited: each wait costs as much as a lookup by key.
export class SessionClient implements Queryable {
  readonly session: EngineSession;
  readonly #database: EngineDatabase;
  /** The statement asked for last, and how many have not ended. */
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;
  readonly #shapes = new WeakMap<readonly ResultColumn[], ResultShape>();

  constructor(database: EngineDatabase, session: EngineSession) {
    this.#database = database;
    this.session = session;
  }

  sql<R = Record<string, Value>>(strings: TemplateStringsArray, ...parameters: readonly Parameter[]): Promise<QueryResult<R>> {
    return this.query<R>(templateText(strings), parameters);
  }
  /** Statements of one session run one after the other, in the order they were asked for. */
  query<R = Record<string, Value>>(sql: string, parameters: readonly Parameter[] = []): Promise<QueryResult<R>> {
    const run = () => this.#run<R>(sql, parameters);
    const result = this.#pending++ === 0 ? run() : this.#last.then(run, run);
    this.#last = result;
    return result;
  }

  async #run<R>(sql: string, parameters: readonly Parameter[]): Promise<QueryResult<R>> {
    const { session } = this;
    try {
      const implicit = parameters.length === 0 ? session.split(sql) : undefined;
      const executed =
        implicit === undefined || implicit.length === 1
          ? this.#statement<R>(session.prepare(sql, []), parameters)
          : this.#several<R>(implicit);
      const { result, lsn } = executed instanceof Promise ? await executed : executed;
      if (lsn > 0) await this.#flushed(lsn);
      return result;
    } catch (error) {
      session.fail();
      await session.endImplicit(true);
      throw error;
    } finally {
      this.#pending--;
    }
  }
  /** Several statements are one transaction, or part of the one that is open, as in PostgreSQL's simple query. */
  async #several<R>(statements: readonly ParsedStatement[]): Promise<Executed<R>> {
    const { session } = this;
    let last: Executed<R> = { result: { rows: [], columns: [], rowCount: 0, command: "" }, lsn: 0 };
    let lsn = 0;
    for (const statement of statements) {
      session.beginImplicit("message");
      last = await this.#statement<R>(session.prepareParsed(statement), []);
      lsn = Math.max(lsn, last.lsn);
    }
    return { result: last.result, lsn: Math.max(lsn, await session.endImplicit(false)) };
  }

  #statement<R>(prepared: PreparedStatement, parameters: readonly Parameter[]): Executed<R> | Promise<Executed<R>> {
    const { session } = this;
    const types = prepared.parameterTypes;
    if (parameters.length !== types.length)
      throw new DbError({
        sqlstate: "08P01",
        message: `bind message supplies ${parameters.length} parameters, but prepared statement "" requires ${types.length}`,
      });
    const executed = session.execute(
      prepared,
      types.map((type, i) => toDatum(parameters[i], type, session)),
    );
    if (executed instanceof Promise || executed.kind !== "portal") return this.#answer(executed);
    const batch = executed.portal.next(0);
    if (batch instanceof Promise || !batch.done) return this.#drain(executed.portal, batch);
    return this.#finish(executed.portal.columns, batch.rows, batch);
  }
  async #answer<R>(execution: ExecuteResult | Promise<ExecuteResult>): Promise<Executed<R>> {
    const executed = await execution;
    if (executed.kind === "copyIn") await executed.copy.fail("COPY needs a connection").catch(() => {});
    if (executed.kind === "copyIn" || executed.kind === "copyOut") throw notSupported("COPY in query()");
    if (executed.kind === "empty") return { result: { rows: [], columns: [], rowCount: 0, command: "" }, lsn: 0 };
    return this.#drain(executed.portal, executed.portal.next(0));
  }
  async #drain<R>(portal: Portal, first: PortalRows | Promise<PortalRows>): Promise<Executed<R>> {
    const rows: Row[] = [];
    for (let batch = await first; ; batch = await portal.next(0)) {
      for (const row of batch.rows) rows.push(row);
      if (batch.done) return this.#finish(portal.columns, rows, batch);
    }
  }

  #finish<R>(columns: readonly ResultColumn[], rows: readonly Row[], { tag, flushLsn }: PortalRows): Executed<R> {
    let shape = this.#shapes.get(columns);
    if (shape === undefined) {
      shape = new ResultShape(columns, this.session);
      this.#shapes.set(columns, shape);
    }
    const { command, count } = partsOf(tag);
    const { columns: described } = shape;
    const objects = rows.map((row) => shape.object(row) as R);
    return { result: { rows: objects, columns: described, rowCount: count ?? rows.length, command }, lsn: flushLsn };
  }
  #flushed(lsn: number): Promise<void> {
    return new Promise((resolve, reject) => this.#database.whenFlushed(lsn, (error) => (error === undefined ? resolve() : reject(error))));
  }
}

/** How rows of a statement become objects. */
class ResultShape {
  readonly columns: readonly QueryColumn[];
  /** Of each column; undefined: values are what they are. */
  readonly #converts: readonly (((value: Datum) => Value) | undefined)[];

  constructor(columns: readonly ResultColumn[], session: EngineSession) {
    this.columns = Object.freeze(columns.map(({ name, type }) => ({ name, type, typeName: session.typeOf(type).displayName })));
    this.#converts = columns.map(({ type }) => (isPlain(type) ? undefined : (value) => fromDatum(value, type, session)));
  }

  /** A row by its columns' names; of those with the same name the last one counts. */
  object(row: Row): Record<string, Value> {
    const object: Record<string, Value> = {};
    for (let i = 0; i < this.columns.length; i++) {
      const { name } = this.columns[i] as QueryColumn;
      const datum = row[i] ?? null;
      const convert = this.#converts[i];
      const value = convert === undefined ? (datum as Value) : convert(datum);
      // Assigned, this one would be the object's prototype.
      if (name === "__proto__") Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      else object[name] = value;
    }
    return object;
  }
}

export function templateText(strings: TemplateStringsArray): string {
  return strings.reduce((text, part, i) => (i === 0 ? part : `${text}$${i}${part}`), "");
}

/** "INSERT 0 3": the command's words, and how many rows, where the tag says so. */
function partsOf(tag: string): { readonly command: string; readonly count: number | undefined } {
  const space = tag.lastIndexOf(" ");
  const count = space < 0 ? NaN : Number(tag.slice(space + 1));
  if (Number.isNaN(count)) return { command: tag, count: undefined };
  return { command: tag.startsWith("INSERT ") ? "INSERT" : tag.slice(0, space), count };
}
