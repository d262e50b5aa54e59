/** Errors of parsing and binding, with PostgreSQL 15's codes and texts. `position` counts characters from 1; 0 = unknown. */
import { DbError } from "./errors.js";

const located = (sqlstate: string, message: string, position: number | undefined, more: { detail?: string; hint?: string } = {}) =>
  new DbError({ sqlstate, message, ...(position === undefined || position === 0 ? {} : { position }), ...more });

export const syntaxError = (message: string, position?: number) => located("42601", message, position);
export const stackDepthExceeded = () =>
  new DbError({
    sqlstate: "54001",
    message: "stack depth limit exceeded",
    hint: 'Increase the configuration parameter "max_stack_depth" (currently 2048kB), after ensuring the platform\'s stack depth limit is adequate.',
  });
export const statementTooLong = (limit: number) =>
  new DbError({ sqlstate: "54000", message: `statement is longer than ${limit} characters` });
export const undefinedColumn = (message: string, position?: number, more?: { detail?: string; hint?: string }) =>
  located("42703", message, position, more);
export const undefinedTable = (message: string, position?: number, more?: { detail?: string; hint?: string }) =>
  located("42P01", message, position, more);
export const undefinedFunction = (message: string, position?: number, hint?: string) =>
  located("42883", message, position, hint === undefined ? {} : { hint });
export const undefinedObjectAt = (message: string, position?: number) => located("42704", message, position);
export const undefinedSchema = (name: string, position?: number) => located("3F000", `schema "${name}" does not exist`, position);
export const undefinedParameter = (number: number, position?: number) => located("42P02", `there is no parameter $${number}`, position);
export const indeterminateType = (message: string, position?: number) => located("42P18", message, position);
export const ambiguousColumn = (name: string, position?: number) => located("42702", `column reference "${name}" is ambiguous`, position);
export const ambiguousName = (message: string, position?: number) => located("42702", message, position);
export const ambiguousAlias = (name: string, position?: number) => located("42P09", `table reference "${name}" is ambiguous`, position);
export const ambiguousFunction = (message: string, position?: number, hint?: string) =>
  located("42725", message, position, hint === undefined ? {} : { hint });
export const duplicateAlias = (name: string, position?: number) =>
  located("42712", `table name "${name}" specified more than once`, position);
export const duplicateColumn = (message: string, position?: number) => located("42701", message, position);
export const duplicateObject = (message: string, position?: number) => located("42710", message, position);
export const datatypeMismatch = (message: string, position?: number, more?: { detail?: string; hint?: string }) =>
  located("42804", message, position, more);
export const cannotCoerce = (message: string, position?: number) => located("42846", message, position);
export const groupingError = (message: string, position?: number, detail?: string) =>
  located("42803", message, position, detail === undefined ? {} : { detail });
export const windowingError = (message: string, position?: number, hint?: string) =>
  located("42P20", message, position, hint === undefined ? {} : { hint });
export const wrongObjectType = (message: string, position?: number, detail?: string) =>
  located("42809", message, position, detail === undefined ? {} : { detail });
export const notAnOrderingOperator = (name: string, position?: number) =>
  located("42809", `operator ${name} is not a valid ordering operator`, position, {
    hint: 'Ordering operators must be "<" or ">" members of btree operator families.',
  });
export const invalidColumnReference = (message: string, position?: number, more?: { detail?: string; hint?: string }) =>
  located("42P10", message, position, more);
export const conflictNeedsTarget = (position?: number) =>
  located("42601", "ON CONFLICT DO UPDATE requires inference specification or constraint name", position, {
    hint: "For example, ON CONFLICT (column_name).",
  });
export const invalidRecursion = (message: string, position?: number) => located("42P19", message, position);
export const generatedAlways = (message: string, detail: string, hint?: string, position?: number) =>
  located("428C9", message, position, hint === undefined ? { detail } : { detail, hint });
export const notSupportedAt = (feature: string, position?: number) => located("0A000", `${feature} is not supported`, position);
export const featureNotSupported = (message: string, position?: number, hint?: string) =>
  located("0A000", message, position, hint === undefined ? {} : { hint });
