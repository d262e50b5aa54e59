/** Stored queries and expressions as PostgreSQL shows them, with names as one session's search path needs them. */
import type { SessionCatalogReader, TableObject, ViewObject } from "../catalog/index.js";
import { DbError, type Oid, TypeOid } from "../types/index.js";
import { fromStoredSql } from "./commands/stored-sql.js";
import type { EngineSession } from "./session.js";
import type { BindContext, PrintedExpression, StoredExpression } from "./types.js";

export class StoredText {
  constructor(
    readonly session: EngineSession,
    readonly catalog: SessionCatalogReader,
    /** Qualified unless visible. */
    readonly relationName: (oid: Oid) => string | undefined,
  ) {}

  /** A view's or materialized view's query, as pg_get_viewdef gives it. `wrapColumn` 0: one item of a list a line. */
  view(view: ViewObject | TableObject, pretty: boolean, wrapColumn: number): string | null {
    const sql = view.class === "view" ? view.sql : view.materialized?.sql;
    if (sql === undefined) return null;
    const columnNames =
      view.class === "view"
        ? view.columns.map((column) => column.name)
        : view.attributes.filter((a) => !a.dropped).map((attribute) => attribute.name);
    const print = (): string =>
      this.session.database.frontEnd.printQuery(this.#context(), { sql, pretty, wrapColumn, columnNames, isRule: true });
    return `${this.#orAsStored(print, ` ${sql.trim()}`)};`;
  }

  /** `table`: whose columns the expression reads; `type`: what its value goes into. */
  expression(
    sql: string,
    clause: StoredExpression["clause"],
    pretty: boolean,
    table?: Pick<TableObject, "name" | "attributes">,
    type?: Oid,
  ): PrintedExpression {
    const columns = (table?.attributes ?? []).filter((a) => !a.dropped).map((a) => ({ name: a.name, type: a.type, typmod: a.typmod }));
    return this.printExpression({ sql, clause, pretty, relation: table?.name ?? "", columns, ...(type === undefined ? {} : { type }) });
  }
  /** A domain's check: its value is VALUE. */
  domainCheck(sql: string, base: Oid, pretty: boolean): string {
    const context = { ...this.#context(), parameterTypes: [base], parameterNames: { routine: "", names: ["value"] } };
    const stored = { sql, clause: "check constraints", pretty, relation: "", columns: [], type: TypeOid.bool } as const;
    return this.#orAsStored(() => this.session.database.frontEnd.printExpression(context, stored), { text: sql, isCall: false }).text;
  }
  /** A routine's standard body: RETURN expression, or BEGIN ATOMIC … END. */
  routineBody(source: string, routine: string, parameters: readonly { readonly name: string; readonly type: Oid }[]): string {
    const context = {
      ...this.#context(),
      parameterTypes: parameters.map((p) => p.type),
      parameterNames: { routine, names: parameters.map((p) => p.name) },
    };
    const asStored = `BEGIN ATOMIC\n${source.trim().replace(/;?$/, ";")}\nEND`;
    return this.#orAsStored(() => this.session.database.frontEnd.printRoutineBody(context, source), asStored);
  }
  printExpression(stored: StoredExpression): PrintedExpression {
    const asStored = { text: fromStoredSql(stored.sql, this.relationName), isCall: false };
    return this.#orAsStored(() => this.session.database.frontEnd.printExpression(this.#context(), stored), asStored);
  }

  /** What cannot be bound here and now (a schema that this user may not see) is shown as it is kept: the same meaning, less pretty. */
  #orAsStored<Text>(print: () => Text, stored: Text): Text {
    try {
      return print();
    } catch (error) {
      if (error instanceof DbError) return stored;
      throw error;
    }
  }
  #context(): BindContext {
    const { session } = this;
    return {
      catalog: this.catalog,
      registry: session.registry(this.catalog),
      parameterTypes: [],
      format: session.format,
      currentUser: session.user,
      currentDatabase: session.databaseName,
    };
  }
}
