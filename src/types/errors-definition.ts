/** Errors of definitions (CREATE, ALTER, DROP) and COPY, as PostgreSQL 15 words them. */
import { DbError } from "./errors.js";

const simple = (sqlstate: string, message: string, more: { detail?: string; hint?: string; where?: string } = {}) =>
  new DbError({ sqlstate, message, ...more });

export const relationExists = (name: string) => simple("42P07", `relation "${name}" already exists`);
export const relationMissing = (name: string, position?: number) => simple("42P01", `relation "${name}" does not exist`).at(position);
/** `kind`: table, view, index, sequence, schema, extension… as DROP says it. */
export const objectMissing = (kind: string, name: string) =>
  simple(
    kind === "schema" ? "3F000" : kind === "extension" || kind === "index" || kind === "role" ? "42704" : "42P01",
    `${kind} "${name}" does not exist`,
  );
export const schemaMissing = (name: string) => simple("3F000", `schema "${name}" does not exist`);
export const schemaExists = (name: string) => simple("42P06", `schema "${name}" already exists`);
export const noCreationSchema = () => simple("3F000", "no schema has been selected to create in");
export const systemObjectProtected = (name: string) => simple("42501", `permission denied: "${name}" is a system catalog`);
export const systemSchemaProtected = (name: string) =>
  simple("42501", `permission denied to create "${name}"`, { detail: "System catalog modifications are currently disallowed." });
export const wrongRelationKind = (name: string, kind: string, detail?: string) =>
  simple("42809", `"${name}" is not ${kind}`, detail === undefined ? {} : { detail });
export const columnMissing = (column: string, relation: string) =>
  simple("42703", `column "${column}" of relation "${relation}" does not exist`);
export const keyColumnMissing = (column: string) => simple("42703", `column "${column}" named in key does not exist`);
export const columnMissingPlain = (column: string) => simple("42703", `column "${column}" does not exist`);
export const referencedColumnMissing = (column: string) =>
  simple("42703", `column "${column}" referenced in foreign key constraint does not exist`);
export const columnExists = (column: string, relation: string) =>
  simple("42701", `column "${column}" of relation "${relation}" already exists`);
export const columnTwice = (column: string) => simple("42701", `column "${column}" specified more than once`);
export const systemColumnName = (column: string) => simple("42701", `column name "${column}" conflicts with a system column name`);
export const tooManyColumns = () => simple("54011", "tables can have at most 1600 columns");
export const multiplePrimaryKeys = (table: string) => simple("42P16", `multiple primary keys for table "${table}" are not allowed`);
export const constraintExists = (constraint: string, relation: string) =>
  simple("42710", `constraint "${constraint}" for relation "${relation}" already exists`);
export const constraintMissing = (constraint: string, relation: string) =>
  simple("42704", `constraint "${constraint}" of relation "${relation}" does not exist`);
export const foreignKeyNoPrimaryKey = (table: string) => simple("42704", `there is no primary key for referenced table "${table}"`);
export const foreignKeyNoUnique = (table: string) =>
  simple("42830", `there is no unique constraint matching given keys for referenced table "${table}"`);
export const foreignKeyCountMismatch = () => simple("42830", "number of referencing and referenced columns for foreign key disagree");
export const foreignKeyTypeMismatch = (constraint: string, column: string, referenced: string, type: string, referencedType: string) =>
  simple("42804", `foreign key constraint "${constraint}" cannot be implemented`, {
    detail: `Key columns "${column}" and "${referenced}" are of incompatible types: ${type} and ${referencedType}.`,
  });
export const noOperatorClass = (type: string, method: string) =>
  simple("42704", `data type ${type} has no default operator class for access method "${method}"`, {
    hint: "You must specify an operator class for the index or define a default operator class for the data type.",
  });
export const operatorClassMissing = (opclass: string, method: string) =>
  simple("42704", `operator class "${opclass}" does not exist for access method "${method}"`);
export const operatorClassMismatch = (opclass: string, type: string) =>
  simple("42804", `operator class "${opclass}" does not accept data type ${type}`);
export const accessMethodMissing = (method: string) => simple("42704", `access method "${method}" does not exist`);
export const uniqueIndexCollision = (index: string, detail: string, schema: string, table: string) =>
  new DbError({ sqlstate: "23505", message: `could not create unique index "${index}"`, detail, schema, table, constraint: index });
export const columnHasNulls = (column: string, table: string, schema: string) =>
  new DbError({ sqlstate: "23502", message: `column "${column}" of relation "${table}" contains null values`, schema, table, column });
export const checkViolatedBySomeRow = (constraint: string, table: string, schema: string) =>
  new DbError({
    sqlstate: "23514",
    message: `check constraint "${constraint}" of relation "${table}" is violated by some row`,
    schema,
    table,
    constraint,
  });
export const columnInPrimaryKey = (column: string) => simple("42P16", `column "${column}" is in a primary key`);
export const dependentObjects = (what: string, detail: string) =>
  simple("2BP01", `cannot drop ${what} because other objects depend on it`, {
    detail,
    hint: "Use DROP ... CASCADE to drop the dependent objects too.",
  });
