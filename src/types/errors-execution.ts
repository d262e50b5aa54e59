/** Errors that operators and compiled expressions raise. Texts are PostgreSQL 15's. */
import { DbError } from "./errors.js";

export const dimensionsMustMatch = () =>
  new DbError({ sqlstate: "2202E", message: "multidimensional arrays must have array expressions with matching dimensions" });
export const moreThanOneRow = () =>
  new DbError({ sqlstate: "21000", message: "more than one row returned by a subquery used as an expression" });
export const statementTooComplex = () =>
  new DbError({
    sqlstate: "54001",
    message: "stack depth limit exceeded",
    hint: "The expression is nested too deeply.",
  });
export const memoryLimitExceeded = (what: string, limitBytes: number) =>
  new DbError({
    sqlstate: "53200",
    message: "out of memory",
    detail: `${what} needs more than the statement's ${Math.round(limitBytes / 1048576)} MB.`,
  });
export const negativeLimit = () => new DbError({ sqlstate: "2201W", message: "LIMIT must not be negative" });
export const negativeOffset = () => new DbError({ sqlstate: "2201X", message: "OFFSET must not be negative" });
export const couldNotSerialize = (what: "update" | "delete" = "update") =>
  new DbError({ sqlstate: "40001", message: `could not serialize access due to concurrent ${what}` });
export const affectRowTwice = () =>
  new DbError({
    sqlstate: "21000",
    message: "ON CONFLICT DO UPDATE command cannot affect row a second time",
    hint: "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
  });
export const mergeAffectsTwice = () =>
  new DbError({
    sqlstate: "21000",
    message: "MERGE command cannot affect row a second time",
    hint: "Ensure that not more than one source row matches any one target row.",
  });
export const lockNotAvailable = (relation: string) =>
  new DbError({ sqlstate: "55P03", message: `could not obtain lock on row in relation "${relation}"` });

interface Place {
  readonly schema: string;
  readonly table: string;
}
/** Values that the user may not read are undefined: the details go without them. */
type Told = string | undefined;
const failingRowDetail = (row: Told) => (row === undefined ? {} : { detail: `Failing row contains ${row}.` });

export const duplicateKey = (constraint: string, columns: string, values: Told, place: Place) =>
  new DbError({
    sqlstate: "23505",
    message: `duplicate key value violates unique constraint "${constraint}"`,
    ...(values === undefined ? {} : { detail: `Key (${columns})=(${values}) already exists.` }),
    constraint,
    ...place,
  });
export const exclusionViolated = (constraint: string, columns: string, values: Told, existing: string, place: Place) =>
  new DbError({
    sqlstate: "23P01",
    message: `conflicting key value violates exclusion constraint "${constraint}"`,
    detail:
      values === undefined
        ? "Key conflicts with existing key."
        : `Key (${columns})=(${values}) conflicts with existing key (${columns})=(${existing}).`,
    constraint,
    ...place,
  });
/** Rows that were there before the constraint. */
export const exclusionCollision = (constraint: string, columns: string, values: Told, existing: string, place: Place) =>
  new DbError({
    sqlstate: "23P01",
    message: `could not create exclusion constraint "${constraint}"`,
    detail: `Key (${columns})=(${values}) conflicts with key (${columns})=(${existing}).`,
    constraint,
    ...place,
  });
export const nullInColumn = (column: string, failingRow: Told, place: Place) =>
  new DbError({
    sqlstate: "23502",
    message: `null value in column "${column}" of relation "${place.table}" violates not-null constraint`,
    ...failingRowDetail(failingRow),
    column,
    ...place,
  });
export const checkViolated = (constraint: string, failingRow: Told, place: Place) =>
  new DbError({
    sqlstate: "23514",
    message: `new row for relation "${place.table}" violates check constraint "${constraint}"`,
    ...failingRowDetail(failingRow),
    constraint,
    ...place,
  });
