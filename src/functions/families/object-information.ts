/** What functions tell of types, functions, operators and other objects: visibility, arguments, descriptions, keywords. */
import {
  type Datum,
  DbError,
  type FormatContext,
  type FunctionSignature,
  invalidParameter,
  notSupported,
  type Oid,
  type OperatorSignature,
  RowValue,
  TypeOid,
} from "../../types/index.js";
import { catalogOf, quoteIdentifier, splitName } from "../catalog-service.js";
import { actualVersion } from "../collation/collator.js";
import { knownConversions } from "../facts/conversions.js";
import { keywordFacts } from "../facts/keywords.js";
import { knownFunctions } from "../facts/known-functions.js";
import { knownOperators } from "../facts/known-operators.js";
import { knownTypes } from "../facts/known-types.js";
import { type FunctionRegistry, type ScalarBody, type SetBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { argumentsOf, definitionOf, resultOf } from "./function-text.js";
import { formatType } from "./system.js";

const withRegistry = (make: (registry: FunctionRegistry) => ScalarBody) => new TypedBody<ScalarBody>((_call, registry) => make(registry));

export function functionByOid(registry: FunctionRegistry, oid: Oid): FunctionSignature | undefined {
  if (oid === 0) return undefined;
  const known = knownFunctions().get(oid);
  // The registry's own signature says more, of ordered-set aggregates.
  if (known !== undefined) return registry.functionById(known.id) ?? known;
  for (const signature of registry.functions()) if (signature.oid === oid) return signature;
  return undefined;
}
export function operatorByOid(registry: FunctionRegistry, oid: Oid): OperatorSignature | undefined {
  for (const operator of registry.operators()) if (operator.oid === oid) return operator;
  return knownOperators().find((operator) => operator.oid === oid);
}
const sameTypes = (a: readonly Oid[], b: readonly Oid[]) => a.length === b.length && a.every((type, i) => type === b[i]);
/** Whether a name alone finds what is in `schema`: that is in the search path, and none of the `same` comes before. */
function isFirstInPath(context: FormatContext, schema: string, same: readonly { readonly schema: string }[]): boolean {
  const path = catalogOf(context)?.currentSchemas(true) ?? ["pg_catalog"];
  const place = path.indexOf(schema);
  return place >= 0 && !same.some((other) => path.slice(0, place).includes(other.schema));
}

const CLASS = { relation: 1259, type: 1247, function: 1255, schema: 2615, role: 1260, constraint: 2606, collation: 3456 } as const;

const words: Readonly<Record<string, string>> = { table: "table", index: "index", view: "view", sequence: "sequence" };

/** Catalogs of objects that only definitions know: constraints, casts, operators, policies, extended statistics. */
const described: ReadonlySet<Oid> = new Set([2606, 2605, 2617, 3256, 3381]);

/** pg_describe_object; null where there is no such object. */
function describe(registry: FunctionRegistry): ScalarBody {
  return (context, catalogOid: Oid, oid: Oid, sub: number): Datum => {
    const catalog = catalogOf(context);
    switch (catalogOid) {
      case CLASS.relation: {
        const facts = catalog?.relationFacts(oid);
        if (facts === undefined) return null;
        const name = `${words[facts.kind] ?? facts.kind} ${catalog?.relationName(oid)}`;
        return sub === 0 ? name : `column ${quoteIdentifier(catalog?.columnName(oid, sub) ?? "")} of ${name}`;
      }
      case CLASS.type:
        return registry.typeByOid(oid) === undefined ? null : `type ${formatType(registry, oid, null)}`;
      case CLASS.function: {
        const signature = functionByOid(registry, oid);
        if (signature === undefined) return null;
        return `function ${quoteIdentifier(signature.name)}(${signature.argTypes.map((type) => formatType(registry, type, null)).join(",")})`;
      }
      case CLASS.schema: {
        const name = catalog?.namespaceName(oid);
        return name === undefined ? null : `schema ${quoteIdentifier(name)}`;
      }
      case CLASS.collation: {
        const name = catalog?.collationName(oid);
        return name === undefined ? null : `collation ${name}`;
      }
      case CLASS.role: {
        const name = catalog?.roleName(oid);
        return name === undefined ? null : `role ${quoteIdentifier(name)}`;
      }
      default:
        if (described.has(catalogOid)) return catalog?.describeObject?.(oid) ?? null;
        throw invalidParameter(`unsupported object class: ${catalogOid}`);
    }
  };
}

/** pg_identify_object: type, schema, name, identity. */
function identify(registry: FunctionRegistry): ScalarBody {
  return (context, catalogOid: Oid, oid: Oid, sub: number): Datum => {
    const row = (...fields: readonly Datum[]) =>
      new RowValue(fields, [TypeOid.text, TypeOid.text, TypeOid.text, TypeOid.text], ["type", "schema", "name", "identity"]);
    const catalog = catalogOf(context);
    if (catalogOid === CLASS.relation) {
      const facts = catalog?.relationFacts(oid);
      if (facts === undefined) return row(null, null, null, null);
      const path = `${quoteIdentifier(facts.schema)}.${quoteIdentifier(facts.name)}`;
      if (sub === 0) return row(facts.kind, facts.schema, quoteIdentifier(facts.name), path);
      return row(
        `${facts.kind} column`,
        facts.schema,
        quoteIdentifier(facts.name),
        `${path}.${quoteIdentifier(catalog?.columnName(oid, sub) ?? "")}`,
      );
    }
    if (catalogOid === CLASS.type) {
      const type = registry.typeByOid(oid);
      return type === undefined
        ? row(null, null, null, null)
        : row("type", "pg_catalog", quoteIdentifier(type.name), formatType(registry, oid, null));
    }
    if (catalogOid === CLASS.collation) {
      const facts = catalog?.collationFacts(oid);
      if (facts === undefined) return row(null, null, null, null);
      const [schema, name] = [quoteIdentifier(catalog?.namespaceName(facts.schema) ?? ""), quoteIdentifier(facts.name)];
      return row("collation", schema, name, `${schema}.${name}`);
    }
    if (catalogOid === CLASS.schema) {
      const name = catalog?.namespaceName(oid);
      return name === undefined ? row(null, null, null, null) : row("schema", null, quoteIdentifier(name), quoteIdentifier(name));
    }
    throw invalidParameter(`unsupported object class: ${catalogOid}`);
  };
}

const scalars: Record<string, ScalarBody | TypedBody<ScalarBody>> = {
  pg_type_is_visible: withRegistry((registry) => (_c, oid: Oid): Datum => {
    const type = registry.typeByOid(oid);
    // Types that no value has here are PostgreSQL's own, and nothing hides them.
    if (type === undefined) return knownTypes.some((known) => known.oid === oid) ? true : null;
    return registry.typeByName(type.name)?.oid === oid;
  }),
  pg_function_is_visible: withRegistry((registry) => (c, oid: Oid): Datum => {
    const signature = functionByOid(registry, oid);
    if (signature === undefined) return null;
    const same = registry.functionsByName(signature.name).filter((other) => sameTypes(other.argTypes, signature.argTypes));
    return isFirstInPath(c, signature.schema, same);
  }),
  pg_operator_is_visible: withRegistry((registry) => (c, oid: Oid): Datum => {
    const operator = operatorByOid(registry, oid);
    if (operator === undefined) return null;
    const { name, left, right } = operator;
    return isFirstInPath(
      c,
      operator.schema,
      [...registry.operators()].filter((other) => other.name === name && other.left === left && other.right === right),
    );
  }),
  // Of these there are only those that come with the server, and their schema is always searched.
  pg_opclass_is_visible: () => true,
  pg_opfamily_is_visible: () => true,
  pg_collation_is_visible: (c, oid: Oid): Datum => {
    const name = catalogOf(c)?.collationName(oid);
    return name === undefined ? null : splitName(name).length === 1;
  },
  pg_collation_actual_version: (c, oid: Oid): Datum => {
    const facts = catalogOf(c)?.collationFacts(oid);
    if (facts === undefined) throw new DbError({ sqlstate: "42704", message: `collation with OID ${oid} does not exist` });
    return actualVersion(facts.icuLocale);
  },
  // Every locale that there is has its collation from the start.
  pg_import_system_collations: () => 0,
  pg_conversion_is_visible: (_c, oid: Oid) => (knownConversions().some((known) => known.oid === oid) ? true : null),
  pg_statistics_obj_is_visible: () => null,
  pg_ts_config_is_visible: () => null,
  pg_ts_dict_is_visible: () => null,
  pg_ts_parser_is_visible: () => null,
  pg_ts_template_is_visible: () => null,
  pg_get_function_arguments: withRegistry((registry) => (c, oid: Oid): Datum => {
    const own = catalogOf(c)?.routineText?.(oid, "arguments");
    if (own !== undefined) return own;
    const signature = functionByOid(registry, oid);
    return signature === undefined ? null : argumentsOf(registry, signature, false);
  }),
  pg_get_function_identity_arguments: withRegistry((registry) => (c, oid: Oid): Datum => {
    const own = catalogOf(c)?.routineText?.(oid, "identity");
    if (own !== undefined) return own;
    const signature = functionByOid(registry, oid);
    return signature === undefined ? null : argumentsOf(registry, signature, true);
  }),
  "pg_get_function_result(oid)": withRegistry((registry) => (c, oid: Oid): Datum => {
    const own = catalogOf(c)?.routineText?.(oid, "result");
    if (own !== undefined) return own;
    const signature = functionByOid(registry, oid);
    return signature === undefined ? null : resultOf(registry, signature);
  }),
  pg_get_functiondef: withRegistry((registry) => (c, oid: Oid): Datum => {
    const own = catalogOf(c)?.routineText?.(oid, "definition");
    if (own !== undefined) return own;
    const signature = functionByOid(registry, oid);
    return signature === undefined ? null : definitionOf(registry, signature);
  }),
  pg_describe_object: withRegistry(describe),
  pg_identify_object: withRegistry(identify),
  // The binder knows the collation (sql/binder/collate-expression.ts); this is for its signature.
  pg_collation_for: () => {
    throw notSupported("COLLATION FOR here");
  },
};

const categories: Readonly<Record<string, string>> = {
  U: "unreserved",
  C: "unreserved (cannot be function or type name)",
  T: "reserved (can be function or type name)",
  R: "reserved",
};
const sets: Record<string, SetBody> = {
  *pg_get_keywords() {
    const rows = keywordFacts
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [kind = "", ...list] = line.split(" ");
        const bare = kind[1] === "t";
        return list.map((word): Datum[] => [
          word,
          kind[0] as string,
          bare,
          categories[kind[0] as string] ?? "",
          bare ? "can be bare label" : "requires AS",
        ]);
      });
    yield* rows.sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1));
  },
};

export const objectInformationFamily: Family = { scalars, sets };
