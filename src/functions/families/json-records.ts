/** json(b)_populate_record(set) and json(b)_to_record(set): rows whose columns the call, a value or a type says. */
import { type Datum, DbError, invalidParameter, type Jsonb, type RowValue, TypeOid } from "../../types/index.js";
import { type JsonSource, Population, sourceOfJson, sourceOfJsonb } from "../json/populate.js";
import {
  type CallTypes, type EvaluationContext, type FunctionRegistry, type RecordColumn, type ScalarBody, type SetBody, TypedBody,
} from "../registry.js"; // biome-ignore format: a list
import type { Family } from "../registry-builder.js";

/** The columns of the result: of the call's definition list, of the type of the first argument, or of its value. */
function columnsOf(
  call: CallTypes,
  registry: FunctionRegistry,
  base: RowValue | null,
  name: string,
  polymorphic: boolean,
): readonly RecordColumn[] {
  const composite = polymorphic ? registry.typeByOid(call.argTypes[0] ?? 0)?.fields : undefined;
  if (composite !== undefined) return composite;
  if (base !== null && typeof base === "object" && "fields" in base)
    return base.fields.map((_, i) => ({ name: base.names?.[i] ?? `f${i + 1}`, type: base.types[i] ?? 0, typmod: -1 }));
  if (call.columns !== undefined) return call.columns;
  if (polymorphic && call.argTypes[0] !== TypeOid.record)
    throw new DbError({ sqlstate: "42804", message: `first argument of ${name} must be a row type` });
  throw new DbError({
    sqlstate: "0A000",
    message: `could not determine row type for result of ${name}`,
    hint: "Provide a non-null record argument, or call the function in the FROM clause using a column definition list.",
  });
}

type Open = (value: string & Jsonb) => JsonSource;
const openJson: Open = (value) => sourceOfJson(value);
const openJsonb: Open = (value) => sourceOfJsonb((value as Jsonb).value);

const populate = (name: string, open: Open) =>
  new TypedBody<ScalarBody>((call, registry) => (context, base: RowValue | null, value: (string & Jsonb) | null): Datum => {
    const columns = columnsOf(call, registry, base, name, true);
    return value === null ? base : new Population(registry, context).record(open(value), columns, base);
  });
const toRecord = (name: string, open: Open) =>
  new TypedBody<ScalarBody>((call, registry) => (context, value: (string & Jsonb) | null): Datum => {
    const columns = columnsOf(call, registry, null, name, false);
    return value === null ? null : new Population(registry, context).record(open(value), columns, null);
  });

function* rows(
  source: JsonSource,
  name: string,
  columns: readonly RecordColumn[],
  base: RowValue | null,
  registry: FunctionRegistry,
  context: EvaluationContext,
): Iterable<Datum> {
  if (source.kind !== "array") {
    const what = name.startsWith("jsonb") ? "a non-array" : source.kind === "object" ? "an object" : "a scalar";
    throw invalidParameter(`cannot call ${name} on ${what}`);
  }
  const population = new Population(registry, context);
  for (const element of source.elements()) {
    if (element.kind !== "object") throw invalidParameter(`argument of ${name} must be an array of objects`);
    yield population.record(element, columns, base);
  }
}
const populateSet = (name: string, open: Open) =>
  new TypedBody<SetBody>((call, registry) => (context, base: RowValue | null, value: (string & Jsonb) | null) => {
    const columns = columnsOf(call, registry, base, name, true);
    return value === null ? [] : rows(open(value), name, columns, base, registry, context);
  });
const toRecordSet = (name: string, open: Open) =>
  new TypedBody<SetBody>(
    (call, registry) => (context, value: (string & Jsonb) | null) =>
      value === null ? [] : rows(open(value), name, columnsOf(call, registry, null, name, false), null, registry, context),
  );

export const jsonRecordFamily: Family = {
  scalars: {
    json_populate_record: populate("json_populate_record", openJson),
    jsonb_populate_record: populate("jsonb_populate_record", openJsonb),
    json_to_record: toRecord("json_to_record", openJson),
    jsonb_to_record: toRecord("jsonb_to_record", openJsonb),
  },
  sets: {
    json_populate_recordset: populateSet("json_populate_recordset", openJson),
    jsonb_populate_recordset: populateSet("jsonb_populate_recordset", openJsonb),
    json_to_recordset: toRecordSet("json_to_recordset", openJson),
    jsonb_to_recordset: toRecordSet("jsonb_to_recordset", openJsonb),
  },
};
