/**
 * Stored SQL that names a function, a type, an operator or a collation, when the name or the schema of it changes. The texts are bound
 * under the catalog as it is before the change, which tells what their names mean. Not reached: checks and defaults of domains, and
 * defaults of parameters.
 */
import type { CatalogObject, TableObject } from "../../catalog/index.js";
import type { Oid } from "../../types/index.js";
import type { Renaming } from "../types.js";
import type { DefinitionContext } from "./context.js";
import { renamedBody } from "./rename.js";

/** An object gets another name, another schema, or both. */
export function renameObjectInStored(
  context: DefinitionContext,
  object: { readonly oid: Oid; readonly schema: Oid; readonly name: string },
  change: { readonly name?: string; readonly schema?: string },
): void {
  const { name = object.name, schema = context.schemaName(object.schema) } = change;
  renameInStored(context, { kind: "object", oid: object.oid, name, schema }, object.name);
}

/** `mentioned`: only texts with this in them can be concerned. */
export function renameInStored(context: DefinitionContext, renaming: Renaming, mentioned: string): void {
  const { frontEnd } = context.session.database;
  const bind = context.bindContext();
  const query = (sql: string): string => (sql.includes(mentioned) ? frontEnd.renameInQuery(sql, bind, renaming) : sql);
  /** An expression over a row of the table. */
  const over = (table: TableObject) => {
    const from = ` AS "?" FROM ONLY ${context.sqlName(table)}`;
    return (sql: string): string => {
      if (!sql.includes(mentioned)) return sql;
      const text = frontEnd.renameInQuery(`SELECT (${sql})${from}`, bind, renaming);
      return text.slice("SELECT ".length, text.lastIndexOf(' AS "?" FROM '));
    };
  };
  const changed: CatalogObject[] = [];
  for (const object of context.snapshot.objects()) {
    const isBody = object.class === "function" && object.body.language === "sql" && object.body.atomic;
    const concerned = isBody && object.body.source.includes(mentioned) && object.body.dependsOn.some((oid) => isMeant(renaming, oid));
    const after = concerned ? renamedBody(context, object, renaming) : rewritten(context, object, query, over);
    if (after !== object) changed.push(after);
  }
  for (const object of changed) context.put(object);
}

/** A schema's name may stand before anything. */
const isMeant = (renaming: Renaming, oid: Oid): boolean => renaming.kind === "schema" || !("oid" in renaming) || renaming.oid === oid;

type Rewrite = (sql: string) => string;
/** The object itself when none of its texts changes. */
function rewritten(
  context: DefinitionContext,
  object: CatalogObject,
  query: Rewrite,
  over: (table: TableObject) => Rewrite,
): CatalogObject {
  const tableOf = (oid: Oid): Rewrite | undefined => {
    const table = context.snapshot.object(oid);
    return table?.class === "table" ? over(table) : undefined;
  };
  let isSame = true;
  const text = (sql: string, rewrite: Rewrite): string => {
    const after = rewrite(sql);
    if (after !== sql) isSame = false;
    return after;
  };
  const column = <Column extends { readonly expressionSql?: string }>(c: Column, rewrite: Rewrite): Column =>
    c.expressionSql === undefined ? c : { ...c, expressionSql: text(c.expressionSql, rewrite) };
  let after: CatalogObject = object;
  switch (object.class) {
    case "view":
      after = { ...object, sql: text(object.sql, query) };
      break;
    case "table": {
      const rewrite = over(object);
      const { materialized, partitioned } = object;
      after = {
        ...object,
        attributes: object.attributes.map((a) => (a.defaultSql === undefined ? a : { ...a, defaultSql: text(a.defaultSql, rewrite) })),
        ...(materialized === undefined ? {} : { materialized: { ...materialized, sql: text(materialized.sql, query) } }),
        ...(partitioned === undefined ? {} : { partitioned: { ...partitioned, keys: partitioned.keys.map((k) => column(k, rewrite)) } }),
      };
      break;
    }
    case "index": {
      const rewrite = tableOf(object.table);
      if (rewrite === undefined) break;
      const { predicateSql } = object;
      after = {
        ...object,
        columns: object.columns.map((c) => column(c, rewrite)),
        ...(predicateSql === undefined ? {} : { predicateSql: text(predicateSql, rewrite) }),
      };
      break;
    }
    case "constraint": {
      const rewrite = tableOf(object.table);
      if (object.kind === "check" && rewrite !== undefined) after = { ...object, sql: text(object.sql, rewrite) };
      break;
    }
    case "statistics": {
      const rewrite = tableOf(object.table);
      if (rewrite !== undefined) after = { ...object, expressions: object.expressions.map((sql) => text(sql, rewrite)) };
      break;
    }
    case "policy": {
      const rewrite = tableOf(object.table);
      if (rewrite === undefined) break;
      const { usingSql, checkSql } = object;
      after = {
        ...object,
        ...(usingSql === undefined ? {} : { usingSql: text(usingSql, rewrite) }),
        ...(checkSql === undefined ? {} : { checkSql: text(checkSql, rewrite) }),
      };
      break;
    }
    default:
      break;
  }
  return isSame ? object : after;
}