export const dependentObjectsOfMany = (detail: string) =>
  simple("2BP01", "cannot drop desired object(s) because other objects depend on them", {
    detail,
    hint: "Use DROP ... CASCADE to drop the dependent objects too.",
  });
export const requiredBy = (what: string, owner: string, hint: string) =>
  simple("2BP01", `cannot drop ${what} because ${owner} requires it`, { hint });
export const truncateReferenced = (table: string, referenced: string) =>
  simple("0A000", "cannot truncate a table referenced in a foreign key constraint", {
    detail: `Table "${table}" references "${referenced}".`,
    hint: `Truncate table "${table}" at the same time, or use TRUNCATE ... CASCADE.`,
  });
export const roleExists = (name: string) => simple("42710", `role "${name}" already exists`);
export const roleOwnsObjects = (name: string, detail: string) =>
  simple("2BP01", `role "${name}" cannot be dropped because some objects depend on it`, { detail });
export const extensionExists = (name: string) => simple("42710", `extension "${name}" already exists`);
export const extensionUnavailable = (name: string) =>
  simple("0A000", `extension "${name}" is not available`, {
    hint: "The extension must first be installed on the system where PostgreSQL is running.",
  });
export const invalidSequence = (message: string) => simple("22023", message);
export const needsSuperuser = (what: string) => simple("42501", `must be superuser to ${what}`);
export const viewColumnsChanged = (message: string, hint?: string) => simple("42P16", message, hint === undefined ? {} : { hint });
export const alterTypeCast = (column: string, type: string, hint: string) =>
  simple("42804", `column "${column}" cannot be cast automatically to type ${type}`, { hint });
export const identityError = (message: string) => simple("55000", message);
export const typeMissing = (name: string) => simple("42704", `type "${name}" does not exist`);
export const invalidTable = (message: string) => simple("42P16", message);
export const optionUnknown = (name: string) => simple("22023", `unrecognized parameter "${name}"`);
export const optionOutOfRange = (name: string, value: string, min: number, max: number) =>
  simple("22023", `value ${value} out of bounds for option "${name}"`, { detail: `Valid values are between "${min}" and "${max}".` });

export const copyError = (message: string, where: string, more: { detail?: string; hint?: string } = {}) =>
  simple("22P04", message, { ...more, where });
export const copyFailed = (message: string, where: string | undefined) =>
  simple("57014", `COPY from stdin failed: ${message}`, where === undefined ? {} : { where });

export const preparedNotSelect = () => simple("42809", "prepared statement is not a SELECT");
const fileReasons: Readonly<Record<string, string>> = { ENOENT: "No such file or directory", EACCES: "Permission denied" };
export const copyFileError = (path: string, direction: "from" | "to", code: string) =>
  simple(
    code === "ENOENT" ? "58P01" : code === "EACCES" ? "42501" : "58030",
    `could not open file "${path}" for ${direction === "from" ? "reading" : "writing"}: ${fileReasons[code] ?? code}`,
    {
      hint:
        direction === "from"
          ? "COPY FROM instructs the PostgreSQL server process to read a file. You may want a client-side facility such as psql's \\copy."
          : "COPY TO instructs the PostgreSQL server process to write a file. You may want a client-side facility such as psql's \\copy.",
    },
  );
export const copyIsDirectory = (path: string) => simple("42809", `"${path}" is a directory`);
export const copyRelativePath = () => simple("42602", "relative path not allowed for COPY to file");
export const checkpointDenied = () => simple("42501", "must be superuser or have privileges of pg_checkpoint to do CHECKPOINT");
export const settingHidden = (name: string) =>
  simple("42501", `must be superuser or have privileges of pg_read_all_settings to examine "${name}"`);
export const roleReserved = (name: string) =>
  simple("42939", `role name "${name}" is reserved`, { detail: 'Role names starting with "pg_" are reserved.' });
export const roleFixed = (name: string) => simple("42939", `role name "${name}" is reserved`, { detail: "Cannot alter reserved roles." });
export const rolePinned = (name: string) => simple("2BP01", `cannot drop role ${name} because it is required by the database system`);
export const copyFileDenied = (direction: "from" | "to") =>
  simple(
    "42501",
    direction === "from"
      ? "must be superuser or have privileges of the pg_read_server_files role to COPY from a file"
      : "must be superuser or have privileges of the pg_write_server_files role to COPY to a file",
    { hint: "Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone." },
  );
export const partitionOverlap = (name: string, other: string) => simple("42P17", `partition "${name}" would overlap partition "${other}"`);
export const defaultPartitionConflict = (name: string, other: string) =>
  simple("42P17", `partition "${name}" conflicts with existing default partition "${other}"`);
export const emptyRangeBound = (name: string, from: string, to: string) =>
  simple("42P17", `empty range bound specified for partition "${name}"`, {
    detail: `Specified lower bound ${from} is greater than or equal to upper bound ${to}.`,
  });
export const hashModulusFactor = (modulus: number, other: number, neighbour: string) =>
  simple("42P17", "every hash partition modulus must be a factor of the next larger modulus", {
    detail:
      modulus < other
        ? `The new modulus ${modulus} is not a factor of ${other}, the modulus of existing partition "${neighbour}".`
        : `The new modulus ${modulus} is not divisible by ${other}, the modulus of existing partition "${neighbour}".`,
  });
