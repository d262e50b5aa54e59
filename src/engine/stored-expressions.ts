/**
 * Expressions that the catalog keeps as SQL, bound again through the front end. A cache per catalog version: a table's checks
 * and defaults are bound once for all plans that need them.
 */
import type { SessionCatalogReader, TableObject } from "../catalog/index.js";
import { quoteIdentifier } from "../catalog/index.js";
import type { StoredExpressions } from "../execution/index.js";
import type { FunctionRegistry } from "../functions/index.js";
import type { ColumnId, Expression, LogicalPlan, PlanColumn } from "../plan/index.js";
import { assert, FIRST_USER_OID, type FormatContext, type Oid } from "../types/index.js";
import type { FrontEnd } from "./types.js";

export interface StoredExpressionParts {
  readonly frontEnd: FrontEnd;
  readonly catalog: SessionCatalogReader;
  readonly format: FormatContext;
  readonly currentUser: string;
  readonly currentDatabase: string;
  readonly registry: FunctionRegistry;
}

/** Ids of columns that an expression does not mention: beyond what the binder hands out, below 2^31. */
const UNUSED_COLUMN_ID = 1_900_000_000;

export class BoundStoredExpressions implements StoredExpressions {
  readonly #parts: StoredExpressionParts;
  readonly #overTables = new Map<string, { readonly row: readonly PlanColumn[]; readonly expression: Expression }>();
  readonly #defaults = new Map<string, Expression>();

  constructor(parts: StoredExpressionParts) {
    this.#parts = parts;
  }

  bindOverTable(table: TableObject, sql: string): { readonly row: readonly PlanColumn[]; readonly expression: Expression } {
    const key = `${table.oid} ${sql}`;
    const known = this.#overTables.get(key);
    if (known !== undefined) return known;
    const plan = this.#bind(`SELECT (${sql}) FROM ONLY ${this.#tableName(table)}`);
    assert(plan.kind === "Project", "a select list is a Project");
    const scan = plan.input;
    assert(scan.kind === "Scan", "its input is the table");
    const row = table.attributes.map((attribute, i): PlanColumn => {
      const at = scan.attributes.indexOf(attribute.number);
      return at >= 0
        ? (scan.columns[at] as PlanColumn)
        : { id: (UNUSED_COLUMN_ID + i) as ColumnId, name: attribute.name, type: attribute.type, typmod: attribute.typmod };
    });
    const bound = { row, expression: plan.expressions[0] as Expression };
    this.#overTables.set(key, bound);
    return bound;
  }

  bindDefault(table: TableObject, attributeNumber: number, sql: string): Expression {
    const key = `${table.oid}.${attributeNumber} ${sql}`;
    const known = this.#defaults.get(key);
    if (known !== undefined) return known;
    const attribute = table.attributes[attributeNumber - 1];
    assert(attribute !== undefined, "a default belongs to an attribute");
    const bound = this.bindAs(sql, attribute.type, attribute.typmod);
    this.#defaults.set(key, bound);
    return bound;
  }

  /** An expression without columns, coerced to a type and (as an assignment does) to its modifier. */
  bindAs(sql: string, type: Oid, typmod: number): Expression {
    const known = this.#parts.registry.typeByOid(type);
    assert(known !== undefined, "an attribute's type exists");
    // A type of the catalog prints as its name must be written from here; a built-in one has a plain name.
    const typeName = type >= FIRST_USER_OID ? known.displayName : `"${known.name}"`;
    const expression = this.#expression(`SELECT CAST((${sql}) AS ${typeName})`);
    if (typmod === -1) return expression;
    return { kind: "CoerceModifier", arg: expression, explicit: false, type, typmod };
  }

  #expression(text: string): Expression {
    const plan = this.#bind(text);
    assert(plan.kind === "Project" || plan.kind === "Values", "a select list without FROM is a Project or one row of Values");
    const expression = plan.kind === "Project" ? plan.expressions[0] : plan.rows[0]?.[0];
    assert(expression !== undefined, "the select list has one expression");
    return expression;
  }
  #bind(text: string): LogicalPlan {
    const { frontEnd, catalog, registry, format, currentUser, currentDatabase } = this.#parts;
    const [statement] = frontEnd.parse(text);
    assert(statement !== undefined, "a stored expression parses");
    const bound = frontEnd.bind(statement, { catalog, registry, parameterTypes: [], format, currentUser, currentDatabase });
    assert(bound.body.kind === "Plan", "a SELECT is a plan");
    return bound.body.plan;
  }
  #tableName(table: TableObject): string {
    const schema = this.#parts.catalog.schemaByOid(table.schema)?.name;
    assert(schema !== undefined, "a table's schema exists");
    return `${quoteIdentifier(schema)}.${quoteIdentifier(table.name)}`;
  }
}
