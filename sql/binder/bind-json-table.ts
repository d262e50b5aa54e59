/**
 * JSON_TABLE, made of what is there already: a set of items for each row pattern, JSON_VALUE, JSON_QUERY and JSON_EXISTS over them for the
 * columns; a nested path is a left lateral join, siblings are a UNION ALL. Source: parse_jsontable.c of PostgreSQL 17.
 */
import { JSON_TABLE_ROWS_ID } from "../../src/functions/index.js";
import type { Expression, JsonQuery, LogicalPlan, PlanColumn } from "../../src/plan/index.js";
import { ArrayValue, DbError, featureNotSupported, type Oid, syntaxError, TypeOid } from "../../src/types/index.js";
import type { Expr } from "../parser/syntax-tree.js";
import type { JsonTableColumn, JsonTableItem, JsonTablePath } from "../parser/syntax-tree-json.js";
import { columnReference, resolveTypeName } from "./bind-expression.js";
import { bindContextItem, bindPassing, checkQuotes, makeJsonQuery } from "./bind-json-query.js";
import { at, type Binder } from "./binder.js";
import { castTo, literal } from "./coerce.js";
import type { Scope } from "./scope.js";

export function bindJsonTable(binder: Binder, scope: Scope, item: JsonTableItem): LogicalPlan {
  const { onError } = item;
  if (onError !== undefined && onError.behavior !== "error" && onError.behavior !== "empty" && onError.behavior !== "emptyArray")
    throw new DbError({
      ...syntaxError("invalid ON ERROR behavior", at(onError.position)).fields,
      detail: "Only EMPTY [ ARRAY ] or ERROR is allowed in the top-level ON ERROR clause.",
    });
  checkNames(item.columns, item.path.name === undefined ? [] : [item.path.name]);
  const context = bindContextItem(binder, scope, item.input);
  const passing = bindPassing(binder, scope, item.passing);
  const raises = onError?.behavior === "error";
  return new TableBuilder(binder, scope, passing, raises).level(context, item.path, item.columns);
}

function checkNames(columns: readonly JsonTableColumn[], names: string[]): void {
  for (const column of columns) {
    const name = column.kind === "nested" ? column.path.name : column.name;
    if (name !== undefined) {
      if (names.includes(name))
        throw new DbError({
          sqlstate: "42712",
          message: `duplicate JSON_TABLE column or path name: ${name}`,
          ...(column.position === 0 ? {} : { position: column.position }),
        });
      names.push(name);
    }
    if (column.kind === "nested") checkNames(column.columns, names);
  }
}

class TableBuilder {
  constructor(
    readonly binder: Binder,
    readonly scope: Scope,
    readonly passing: JsonQuery["passing"],
    readonly raises: boolean,
  ) {}

  /** The rows of one pattern over `context`: its own columns, then those of the patterns nested in it. */
  level(context: Expression, path: JsonTablePath, columns: readonly JsonTableColumn[]): LogicalPlan {
    const { binder } = this;
    if (columns.filter((column) => column.kind === "ordinality").length > 1)
      throw syntaxError("only one FOR ORDINALITY column is allowed", at(columns.findLast((c) => c.kind === "ordinality")!.position));
    const rows = this.#rows(context, path);
    const [item, ordinality] = rows.columns as [PlanColumn, PlanColumn];
    const own: PlanColumn[] = [];
    const expressions: Expression[] = [];
    for (const column of columns) {
      if (column.kind === "nested") continue;
      const expression: Expression =
        column.kind === "ordinality"
          ? castTo(binder, columnReference(ordinality), TypeOid.int4, -1, undefined)
          : this.#column(column, columnReference(item));
      expressions.push(expression);
      own.push(binder.newColumn(column.name, expression.type, expression.typmod));
    }
    const nested = columns
      .filter((column) => column.kind === "nested")
      .map((column) => this.level(columnReference(item), column.path, column.columns));
    if (nested.length === 0) return { kind: "Project", input: rows, expressions, columns: own };
    const right = this.#siblings(nested);
    const join: LogicalPlan = {
      kind: "Join",
      type: "left",
      left: rows,
      right,
      lateral: true,
      condition: { kind: "Constant", value: true, type: TypeOid.bool, typmod: -1 },
      columns: [...rows.columns, ...right.columns],
    };
    const passed = right.columns.map((column) => binder.newColumn(column.name, column.type, column.typmod));
    return {
      kind: "Project",
      input: join,
      expressions: [...expressions, ...right.columns.map((column) => columnReference(column))],
      columns: [...own, ...passed],
    };
  }

