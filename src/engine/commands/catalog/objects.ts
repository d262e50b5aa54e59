/** Objects as statements name them: found by kind, name and argument types, with PostgreSQL's words when they are not there. */
import type { CatalogObject, FunctionObject, OperatorObject } from "../../../catalog/index.js";
import { collationText, findCollation, isSystemIndex, PG_CATALOG_OID, quoteIdentifier } from "../../../catalog/index.js";
import { inputParameters } from "../../../functions/index.js";
import type { ObjectReference } from "../../../plan/index.js";
import {
  columnMissing,
  DbError,
  FIRST_USER_OID,
  noSuchRole,
  notSupported,
  type Oid,
  objectMissing,
  systemObjectProtected,
  wrongRelationKind,
} from "../../../types/index.js";
import { type DefinitionContext, displayName } from "../context.js";
import { absentNotice, absentObject, isAbsentKind } from "./absent-objects.js";
import { noConstraint, requireDomain } from "./domain.js";
import { policyMissing } from "./policy.js";
import { findStatistics, statisticsMissing } from "./statistics.js";
import { findType, notADomain } from "./type-names.js";

export interface FoundObject {
  readonly object: CatalogObject;
  /** Column or attribute number; 0: the object itself. */
  readonly attribute: number;
  /** OID that a comment belongs to, where it is not the object's: a domain's constraint. */
  readonly part?: Oid;
}
const whole = (object: CatalogObject): FoundObject => ({ object, attribute: 0 });
const wrongKind = (message: string, hint?: string) => new DbError({ sqlstate: "42809", message, ...(hint === undefined ? {} : { hint }) });
const articles: Readonly<Record<string, string>> = {
  table: "a table",
  index: "an index",
  view: "a view",
  sequence: "a sequence",
  "foreign table": "a foreign table",
  matview: "a materialized view",
};

