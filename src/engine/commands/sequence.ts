/** CREATE SEQUENCE, ALTER SEQUENCE, and the sequences behind serial and identity columns. */
import { chooseName, type SequenceObject } from "../../catalog/index.js";
import type { Command, QualifiedName, SequenceOptions } from "../../plan/index.js";
import {
  columnMissing,
  DbError,
  invalidSequence,
  type Oid,
  objectMissing,
  relationExists,
  TypeOid,
  wrongRelationKind,
} from "../../types/index.js";
import { isTemporarySchema } from "../temporary.js";
import { defaultAclFor } from "./catalog/grant.js";
import type { DefinitionContext } from "./context.js";
import { displayName } from "./context.js";

const limits: Readonly<Record<Oid, { min: bigint; max: bigint; name: string }>> = {
  [TypeOid.int2]: { min: -32768n, max: 32767n, name: "smallint" },
  [TypeOid.int4]: { min: -2147483648n, max: 2147483647n, name: "integer" },
  [TypeOid.int8]: { min: -9223372036854775808n, max: 9223372036854775807n, name: "bigint" },
};

type Parameters = Pick<SequenceObject, "type" | "increment" | "min" | "max" | "start" | "cache" | "cycle">;

export function createSequence(context: DefinitionContext, command: Extract<Command, { kind: "CreateSequence" }>): void {
  const schema = context.creationSchema(command.name, command.persistence);
  if (context.nameTaken(schema.oid, command.name.name)) {
    if (!command.ifNotExists) throw relationExists(command.name.name);
    return context.notice(`relation "${command.name.name}" already exists, skipping`, "42P07");
  }
  const owner = ownedBy(context, command.options);
  newSequence(context, schema.oid, command.name.name, command.options, owner, command.persistence);
}

export function newSequence(
  context: DefinitionContext,
  schema: Oid,
  name: string,
  options: SequenceOptions,
  owner?: SequenceObject["ownedBy"],
  persistence?: SequenceObject["persistence"],
): SequenceObject {
  const parameters = sequenceParameters(options, undefined);
  const oid = context.newOid();
  const temporary = isTemporarySchema(context.schemaName(schema));
  const sequence: SequenceObject = {
    class: "sequence",
    oid,
    schema,
    name,
    owner: context.owner,
    storage: oid,
    ...parameters,
    ...(temporary ? { persistence: "temporary" as const } : persistence === "unlogged" ? { persistence } : {}),
    ...(owner === undefined ? {} : { ownedBy: owner }),
    ...defaultAclFor(context, "S", schema),
  };
  context.put(sequence);
  context.check(
    context.storage.createSequence(
      context.engine,
      context.xid,
      oid,
      parameters.increment,
      parameters.min,
      parameters.max,
      parameters.start,
      parameters.cycle,
    ),
  );
  return sequence;
}

/** `<table>_<column>_seq`, or the first free number after it. */
export function sequenceForColumn(
  context: DefinitionContext,
  schema: Oid,
  table: Oid,
  tableName: string,
  attribute: number,
  columnName: string,
  options: SequenceOptions,
): SequenceObject {
  const name = chooseName(tableName, columnName, "seq", (candidate) => context.nameTaken(schema, candidate));
  return newSequence(context, schema, name, options, { table, attribute });
}

