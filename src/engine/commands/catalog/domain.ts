/** CREATE and ALTER DOMAIN. New constraints are checked against every column that holds the domain's values. */
import type { DomainCheck, DomainObject, TableObject } from "../../../catalog/index.js";
import { chooseName } from "../../../catalog/index.js";
import type { Command, DomainConstraint, QualifiedName } from "../../../plan/index.js";
import { DbError, type Oid } from "../../../types/index.js";
import { routineService } from "../../routines.js";
import type { DefinitionContext } from "../context.js";
import { isNullLiteral } from "../create-table.js";
import { toStoredSql } from "../stored-sql.js";
import { newType, notADomain, requireType } from "./type-names.js";

export function createDomain(context: DefinitionContext, command: Extract<Command, { kind: "CreateDomain" }>): void {
  const base = newType(context, command.name);
  let object: DomainObject = {
    ...base,
    kind: "domain",
    base: command.base.type,
    typmod: command.base.typmod,
    notNull: command.constraints.some((c) => c.kind === "notNull"),
    checks: [],
    ...(command.collation === undefined ? {} : { collation: command.collation }),
  };
  for (const constraint of command.constraints) {
    if (constraint.kind === "default") object = withDefault(context, object, constraint.sql ?? null);
    else if (constraint.kind === "check") object = withCheck(context, object, constraint);
  }
  context.put(object);
}

function withDefault(context: DefinitionContext, object: DomainObject, sql: string | null): DomainObject {
  const { defaultSql: _old, ...rest } = object;
  // A domain's DEFAULT NULL hides the default of the domain below it.
  return sql === null ? rest : { ...rest, defaultSql: isNullLiteral(sql) ? "NULL" : toStoredSql(sql, context.catalog) };
}
function withCheck(context: DefinitionContext, object: DomainObject, constraint: DomainConstraint): DomainObject {
  const taken = (name: string) => object.checks.some((c) => c.name === name);
  if (constraint.name !== undefined && taken(constraint.name))
    throw new DbError({ sqlstate: "42710", message: `constraint "${constraint.name}" for domain "${object.name}" already exists` });
  const name = constraint.name ?? chooseName(object.name, undefined, "check", taken);
  const check: DomainCheck = { oid: context.newOid(), name, sql: constraint.sql ?? "true", validated: constraint.notValid !== true };
  return { ...object, checks: [...object.checks, check] };
}

export function requireDomain(context: DefinitionContext, name: QualifiedName): DomainObject {
  const builtIn = context.registry.typeByName(name.name, name.schema);
  if (builtIn !== undefined && builtIn.kind !== "domain") throw notADomain(builtIn.displayName);
  const type = requireType(context, name);
  if (type.kind !== "domain") throw notADomain(type.name);
  return type;
}

export function alterDomain(context: DefinitionContext, command: Extract<Command, { kind: "AlterDomain" }>): void {
  const domain = requireDomain(context, command.name);
  const { change } = command;
  switch (change.kind) {
    case "setDefault":
      return context.put(withDefault(context, domain, change.sql));
    case "dropNotNull":
      return context.put({ ...domain, notNull: false });
    case "setNotNull":
      if (domain.notNull) return;
      context.put({ ...domain, notNull: true });
      return checkColumns(context, domain.oid, true);
    case "addConstraint": {
      context.put(withCheck(context, domain, change.constraint));
      if (change.constraint.notValid !== true) checkColumns(context, domain.oid, false);
      return;
    }
    case "dropConstraint": {
      if (!domain.checks.some((c) => c.name === change.name)) {
        if (!change.ifExists) throw noConstraint(change.name, domain.name);
        return context.notice(`constraint "${change.name}" of domain "${domain.name}" does not exist, skipping`);
      }
      for (const comment of context.snapshot.commentsOf(domain.checks.find((c) => c.name === change.name)!.oid))
        context.remove(comment.oid);
      return context.put({ ...domain, checks: domain.checks.filter((c) => c.name !== change.name) });
    }
    case "validateConstraint": {
      const check = domain.checks.find((c) => c.name === change.name);
      if (check === undefined) throw noConstraint(change.name, domain.name);
      if (check.validated) return;
      checkColumns(context, domain.oid, false);
      return context.put({ ...domain, checks: domain.checks.map((c) => (c === check ? { ...c, validated: true } : c)) });
    }
  }
}
export const noConstraint = (name: string, domain: string) =>
  new DbError({ sqlstate: "42704", message: `constraint "${name}" of domain "${domain}" does not exist` });

/** Columns of the domain, or of a domain over it. */
function* columnsOf(context: DefinitionContext, domain: Oid): Generator<{ table: TableObject; column: string; type: Oid }> {
  for (const object of context.snapshot.objects()) {
    if (object.class !== "table") continue;
    for (const attribute of object.attributes)
      if (!attribute.dropped && isOver(context, attribute.type, domain))
        yield { table: object, column: attribute.name, type: attribute.type };
  }
}
function isOver(context: DefinitionContext, type: Oid, domain: Oid): boolean {
  for (let at = type; ; ) {
    if (at === domain) return true;
    const base = context.registry.typeByOid(at)?.base?.type;
    if (base === undefined) return false;
    at = base;
  }
}

function checkColumns(context: DefinitionContext, domain: Oid, onlyNulls: boolean): void {
  for (const { table, column, type } of columnsOf(context, domain)) {
    const quoted = `"${column.replaceAll('"', '""')}"`;
    const violates = (message: string, sqlstate: string) =>
      new DbError({
        sqlstate,
        message: `column "${column}" of table "${table.name}" ${message}`,
        schema: context.schemaName(table.schema),
        table: table.name,
        column,
      });
    if (onlyNulls) {
      if (context.query(`SELECT 1 FROM ONLY ${context.sqlName(table)} WHERE ${quoted} IS NULL`, 1).length > 0)
        throw violates("contains null values", "23502");
      continue;
    }
    const service = routineService(context.session, context.statementContext());
    for (const [value] of context.query(`SELECT ${quoted} FROM ONLY ${context.sqlName(table)}`)) {
      try {
        service.checkDomain(type, value ?? null);
      } catch (error) {
        if (error instanceof DbError && error.sqlstate === "23514")
          throw violates("contains values that violate the new constraint", "23514");
        throw error;
      }
    }
  }
}
