/** Objects by the OIDs that dependencies name them with: pg_get_object_address and pg_identify_object_as_address, each the other's inverse. */
import { ArrayValue, type Datum, DbError, invalidParameter, notSupported, type Oid, RowValue, TypeOid } from "../../types/index.js";
import { type CatalogService, catalogOf, quoteIdentifier } from "../catalog-service.js";
import { type EvaluationContext, type FunctionRegistry, type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { functionByOid } from "./object-information.js";
import { formatType } from "./system.js";

const CLASS = { relation: 1259, type: 1247, function: 1255, schema: 2615, role: 1260, database: 1262 } as const;
const relationKinds: ReadonlySet<string> = new Set(["table", "index", "sequence", "view", "materialized view"]);
/** PostgreSQL's other kinds, of which Orrery gives no address. */
const otherKinds: ReadonlySet<string> = new Set(
  (
    "toast table,composite type,foreign table,index column,sequence column,toast table column,view column,materialized view column,composite type column," +
    "foreign table column,aggregate,procedure,cast,collation,table constraint,domain constraint,conversion,default value,language,large object," +
    "operator,operator class,operator family,access method,operator of access method,function of access method,rule,trigger,text search parser," +
    "text search dictionary,text search template,text search configuration,database,tablespace,foreign-data wrapper,server,user mapping," +
    "default acl,extension,event trigger,parameter ACL,policy,publication,publication namespace,publication relation,subscription,transform,statistics object,domain"
  ).split(","),
);

function texts(array: ArrayValue): string[] {
  if (array.elements.includes(null)) throw nullName();
  return array.elements as string[];
}
const nullName = () => invalidParameter("name or argument lists may not contain nulls");
const quoted = (parts: readonly string[]) => parts.map(quoteIdentifier).join(".");

function relationAddress(catalog: CatalogService, kind: string, path: readonly string[]): Oid {
  const oid = catalog.relationByName(path);
  const facts = oid === undefined ? undefined : catalog.relationFacts(oid);
  if (oid === undefined || facts === undefined)
    throw new DbError({ sqlstate: "42P01", message: `relation "${path.join(".")}" does not exist` });
  if (facts.kind !== kind) {
    const article = /^[aeiou]/.test(kind) ? "an" : "a";
    throw new DbError({ sqlstate: "42809", message: `"${facts.name}" is not ${article} ${kind}` });
  }
  return oid;
}
function columnAddress(catalog: CatalogService, path: readonly string[]): readonly [Oid, number] {
  if (path.length < 2) throw new DbError({ sqlstate: "42601", message: "column name must be qualified" });
  const relation = relationAddress(catalog, "table", path.slice(0, -1));
  const column = path.at(-1) as string;
  const number = catalog.columnNumber(relation, column);
  if (number === undefined)
    throw new DbError({ sqlstate: "42703", message: `column "${column}" of relation "${path.slice(0, -1).join(".")}" does not exist` });
  return [relation, number];
}
function requireOne(path: readonly string[]): string {
  if (path.length !== 1) throw invalidParameter("name list length must be exactly 1");
  return path[0] as string;
}

/** @throws DbError what the kind's own lookup says; 0A000 for a kind that has no addresses here */
function addressOf(
  context: EvaluationContext,
  registry: FunctionRegistry,
  kind: string,
  path: readonly string[],
  args: readonly string[],
): readonly [classOid: Oid, oid: Oid, sub: number] {
  const catalog = catalogOf(context);
  const isKnown = relationKinds.has(kind) || ["table column", "type", "function", "schema", "role"].includes(kind);
  if (!isKnown && !otherKinds.has(kind)) throw invalidParameter(`unrecognized object type "${kind}"`);
  if (!isKnown || catalog === undefined) throw notSupported(`the address of a ${kind}`);
  if (path.length === 0) throw invalidParameter("name list length must be at least 1");
  const read = (type: Oid, text: string): Oid => registry.typeByOid(type)?.input(text, -1, context) as Oid;
  switch (kind) {
    case "schema":
      return [CLASS.schema, read(TypeOid.regnamespace, quoteIdentifier(requireOne(path))), 0];
    case "role":
      return [CLASS.role, read(TypeOid.regrole, quoteIdentifier(requireOne(path))), 0];
    case "type":
      // The one name is a type as a declaration has it, not an identifier.
      return [CLASS.type, read(TypeOid.regtype, requireOne(path)), 0];
    case "function":
      return [CLASS.function, read(TypeOid.regprocedure, `${quoted(path)}(${args.join(",")})`), 0];
    case "table column":
      return [CLASS.relation, ...columnAddress(catalog, path)];
    default:
      return [CLASS.relation, relationAddress(catalog, kind, path), 0];
  }
}

interface Address {
  readonly kind: string;
  /** undefined: there is no such object. */
  readonly names?: readonly string[] | undefined;
  readonly args?: readonly string[];
}
function identityOf(context: EvaluationContext, registry: FunctionRegistry, classOid: Oid, oid: Oid, sub: number): Address {
  const catalog = catalogOf(context);
  switch (classOid) {
    case CLASS.relation: {
      const facts = catalog?.relationFacts(oid);
      if (facts === undefined) return { kind: "relation" };
      const names = [facts.schema, facts.name];
      if (sub === 0) return { kind: facts.kind, names };
      const column = catalog?.columnName(oid, sub);
      return { kind: `${facts.kind} column`, names: column === undefined ? undefined : [...names, column] };
    }
    case CLASS.type:
      return { kind: "type", names: registry.typeByOid(oid) === undefined ? undefined : [formatType(registry, oid, null)] };
    case CLASS.function: {
      const signature = functionByOid(registry, oid);
      if (signature === undefined) return { kind: "routine" };
      const args = signature.argTypes.map((type) => qualifiedType(registry, type));
      return { kind: "function", names: [signature.schema, signature.name], args };
    }
    case CLASS.schema: {
      const name = catalog?.namespaceName(oid);
      return { kind: "schema", names: name === undefined ? undefined : [name] };
    }
    case CLASS.role: {
      const name = catalog?.roleName(oid);
      return { kind: "role", names: name === undefined ? undefined : [name] };
    }
    default:
      throw notSupported(`the address of an object of class ${classOid}`);
  }
}
/** The standard's own names stand without a schema, as format_type_be_qualified has it. */
function qualifiedType(registry: FunctionRegistry, oid: Oid): string {
  const shown = formatType(registry, oid, null);
  const type = registry.typeByOid(oid);
  return type !== undefined && shown === type.name ? `pg_catalog.${quoteIdentifier(shown)}` : shown;
}

const withRegistry = (make: (registry: FunctionRegistry) => ScalarBody) => new TypedBody<ScalarBody>((_call, registry) => make(registry));
const textArray = (values: readonly string[]) => new ArrayValue(TypeOid.text, values);
const scalars: Record<string, TypedBody<ScalarBody>> = {
  pg_get_object_address: withRegistry((registry) => (context, kind: string, names: ArrayValue, args: ArrayValue): Datum => {
    const address = addressOf(context, registry, kind, texts(names), texts(args));
    return new RowValue([...address], [TypeOid.oid, TypeOid.oid, TypeOid.int4], ["classid", "objid", "objsubid"]);
  }),
  pg_identify_object_as_address: withRegistry((registry) => (context, classOid: Oid, oid: Oid, sub: number): Datum => {
    const { kind, names, args = [] } = identityOf(context, registry, classOid, oid, sub);
    const fields = names === undefined ? [kind, null, null] : [kind, textArray(names), textArray(args)];
    return new RowValue(fields, [TypeOid.text, TypeOid.textArray, TypeOid.textArray], ["type", "object_names", "object_args"]);
  }),
};
export const objectAddressFamily: Family = { scalars };
