/** information_schema's views of routines: PostgreSQL's own that are here, and those of the catalog. */
import type { FunctionObject } from "../../src/catalog/index.js";
import { FIRST_USER_OID, type FunctionSignature, type Oid } from "../../src/types/index.js";
import { type TypeNames, typeNames, typeWord } from "./information-schema-types.js";
import { provide, type Source } from "./provider.js";

const yesNo = (value: boolean) => (value ? "YES" : "NO");
const schemaName = (source: Source, oid: Oid) => source.catalog.schemaByOid(oid)?.name ?? null;
export const specificName = (name: string, oid: Oid): string => `${name}_${oid}`;

export function* userRoutines(source: Source): Iterable<FunctionObject> {
  for (const object of source.catalog.objects()) if (object.class === "function") yield object;
}
function* builtInRoutines(source: Source): Iterable<FunctionSignature> {
  for (const f of source.registry.functions()) if (f.oid !== 0 && f.oid < FIRST_USER_OID && f.schema === "pg_catalog") yield f;
}

interface RoutineFacts {
  readonly oid: Oid;
  readonly schema: string | null;
  readonly name: string;
  readonly kind: "FUNCTION" | "PROCEDURE" | null;
  readonly returns: Oid;
  readonly language: string;
  readonly source: string | null;
  readonly isImmutable: boolean;
  readonly isStrict: boolean;
  readonly isDefiner: boolean;
}
function routineRow(source: Source, names: TypeNames, f: RoutineFacts) {
  const isProcedure = f.kind === "PROCEDURE";
  const shown = <T>(value: T): T | null => (isProcedure ? null : value);
  return {
    specific_catalog: source.database,
    specific_schema: f.schema,
    specific_name: specificName(f.name, f.oid),
    routine_catalog: source.database,
    routine_schema: f.schema,
    routine_name: f.name,
    routine_type: f.kind,
    data_type: shown(typeWord(source, f.returns)),
    type_udt_catalog: shown(source.database),
    type_udt_schema: shown(names.schemaOf(f.returns)),
    type_udt_name: shown(source.registry.typeByOid(f.returns)?.name ?? null),
    dtd_identifier: shown("0"),
    routine_body: f.language === "sql" ? "SQL" : "EXTERNAL",
    routine_definition: f.source,
    external_language: f.language.toUpperCase(),
    parameter_style: "GENERAL",
    is_deterministic: yesNo(f.isImmutable),
    sql_data_access: "MODIFIES",
    is_null_call: shown(yesNo(f.isStrict)),
    schema_level_routine: "YES",
    max_dynamic_result_sets: 0,
    security_type: f.isDefiner ? "DEFINER" : "INVOKER",
    as_locator: "NO",
    is_udt_dependent: "NO",
  };
}
provide("information_schema.routines", function* (source) {
  const names = typeNames(source);
  for (const f of builtInRoutines(source))
    yield routineRow(source, names, {
      oid: f.oid,
      schema: f.schema,
      name: f.name,
      kind: f.kind === "aggregate" || f.kind === "window" ? null : "FUNCTION",
      returns: f.returnType,
      language: "internal",
      source: f.kind === "aggregate" ? "aggregate_dummy" : f.name,
      isImmutable: f.volatility === "immutable",
      isStrict: f.strict,
      isDefiner: false,
    });
  for (const f of userRoutines(source))
    yield routineRow(source, names, {
      oid: f.oid,
      schema: schemaName(source, f.schema),
      name: f.name,
      kind: f.kind === "aggregate" ? null : f.kind === "procedure" ? "PROCEDURE" : "FUNCTION",
      returns: f.returnType,
      language: f.body.language === "aggregate" ? "internal" : f.body.language,
      source: f.body.language === "aggregate" ? "aggregate_dummy" : f.body.language === "sql" && f.body.atomic ? "" : f.body.source,
      isImmutable: f.volatility === "immutable",
      isStrict: f.strict,
      isDefiner: f.securityDefiner,
    });
});

const MODES = { in: "IN", out: "OUT", inout: "INOUT", variadic: "IN", table: "OUT" } as const;
provide("information_schema.parameters", function* (source) {
  const names = typeNames(source);
  const row = (schema: string | null, specific: string, i: number, mode: string, name: string, type: Oid, value: string | null) => ({
    specific_catalog: source.database,
    specific_schema: schema,
    specific_name: specific,
    ordinal_position: i + 1,
    parameter_mode: mode,
    is_result: "NO",
    as_locator: "NO",
    parameter_name: name === "" ? null : name,
    data_type: typeWord(source, type),
    udt_catalog: source.database,
    udt_schema: names.schemaOf(type),
    udt_name: source.registry.typeByOid(type)?.name ?? null,
    dtd_identifier: String(i + 1),
    parameter_default: value,
  });
  for (const f of builtInRoutines(source))
    for (const [i, type] of f.argTypes.entries())
      yield row(f.schema, specificName(f.name, f.oid), i, "IN", f.argNames?.[i] ?? "", type, null);
  for (const f of userRoutines(source))
    for (const [i, p] of f.parameters.entries()) {
      const value = p.defaultSql === undefined ? null : (source.definitions.parameterDefault?.(f.oid, i + 1) ?? null);
      yield row(schemaName(source, f.schema), specificName(f.name, f.oid), i, MODES[p.mode], p.name, p.type, value);
    }
});

/** What bodies that were bound when they were defined read: relations and other routines. */
function* bodyUses(source: Source): Iterable<{ readonly f: FunctionObject; readonly oid: Oid }> {
  for (const f of userRoutines(source))
    if (f.body.language === "sql" && f.body.atomic) for (const oid of new Set(f.body.dependsOn)) yield { f, oid };
}
const routineColumns = (source: Source, f: FunctionObject) => ({
  specific_catalog: source.database,
  specific_schema: schemaName(source, f.schema),
  specific_name: specificName(f.name, f.oid),
  routine_catalog: source.database,
  routine_schema: schemaName(source, f.schema),
  routine_name: f.name,
});
provide("information_schema.routine_table_usage", function* (source) {
  for (const { f, oid } of bodyUses(source)) {
    const table = source.catalog.relationByOid(oid);
    if (table?.class === "table" || table?.class === "view")
      yield {
        ...routineColumns(source, f),
        table_catalog: source.database,
        table_schema: schemaName(source, table.schema),
        table_name: table.name,
      };
  }
});
provide("information_schema.routine_sequence_usage", function* (source) {
  for (const { f, oid } of bodyUses(source)) {
    const sequence = source.catalog.relationByOid(oid);
    if (sequence?.class === "sequence")
      yield {
        ...routineColumns(source, f),
        sequence_catalog: source.database,
        sequence_schema: schemaName(source, sequence.schema),
        sequence_name: sequence.name,
      };
  }
});
provide("information_schema.routine_routine_usage", function* (source) {
  const routines = new Map([...userRoutines(source)].map((f) => [f.oid, f]));
  for (const { f, oid } of bodyUses(source)) {
    const used = routines.get(oid);
    if (used !== undefined)
      yield {
        specific_catalog: source.database,
        specific_schema: schemaName(source, f.schema),
        specific_name: specificName(f.name, f.oid),
        routine_catalog: source.database,
        routine_schema: schemaName(source, used.schema),
        routine_name: specificName(used.name, used.oid),
      };
  }
});