export const invalidTableDefinition = (message: string, position?: number) => located("42P16", message, position);
export const invalidObjectDefinition = (message: string, position?: number) => located("42P17", message, position);
export const invalidParameterValue = (message: string, position?: number, hint?: string) =>
  located("22023", message, position, hint === undefined ? {} : { hint });
export const undefinedConfiguration = (message: string) => located("42704", message, undefined);
export const tooManyArguments = (message: string, position?: number) => located("54023", message, position);
export const invalidSampleArgument = (message: string, position?: number) => located("2202H", message, position);
export const tooManyColumnsAt = (message: string) => located("54011", message, undefined);
export const invalidCursorDefinition = (message: string, detail?: string, position?: number) =>
  located("42P11", message, position, detail === undefined ? {} : { detail });
export const undefinedFunctionHinted = (message: string, hint: string, position?: number) => located("42883", message, position, { hint });
const viewHints = {
  "insert into": "To enable inserting into the view, provide an INSTEAD OF INSERT trigger or an unconditional ON INSERT DO INSTEAD rule.",
  update: "To enable updating the view, provide an INSTEAD OF UPDATE trigger or an unconditional ON UPDATE DO INSTEAD rule.",
  "delete from": "To enable deleting from the view, provide an INSTEAD OF DELETE trigger or an unconditional ON DELETE DO INSTEAD rule.",
} as const;
export const viewNotUpdatable = (view: string, verb: keyof typeof viewHints, detail: string) =>
  new DbError({ sqlstate: "55000", message: `cannot ${verb} view "${view}"`, detail, hint: viewHints[verb] });
export const viewColumnNotUpdatable = (view: string, column: string, verb: "insert into" | "update") =>
  new DbError({
    sqlstate: "0A000",
    message: `cannot ${verb} column "${column}" of view "${view}"`,
    detail: "View columns that are not columns of their base relation are not updatable.",
  });
export const wrongObjectTypeHinted = (message: string, hint: string) => new DbError({ sqlstate: "42809", message, hint });
export const generatedInPartitionKey = (column: string, position?: number) =>
  located("42P17", "cannot use generated column in partition key", position, { detail: `Column "${column}" is a generated column.` });
export const collationsUnsupported = (type: string, position?: number) =>
  located("42804", `collations are not supported by type ${type}`, position);
export const invalidOwnedBy = () =>
  new DbError({ sqlstate: "42601", message: "invalid OWNED BY option", hint: "Specify OWNED BY table.column or OWNED BY NONE." });
export const generatedReferencesGenerated = (column: string, position?: number) =>
  located("42P17", `cannot use generated column "${column}" in column generation expression`, position, {
    detail: "A generated column cannot reference another generated column.",
  });
export const generatedTypeMismatch = (column: string, target: string, given: string) =>
  new DbError({
    sqlstate: "42804",
    message: `column "${column}" is of type ${target} but default expression is of type ${given}`,
    hint: "You will need to rewrite or cast the expression.",
  });
export const notPopulated = (name: string) =>
  new DbError({
    sqlstate: "55000",
    message: `materialized view "${name}" has not been populated`,
    hint: "Use the REFRESH MATERIALIZED VIEW command.",
  });
export const columnTypeConflict = (column: string, left: string, right: string) =>
  new DbError({ sqlstate: "42804", message: `column "${column}" has a type conflict`, detail: `${left} versus ${right}` });
export const inheritedTypeConflict = (column: string, left: string, right: string) =>
  new DbError({ sqlstate: "42804", message: `inherited column "${column}" has a type conflict`, detail: `${left} versus ${right}` });
export const noOperatorClassAt = (type: string, method: string) =>
  new DbError({
    sqlstate: "42704",
    message: `data type ${type} has no default operator class for access method "${method}"`,
    hint: `You must specify a ${method} operator class or define a default ${method} operator class for the data type.`,
  });
export const featureNotSupportedWithDetail = (message: string, detail: string, hint: string, position?: number) =>
  located("0A000", message, position, { detail, hint });