export const foreignKeyMissing = (constraint: string, columns: string, values: Told, referenced: string, place: Place) =>
  new DbError({
    sqlstate: "23503",
    message: `insert or update on table "${place.table}" violates foreign key constraint "${constraint}"`,
    detail: `Key ${values === undefined ? "" : `(${columns})=(${values}) `}is not present in table "${referenced}".`,
    constraint,
    ...place,
  });
export const foreignKeyMixedNulls = (constraint: string, place: Place) =>
  new DbError({
    sqlstate: "23503",
    message: `insert or update on table "${place.table}" violates foreign key constraint "${constraint}"`,
    detail: "MATCH FULL does not allow mixing of null and nonnull key values.",
    constraint,
    ...place,
  });
export const foreignKeyReferenced = (constraint: string, referenced: string, columns: string, values: Told, place: Place) =>
  new DbError({
    sqlstate: "23503",
    message: `update or delete on table "${referenced}" violates foreign key constraint "${constraint}" on table "${place.table}"`,
    detail: `Key ${values === undefined ? "" : `(${columns})=(${values}) `}is still referenced from table "${place.table}".`,
    constraint,
    ...place,
  });

/** The storage engine's own words, under the SQLSTATE of its status. */
export const nativeFailure = (sqlstate: string, message: string) =>
  new DbError({ sqlstate, message: message === "" ? "storage failure" : message });
export const internalError = (message: string) => new DbError({ sqlstate: "XX000", message });
export const frameOffsetNegative = (which: "starting" | "ending") =>
  new DbError({ sqlstate: "22013", message: `frame ${which} offset must not be negative` });
export const frameOffsetNull = (which: "starting" | "ending") =>
  new DbError({ sqlstate: "22004", message: `frame ${which} offset must not be null` });
export const frameOffsetInvalid = () =>
  new DbError({ sqlstate: "22013", message: "invalid preceding or following size in window function" });
export const ntileArgument = () => new DbError({ sqlstate: "22014", message: "argument of ntile must be greater than zero" });
export const nthValueArgument = () => new DbError({ sqlstate: "22016", message: "argument of nth_value must be greater than zero" });
export const percentileOutOfRange = (value: number) =>
  new DbError({ sqlstate: "22003", message: `percentile value ${value} is not between 0 and 1` });
export const sampleOutOfRange = () => new DbError({ sqlstate: "2202H", message: "sample percentage must be between 0 and 100" });
export const sampleArgumentNull = () => new DbError({ sqlstate: "2202H", message: "TABLESAMPLE parameter cannot be null" });
export const sampleSeedNull = () => new DbError({ sqlstate: "2202G", message: "TABLESAMPLE REPEATABLE parameter cannot be null" });

/** `existing`: the row that is there may not be changed. */
export const policyViolated = (table: string, policy: string | undefined, existing: "conflict" | "merge" | undefined) =>
  new DbError({
    sqlstate: "42501",
    message: `${existing === "merge" ? "target" : "new"} row violates row-level security policy ${policy === undefined ? "" : `"${policy}" `}${existing === undefined ? "" : "(USING expression) "}for table "${table}"`,
  });
export const viewCheckViolated = (view: string, failingRow: Told) =>
  new DbError({
    sqlstate: "44000",
    message: `new row violates check option for view "${view}"`,
    ...failingRowDetail(failingRow),
  });
export const notVisibleThroughView = (view: string) =>
  new DbError({ sqlstate: "55000", message: `conflicting row is not visible through view "${view}"` });
export const partitionOfUpdateDiffers = () =>
  new DbError({
    sqlstate: "0A000",
    message: "invalid ON UPDATE specification",
    detail: "The result tuple would appear in a different partition than the original tuple.",
  });
export const noPartitionForRow = (table: string, detail: string, schema: string) =>
  new DbError({ sqlstate: "23514", message: `no partition of relation "${table}" found for row`, detail, schema, table });
export const partitionConstraintViolated = (table: string, failingRow: Told, schema: string) =>
  new DbError({
    sqlstate: "23514",
    message: `new row for relation "${table}" violates partition constraint`,
    ...failingRowDetail(failingRow),
    schema,
    table,
  });
export const fullJoinCondition = () =>
  new DbError({ sqlstate: "0A000", message: "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions" });