/** undefined: there is none (the caller says so, or skips). */
export function findObject(context: DefinitionContext, ref: ObjectReference): FoundObject | undefined {
  const { snapshot } = context;
  switch (ref.kind) {
    case "table":
    case "index":
    case "view":
    case "sequence":
    case "matview": {
      const relation = context.find(ref.name);
      if (relation === undefined) return undefined;
      if (relation.class === "system" || isSystemIndex(relation)) throw systemObjectProtected(relation.name);
      const kind: string = relation.class;
      const isMatview = relation.class === "table" && relation.materialized !== undefined;
      if (ref.kind === "matview" ? !isMatview : isMatview || kind !== ref.kind)
        throw wrongRelationKind(relation.name, articles[ref.kind] ?? ref.kind);
      return whole(relation);
    }
    case "type":
    case "domain": {
      const builtIn = context.registry.typeByName(ref.name.name, ref.name.schema);
      const type = findType(context, ref.name);
      if (type === undefined) {
        if (builtIn === undefined) return undefined;
        const relation = context.find(ref.name);
        if (relation !== undefined && relation.class !== "system" && ref.kind === "type") return whole(relation);
        if (ref.kind === "domain") throw notADomain(builtIn.displayName);
        throw new DbError({
          sqlstate: "2BP01",
          message: `cannot drop type ${builtIn.displayName} because it is required by the database system`,
        });
      }
      if (ref.kind === "domain" && type.kind !== "domain") throw notADomain(type.name);
      return whole(type);
    }
    case "domconstraint": {
      const domain = requireDomain(context, ref.name);
      const check = domain.checks.find((c) => c.name === ref.part);
      if (check === undefined) throw noConstraint(ref.part ?? "", domain.name);
      return { object: domain, attribute: 0, part: check.oid };
    }
    case "attribute": {
      const type = findType(context, ref.name);
      if (type?.kind !== "composite") return undefined;
      const attribute = type.attributes.find((a) => !a.dropped && a.name === ref.part);
      if (attribute === undefined) throw columnMissing(ref.part ?? "", type.name);
      return { object: type, attribute: attribute.number };
    }
    case "column": {
      const type = context.find(ref.name) === undefined ? findType(context, ref.name) : undefined;
      if (type?.kind === "composite") {
        const attribute = type.attributes.find((a) => !a.dropped && a.name === ref.part);
        if (attribute === undefined) throw columnMissing(ref.part ?? "", type.name);
        return { object: type, attribute: attribute.number };
      }
      const relation = context.relation(ref.name);
      const number =
        relation.class === "view"
          ? relation.columns.findIndex((c) => c.name === ref.part) + 1
          : relation.class === "table"
            ? (relation.attributes.find((a) => !a.dropped && a.name === ref.part)?.number ?? 0)
            : -1;
      if (number < 0) throw wrongRelationKind(relation.name, "a table");
      if (number === 0) throw columnMissing(ref.part ?? "", relation.name);
      return { object: relation, attribute: number };
    }
    case "trigger":
    case "rule":
    case "event trigger":
    case "publication":
    case "subscription":
    case "foreign server":
    case "fdw":
    case "foreign table":
    case "conversion":
      return undefined;
    case "statistics": {
      const found = findStatistics(context, ref.name.schema, ref.name.name);
      return found === undefined ? undefined : whole(found);
    }
    case "policy": {
      if (context.find(ref.name) === undefined) return undefined;
      const policy = snapshot.policiesOf(context.table(ref.name).oid).find((p) => p.name === ref.part);
      return policy === undefined ? undefined : whole(policy);
    }
    case "tabconstraint": {
      const table = context.table(ref.name);
      const constraint = snapshot.constraintsOf(table.oid).find((c) => c.name === ref.part);
      if (constraint === undefined)
        throw new DbError({ sqlstate: "42704", message: `constraint "${ref.part}" for table "${table.name}" does not exist` });
      return whole(constraint);
    }
    case "function":
    case "procedure":
    case "routine":
    case "aggregate": {
      const found = isBuiltInRoutine(context, ref) ? undefined : findRoutine(context, ref);
      return found === undefined ? undefined : whole(found);
    }
    case "operator": {
      const found = findOperatorObject(context, ref);
      return found === undefined ? undefined : whole(found);
    }
    case "collation":
      return collationObject(context, ref);
    case "cast": {
      const [source, target] = ref.args ?? [];
      const found = snapshot.casts.find((c) => c.source === source && c.target === target);
      return found === undefined ? undefined : whole(found);
    }
    case "schema": {
      const schema = snapshot.schema(ref.name.name);
      return schema === undefined ? undefined : whole(schema);
    }
    case "database": {
      const database = snapshot.database(ref.name.name);
      return database === undefined ? undefined : whole(database);
    }
    case "extension": {
      const extension = snapshot.extension(ref.name.name);
      return extension === undefined ? undefined : whole(extension);
    }
    case "role": {
      const role = snapshot.role(ref.name.name);
      return role === undefined ? undefined : whole(role);
    }
    default:
      throw notSupported(`a statement about a ${ref.kind}`);
  }
}

/** One of PostgreSQL's own cannot be changed. */
function collationObject(context: DefinitionContext, ref: ObjectReference): FoundObject | undefined {
  const found = findCollation(context.catalog, ref.name.schema, ref.name.name);
  if (found !== undefined && found.schema === PG_CATALOG_OID)
    throw new DbError({
      sqlstate: "2BP01",
      message: `cannot drop collation ${collationText(context.catalog, found.oid)} because it is required by the database system`,
    });
  return found === undefined ? undefined : whole(found);
}

export function requireObject(context: DefinitionContext, ref: ObjectReference): FoundObject {
  if (ref.name.schema !== undefined && ref.kind !== "cast") context.schema(ref.name.schema);
  refuseBuiltIn(context, ref);
  const found = findObject(context, ref);
  if (found === undefined) throw missingObject(context, ref);
  return found;
}