export function alterSequence(context: DefinitionContext, command: Extract<Command, { kind: "AlterSequence" }>): void {
  const relation = context.find(command.name);
  if (relation === undefined) {
    if (!command.ifExists) throw objectMissing("relation", displayName(command.name));
    return context.notice(`relation "${command.name.name}" does not exist, skipping`);
  }
  if (relation.class !== "sequence") throw wrongRelationKind(command.name.name, "a sequence");
  const { options } = command;
  if (options.ownedBy !== undefined && relation.ownedBy !== undefined) {
    const table = context.snapshot.relationByOid(relation.ownedBy.table);
    if (table?.class === "table" && table.attributes[relation.ownedBy.attribute - 1]?.identity !== undefined)
      throw new DbError({
        sqlstate: "0A000",
        message: "cannot change ownership of identity sequence",
        detail: `Sequence "${relation.name}" is linked to table "${table.name}".`,
      });
  }
  const { ownedBy: previousOwner, ...rest } = relation;
  const parameters = sequenceParameters(options, relation);
  const owner = options.ownedBy === undefined ? previousOwner : ownedBy(context, options);
  context.put({ ...rest, ...parameters, ...(owner === undefined ? {} : { ownedBy: owner }) });
  context.check(
    context.storage.alterSequence(
      context.engine,
      context.xid,
      relation.storage,
      parameters.increment,
      parameters.min,
      parameters.max,
      parameters.cycle,
    ),
  );
  if (options.restart !== undefined) {
    const start = options.restart ?? BigInt(parameters.start);
    context.check(context.storage.setValue(context.engine, relation.storage, start, false));
  }
}

function ownedBy(context: DefinitionContext, options: SequenceOptions): SequenceObject["ownedBy"] {
  if (options.ownedBy === undefined || options.ownedBy === null) return undefined;
  const table = context.table(options.ownedBy.table);
  const attribute = table.attributes.find((a) => !a.dropped && a.name === options.ownedBy?.column);
  if (attribute === undefined) throw columnMissing(options.ownedBy.column, table.name);
  return { table: table.oid, attribute: attribute.number };
}

function sequenceParameters(options: SequenceOptions, old: SequenceObject | undefined): Parameters {
  const type = options.type ?? old?.type ?? TypeOid.int8;
  const range = limits[type];
  if (range === undefined) throw invalidSequence("sequence type must be smallint, integer, or bigint");
  const typeChanged = old !== undefined && options.type !== undefined && options.type !== old.type;
  const oldRange = old === undefined ? undefined : limits[old.type];
  const increment = options.increment ?? (old === undefined ? 1n : BigInt(old.increment));
  if (increment === 0n) throw invalidSequence("INCREMENT must not be zero");
  const ascending = increment > 0n;
  const keep = (
    given: bigint | null | undefined,
    previous: string | undefined,
    typeLimit: bigint | undefined,
    otherwise: bigint,
  ): bigint => {
    if (given !== undefined && given !== null) return given;
    if (given === null || previous === undefined) return otherwise;
    return typeChanged && BigInt(previous) === typeLimit ? otherwise : BigInt(previous);
  };
  const max = keep(options.max, old?.max, oldRange?.max, ascending ? range.max : -1n);
  const min = keep(options.min, old?.min, oldRange?.min, ascending ? 1n : range.min);
  if (max > range.max || max < range.min) throw invalidSequence(`MAXVALUE (${max}) is out of range for sequence data type ${range.name}`);
  if (min > range.max || min < range.min) throw invalidSequence(`MINVALUE (${min}) is out of range for sequence data type ${range.name}`);
  if (min >= max) throw invalidSequence(`MINVALUE (${min}) must be less than MAXVALUE (${max})`);
  const start = options.start ?? (old === undefined ? (ascending ? min : max) : BigInt(old.start));
  if (start < min) throw invalidSequence(`START value (${start}) cannot be less than MINVALUE (${min})`);
  if (start > max) throw invalidSequence(`START value (${start}) cannot be greater than MAXVALUE (${max})`);
  if (options.restart !== undefined && options.restart !== null) {
    if (options.restart < min) throw invalidSequence(`RESTART value (${options.restart}) cannot be less than MINVALUE (${min})`);
    if (options.restart > max) throw invalidSequence(`RESTART value (${options.restart}) cannot be greater than MAXVALUE (${max})`);
  }
  const cache = options.cache ?? (old === undefined ? 1n : BigInt(old.cache));
  if (cache <= 0n) throw invalidSequence(`CACHE (${cache}) must be greater than zero`);
  return {
    type,
    increment: String(increment),
    min: String(min),
    max: String(max),
    start: String(start),
    cache: String(cache),
    cycle: options.cycle ?? old?.cycle ?? false,
  };
}

export type { QualifiedName };