  /** Each sibling's rows have NULL for the others' columns. */
  #siblings(plans: readonly LogicalPlan[]): LogicalPlan {
    if (plans.length === 1) return plans[0]!;
    const all = plans.flatMap((plan) => plan.columns);
    const fresh = (): PlanColumn[] => all.map((column) => this.binder.newColumn(column.name, column.type, column.typmod));
    const padded = plans.map(
      (plan): LogicalPlan => ({
        kind: "Project",
        input: plan,
        expressions: all.map((column) =>
          plan.columns.includes(column)
            ? columnReference(column)
            : { kind: "Constant", value: null, type: column.type, typmod: column.typmod },
        ),
        columns: fresh(),
      }),
    );
    return padded.reduce(
      (left, right): LogicalPlan => ({ kind: "SetOperation", operation: "union", all: true, left, right, columns: fresh() }),
    );
  }

  #rows(context: Expression, path: JsonTablePath): LogicalPlan {
    const names = this.passing.map((p) => p.name);
    const call: Expression = {
      kind: "FunctionCall",
      functionId: JSON_TABLE_ROWS_ID,
      args: [
        context,
        this.#path(path),
        { kind: "Constant", value: this.raises, type: TypeOid.bool, typmod: -1 },
        { kind: "Constant", value: new ArrayValue(TypeOid.text, names), type: TypeOid.textArray, typmod: -1 },
        ...this.passing.map((p) => p.value),
      ],
      strict: false,
      volatility: "stable",
      syntax: { form: "function", name: "JSON_TABLE" },
      type: TypeOid.jsonb,
      typmod: -1,
    };
    const columns = [this.binder.newColumn("item", TypeOid.jsonb, -1), this.binder.newColumn("ordinality", TypeOid.int8, -1)];
    return { kind: "FunctionScan", calls: [call], alias: "json_table", withOrdinality: true, columns };
  }
  #path(path: JsonTablePath): Expression {
    const { path: text } = path;
    if (text.kind !== "Literal" || text.literal !== "string")
      throw featureNotSupported("only string constants are supported in JSON_TABLE path specification", at(text.position));
    return this.#pathConstant(text.value as string, text);
  }
  #pathConstant(text: string, at: Expr | undefined): Expression {
    const position = at?.position ?? 0;
    const constant = { kind: "Constant", value: text, type: TypeOid.unknown, typmod: -1, ...(position === 0 ? {} : { position }) } as const;
    return literal(this.binder, constant, TypeOid.jsonpath, -1);
  }

  #column(column: Extract<JsonTableColumn, { kind: "regular" | "formatted" | "exists" }>, context: Expression): Expression {
    const { binder } = this;
    const returning = resolveTypeName(binder, column.type);
    const shaped = column.wrapper !== "unspecified" || column.quotes !== "unspecified" || isComposite(binder, returning.type);
    const formatted = column.kind === "formatted" || (column.kind === "regular" && shaped);
    checkQuotes(column, column.position);
    return makeJsonQuery(binder, this.scope, {
      operation: column.kind === "exists" ? "exists" : formatted ? "query" : "value",
      context,
      path: column.path === undefined ? this.#pathConstant(`$.${JSON.stringify(column.name)}`, undefined) : this.#path(column.path),
      passing: this.passing,
      returning,
      wrapper: column.wrapper,
      quotes: column.quotes,
      onEmpty: column.onEmpty,
      onError: column.onError,
      position: column.position,
      column: { name: column.name, kind: column.kind === "exists" ? "EXISTS" : column.kind === "formatted" ? "formatted" : "scalar" },
    });
  }
}
/** Types that JSON_QUERY fills and JSON_VALUE cannot. */
function isComposite(binder: Binder, type: Oid): boolean {
  const base = binder.baseType(type);
  return (
    base === TypeOid.json ||
    base === TypeOid.jsonb ||
    base === TypeOid.record ||
    binder.category(base) === "A" ||
    binder.fields(base) !== undefined
  );
}