/** What comes with the server has no object that could be changed, granted on or commented. */
function refuseBuiltIn(context: DefinitionContext, ref: ObjectReference): void {
  const { name, schema } = ref.name;
  if (schema !== undefined && schema !== "pg_catalog") return;
  if (ref.kind === "type") {
    const builtIn = context.registry.typeByName(name, schema);
    if (builtIn !== undefined && builtIn.oid < FIRST_USER_OID) throw notSupported(`changing the built-in type ${builtIn.displayName}`);
    return;
  }
  if (isBuiltInRoutine(context, ref)) throw notSupported(`changing the built-in ${ref.kind} ${name}`);
}

export function isBuiltInRoutine(context: DefinitionContext, ref: ObjectReference): boolean {
  if (ref.kind !== "function" && ref.kind !== "aggregate" && ref.kind !== "routine") return false;
  const { name, schema } = ref.name;
  if (schema !== undefined && schema !== "pg_catalog") return false;
  const { args } = ref;
  const own = context.snapshot.functionsNamed(name);
  if (args === undefined && own.length > 0) return false;
  if (schema === undefined && args !== undefined) {
    // The search path meets PostgreSQL's first, unless it names pg_catalog later.
    const path = context.catalog.searchPath;
    const before = path.slice(0, path.indexOf(PG_CATALOG_OID));
    const hides = (f: FunctionObject): boolean =>
      before.includes(f.schema) &&
      sameTypes(
        inputParameters(f).map((p) => p.type),
        args,
      );
    if (own.some(hides)) return false;
  }
  return context.registry
    .functionsByName(name)
    .some((f) => f.schema === "pg_catalog" && f.oid < FIRST_USER_OID && (args === undefined || sameTypes(f.argTypes, args)));
}

const typesText = (context: DefinitionContext, args: readonly Oid[]): string =>
  args.map((oid) => (oid === 0 ? "NONE" : (context.registry.typeByOid(oid)?.displayName ?? "???"))).join(", ");

export function missingObject(context: DefinitionContext, ref: ObjectReference): DbError {
  if (isAbsentKind(ref.kind)) return absentObject(context, ref);
  const name = displayName(ref.name);
  switch (ref.kind) {
    case "function":
    case "procedure":
    case "routine":
    case "aggregate": {
      const kind = ref.kind === "routine" ? "function" : ref.kind;
      if (isBuiltInRoutine(context, ref))
        return new DbError({
          sqlstate: "2BP01",
          message: `cannot drop function ${name}(${typesText(context, ref.args ?? [])}) because it is required by the database system`,
        });
      if (ref.args === undefined)
        return new DbError({
          sqlstate: "42883",
          message: `could not find a ${ref.kind === "routine" ? "function" : ref.kind} named "${name}"`,
        });
      const args = ref.kind === "aggregate" && ref.args.length === 0 ? "*" : typesText(context, ref.args);
      return new DbError({ sqlstate: "42883", message: `${kind} ${name}(${args}) does not exist` });
    }
    case "operator":
      return new DbError({ sqlstate: "42883", message: `operator does not exist: ${operatorText(context, ref)}` });
    case "cast": {
      const [source = 0, target = 0] = ref.args ?? [];
      return new DbError({
        sqlstate: "42704",
        message: `cast from type ${typesText(context, [source])} to type ${typesText(context, [target])} does not exist`,
      });
    }
    case "type":
    case "domain":
      return new DbError({ sqlstate: "42704", message: `type "${name}" does not exist` });
    case "role":
      return noSuchRole(name);
    case "statistics":
      return statisticsMissing(name);
    case "policy":
      if (context.find(ref.name) === undefined) return new DbError({ sqlstate: "42P01", message: `relation "${name}" does not exist` });
      return policyMissing(ref.part ?? "", ref.name.name);
    case "attribute":
    case "table":
    case "view":
    case "index":
    case "sequence":
    case "matview":
      return new DbError({ sqlstate: "42P01", message: `relation "${name}" does not exist` });
    case "collation":
      return new DbError({ sqlstate: "42704", message: `collation "${name}" for encoding "UTF8" does not exist` });
    case "database":
      return new DbError({ sqlstate: "3D000", message: `database "${name}" does not exist` });
    default:
      return objectMissing(ref.kind, name);
  }
}
function operatorText(context: DefinitionContext, ref: ObjectReference): string {
  const [left = 0, right = 0] = ref.args ?? [];
  const name = displayName(ref.name);
  return left === 0 ? `${name} ${typesText(context, [right])}` : `${typesText(context, [left])} ${name} ${typesText(context, [right])}`;
}

/** "…, skipping" of DROP … IF EXISTS. */
export function skippedNotice(context: DefinitionContext, ref: ObjectReference): string {
  if (ref.name.schema !== undefined && ref.kind !== "cast" && context.catalog.schemaByName(ref.name.schema) === undefined)
    return `schema "${ref.name.schema}" does not exist, skipping`;
  if (ref.missingType !== undefined)
    return ref.missingType.startsWith("schema ")
      ? `schema "${ref.missingType.slice(7)}" does not exist, skipping`
      : `type "${ref.missingType}" does not exist, skipping`;
  if (isAbsentKind(ref.kind)) return absentNotice(context, ref);
  const name = displayName(ref.name);
  switch (ref.kind) {
    case "function":
    case "procedure":
    case "routine":
    case "aggregate":
      return `${ref.kind} ${name}(${(ref.argNames ?? []).join(",")}) does not exist, skipping`;
    case "operator":
      return `operator ${name} does not exist, skipping`;
    case "cast": {
      const [source = "", target = ""] = ref.argNames ?? [];
      return `cast from type ${source} to type ${target} does not exist, skipping`;
    }
    case "type":
    case "domain":
      return `type "${name}" does not exist, skipping`;
    case "statistics":
      return `statistics object "${name}" does not exist, skipping`;
    case "policy":
      return context.find(ref.name) === undefined
        ? `relation "${name}" does not exist, skipping`
        : `policy "${ref.part}" for relation "${name}" does not exist, skipping`;
    default:
      return `${ref.kind} "${name}" does not exist, skipping`;
  }
}

// ---- routines and operators

const kindFits = (wanted: string, kind: FunctionObject["kind"]): boolean =>
  wanted === "routine" || wanted === kind || (wanted === "function" && kind === "aggregate");

export function findRoutine(context: DefinitionContext, ref: ObjectReference): FunctionObject | undefined {
  const named = context.snapshot.functionsNamed(ref.name.name);
  const schemas = ref.name.schema === undefined ? context.catalog.searchPath : [context.catalog.schemaByName(ref.name.schema)?.oid ?? 0];
  const name = displayName(ref.name);
  if (ref.args === undefined) {
    const found = schemas
      .flatMap((schema) => named.filter((f) => f.schema === schema))
      .filter((f) => kindFits(ref.kind, f.kind) || named.length === 1);
    if (found.length > 1)
      throw new DbError({
        sqlstate: "42725",
        message: `${ref.kind} name "${name}" is not unique`,
        hint: `Specify the argument list to select the ${ref.kind} unambiguously.`,
      });
    const only = found[0];
    if (only !== undefined) requireRoutineKind(context, ref, only);
    return only;
  }
  const args = ref.args;
  for (const schema of schemas) {
    const candidates = named.filter((f) => f.schema === schema);
    const fits = (types: readonly Oid[]): boolean => types.length === args.length && types.every((t, i) => t === args[i]);
    const found =
      candidates.find((f) => fits(inputParameters(f).map((p) => p.type))) ??
      // A procedure may be named with its OUT parameters too.
      candidates.find((f) => f.kind === "procedure" && fits(f.parameters.map((p) => p.type)));
    if (found !== undefined) {
      requireRoutineKind(context, ref, found);
      return found;
    }
  }
  return undefined;
}
function requireRoutineKind(context: DefinitionContext, ref: ObjectReference, found: FunctionObject): void {
  const signature = `${displayName(ref.name)}(${typesText(
    context,
    inputParameters(found).map((p) => p.type),
  )})`;
  if (ref.kind === "aggregate" && found.kind !== "aggregate") throw wrongKind(`function ${signature} is not an aggregate`);
  if (ref.kind === "procedure" && found.kind !== "procedure") throw wrongKind(`${signature} is not a procedure`);
  if (ref.kind === "function" && found.kind === "procedure") throw wrongKind(`${signature} is not a function`);
}

export function findOperatorObject(context: DefinitionContext, ref: ObjectReference): OperatorObject | undefined {
  const [left = 0, right = 0] = ref.args ?? [];
  const schemas = ref.name.schema === undefined ? context.catalog.searchPath : [context.catalog.schemaByName(ref.name.schema)?.oid ?? 0];
  const named = context.snapshot.operatorsNamed(ref.name.name);
  for (const schema of schemas) {
    const found = named.find((o) => o.schema === schema && o.left === left && o.right === right);
    if (found !== undefined) return found;
  }
  return undefined;
}

// ---- descriptions (getObjectDescription)

const visibleInPath = (context: DefinitionContext, schema: Oid, isFirst: (candidate: Oid) => boolean): boolean => {
  for (const candidate of context.catalog.searchPath) {
    if (candidate === schema) return true;
    if (isFirst(candidate)) return false;
  }
  return false;
};
const qualify = (context: DefinitionContext, visible: boolean, schema: Oid, name: string): string =>
  visible ? name : `${quoteIdentifier(context.schemaName(schema))}.${name}`;

/** format_procedure: `f(integer,text)`, qualified unless the path finds this one. */
export function routineText(context: DefinitionContext, object: FunctionObject): string {
  const types = inputParameters(object).map((p) => p.type);
  const visible = visibleInPath(context, object.schema, (candidate) =>
    context.snapshot.functionsNamed(object.name).some(
      (f) =>
        f.schema === candidate &&
        f.oid !== object.oid &&
        sameTypes(
          inputParameters(f).map((p) => p.type),
          types,
        ),
    ),
  );
  const args = types.map((oid) => context.registry.typeByOid(oid)?.displayName ?? "???").join(",");
  return `${qualify(context, visible, object.schema, quoteIdentifier(object.name))}(${args})`;
}
export const sameTypes = (a: readonly Oid[], b: readonly Oid[]): boolean => a.length === b.length && a.every((t, i) => t === b[i]);

export function operatorObjectText(context: DefinitionContext, object: OperatorObject): string {
  const visible = visibleInPath(context, object.schema, () => false);
  const type = (oid: Oid) => (oid === 0 ? "NONE" : (context.registry.typeByOid(oid)?.displayName ?? "???"));
  return `${qualify(context, visible, object.schema, object.name)}(${type(object.left)},${type(object.right)})`;
}

/** undefined: a class that is described elsewhere. */
export function describeUserObject(context: DefinitionContext, object: CatalogObject, attribute = 0): string | undefined {
  const typeName = (oid: Oid) => context.registry.typeByOid(oid)?.displayName ?? "???";
  switch (object.class) {
    case "type": {
      const name = object.kind === "shell" ? object.name : typeName(object.oid);
      if (attribute !== 0 && object.kind === "composite")
        return `column ${object.attributes[attribute - 1]?.name} of composite type ${name}`;
      return `type ${name}`;
    }
    case "function":
      return `function ${routineText(context, object)}`;
    case "operator":
      return `operator ${operatorObjectText(context, object)}`;
    case "cast":
      return `cast from ${typeName(object.source)} to ${typeName(object.target)}`;
    case "collation":
      return `collation ${collationText(context.catalog, object.oid)}`;
    case "role":
      return `role ${object.name}`;
    case "statistics": {
      const visible = visibleInPath(context, object.schema, (s) => context.snapshot.statisticsNamed(s, object.name) !== undefined);
      return `statistics object ${qualify(context, visible, object.schema, quoteIdentifier(object.name))}`;
    }
    case "policy": {
      const table = context.snapshot.relationByOid(object.table);
      return `policy ${object.name} on table ${table === undefined ? "" : context.visibleName(table)}`;
    }
    default:
      return undefined;
  }
}
