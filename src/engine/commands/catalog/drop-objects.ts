/** DROP, RENAME, SET SCHEMA, OWNER TO and COMMENT of types, functions, operators, casts and roles. */

import { type AclItem, type CatalogObject, type CollationObject, ENCODING_ANY, isPredefinedRole } from "../../../catalog/index.js";
import { inputParameters } from "../../../functions/index.js";
import type { Command, ObjectReference } from "../../../plan/index.js";
import { DbError, notSupported, type Oid, roleReserved, schemaExists } from "../../../types/index.js";
import type { DefinitionContext } from "../context.js";
import { type Target, whole } from "../dependencies.js";
import { dropTargets } from "../drop.js";
import { renameColumn } from "../rename.js";
import { renameObjectInStored } from "../rename-stored.js";
import { dependsOnName } from "../role-password.js";
import { typedTables } from "../typed-table.js";
import { changeOwner } from "./change-owner.js";
import { findObject, isBuiltInRoutine, missingObject, requireObject, sameTypes, skippedNotice } from "./objects.js";
import { requireOwner, requireRole, roleOf } from "./ownership.js";
import { renamePolicy } from "./policy.js";
import { requireFreeStatisticsName } from "./statistics.js";
import { arrayNameFor, typeExists } from "./type-names.js";

export function dropObjects(context: DefinitionContext, command: Extract<Command, { kind: "DropObjects" }>): void {
  const targets: Target[] = [];
  for (const ref of command.objects) {
    const hasSchema = ref.name.schema === undefined || ref.kind === "cast" || context.catalog.schemaByName(ref.name.schema) !== undefined;
    if (!hasSchema && !command.ifExists) context.schema(ref.name.schema ?? "");
    const found = hasSchema && ref.missingType === undefined ? findObject(context, ref) : undefined;
    if (found === undefined) {
      if (command.ifExists && !isBuiltInRoutine(context, ref)) {
        context.notice(skippedNotice(context, ref));
        continue;
      }
      if (ref.missingType !== undefined) throw new DbError({ sqlstate: "42704", message: `type "${ref.missingType}" does not exist` });
      throw missingObject(context, ref);
    }
    refuseDrop(context, ref, found.object);
    requireOwner(context, found.object);
    targets.push(whole(found.object));
  }
  dropTargets(context, targets, command.cascade);
}
function refuseDrop(context: DefinitionContext, ref: ObjectReference, object: CatalogObject): void {
  if (ref.kind === "function" && object.class === "function" && object.kind === "aggregate")
    throw new DbError({
      sqlstate: "42809",
      message: `"${ref.name.name}" is an aggregate function`,
      hint: "Use DROP AGGREGATE to drop aggregate functions.",
    });
  if (object.class === "table" || object.class === "view") {
    const what = `${object.class} ${context.visibleName(object)}`;
    throw new DbError({
      sqlstate: "2BP01",
      message: `cannot drop type ${context.visibleName(object)} because ${what} requires it`,
      hint: `You can drop ${what} instead.`,
    });
  }
}

export function renameObject(context: DefinitionContext, command: Extract<Command, { kind: "RenameObject" }>): void {
  const { object: ref, newName } = command;
  const { object, attribute } = requireObject(context, ref);
  requireOwner(context, object);
  switch (object.class) {
    case "statistics":
      requireFreeStatisticsName(context, object.schema, newName);
      return context.put({ ...object, name: newName });
    case "policy":
      return renamePolicy(context, object, newName);
    case "type": {
      if (ref.kind === "attribute" && object.kind === "composite") {
        if (object.attributes.some((a) => !a.dropped && a.name === newName))
          throw new DbError({ sqlstate: "42701", message: `column "${newName}" of relation "${object.name}" already exists` });
        for (const table of typedTables(context, object, command.cascade))
          renameColumn(context, table, ref.part ?? "", newName, false, true);
        return context.put({ ...object, attributes: object.attributes.map((a) => (a.number === attribute ? { ...a, name: newName } : a)) });
      }
      if (ref.kind === "domconstraint" && object.kind === "domain") {
        if (object.checks.some((c) => c.name === newName))
          throw new DbError({ sqlstate: "42710", message: `constraint "${newName}" for domain ${object.name} already exists` });
        return context.put({ ...object, checks: object.checks.map((c) => (c.name === ref.part ? { ...c, name: newName } : c)) });
      }
      if (context.snapshot.typeNamed(object.schema, newName) !== undefined) throw typeExists(newName);
      renameObjectInStored(context, object, { name: newName });
      const arrayName = object.arrayOid === 0 ? object.arrayName : arrayNameFor(context, object.schema, newName);
      return context.put({ ...object, name: newName, arrayName });
    }
    case "function": {
      const types = inputParameters(object).map((p) => p.type);
      const clash = context.snapshot.functionsNamed(newName).some(
        (f) =>
          f.schema === object.schema &&
          sameTypes(
            inputParameters(f).map((p) => p.type),
            types,
          ),
      );
      if (clash) throw routineExists(context, newName, types, context.schemaName(object.schema));
      renameObjectInStored(context, object, { name: newName });
      return context.put({ ...object, name: newName });
    }
    case "collation":
      requireFreeCollation(context, object, object.schema, newName);
      renameObjectInStored(context, object, { name: newName });
      return context.put({ ...object, name: newName });
    case "role": {
      if (isPredefinedRole(object.oid)) throw roleReserved(object.name);
      if (context.snapshot.role(newName) !== undefined)
        throw new DbError({ sqlstate: "42710", message: `role "${newName}" already exists` });
      if (newName.startsWith("pg_")) throw roleReserved(newName);
      if (object.name === context.session.sessionUser) throw notSupportedRename("session user cannot be renamed");
      if (object.name === context.session.user) throw notSupportedRename("current user cannot be renamed");
      if (object.password !== undefined && dependsOnName(object.password)) {
        const { password: _, ...rest } = object;
        context.session.notice("NOTICE", "00000", "MD5 password cleared because of role rename");
        return context.put({ ...rest, name: newName });
      }
      return context.put({ ...object, name: newName });
    }
    default:
      throw notSupported(`ALTER ${ref.kind.toUpperCase()} RENAME`);
  }
}
function requireFreeCollation(context: DefinitionContext, collation: CollationObject, schema: number, name: string): void {
  const other = context.snapshot.collation(schema, name);
  if (other === undefined || (other.oid === collation.oid && schema !== collation.schema)) return;
  const inWords = other.encoding === ENCODING_ANY ? "" : ' for encoding "UTF8"';
  throw new DbError({
    sqlstate: "42710",
    message: `collation "${name}"${inWords} already exists in schema "${context.schemaName(schema)}"`,
  });
}
const notSupportedRename = (message: string) => new DbError({ sqlstate: "0A000", message });

export function routineExists(context: DefinitionContext, name: string, types: readonly number[], schema: string): DbError {
  const args = types.map((oid) => context.registry.typeByOid(oid)?.displayName ?? "???").join(", ");
  return new DbError({ sqlstate: "42723", message: `function ${name}(${args}) already exists in schema "${schema}"` });
}

export function setObjectSchema(context: DefinitionContext, command: Extract<Command, { kind: "SetObjectSchema" }>): void {
  const { object } = requireObject(context, command.object);
  requireOwner(context, object);
  const schema = context.schema(command.schema);
  switch (object.class) {
    case "type": {
      if (object.schema === schema.oid) return;
      const clash = context.snapshot.typeNamed(schema.oid, object.name);
      if (clash !== undefined)
        throw new DbError({ sqlstate: "42710", message: `type "${object.name}" already exists in schema "${schema.name}"` });
      renameObjectInStored(context, object, { schema: schema.name });
      return context.put({ ...object, schema: schema.oid });
    }
    case "function": {
      if (object.schema === schema.oid) return;
      const types = inputParameters(object).map((p) => p.type);
      const clash = context.snapshot.functionsNamed(object.name).some(
        (f) =>
          f.schema === schema.oid &&
          sameTypes(
            inputParameters(f).map((p) => p.type),
            types,
          ),
      );
      if (clash) throw routineExists(context, object.name, types, schema.name);
      renameObjectInStored(context, object, { schema: schema.name });
      return context.put({ ...object, schema: schema.oid });
    }
    case "collation":
      requireFreeCollation(context, object, schema.oid, object.name);
      renameObjectInStored(context, object, { schema: schema.name });
      return context.put({ ...object, schema: schema.oid });
    case "operator":
      renameObjectInStored(context, object, { schema: schema.name });
      return context.put({ ...object, schema: schema.oid });
    case "statistics":
      if (object.schema !== schema.oid) requireFreeStatisticsName(context, schema.oid, object.name);
      return context.put({ ...object, schema: schema.oid });
    default:
      throw notSupported(`ALTER ${command.object.kind.toUpperCase()} SET SCHEMA`);
  }
}

export function setOwner(context: DefinitionContext, command: Extract<Command, { kind: "SetOwner" }>): void {
  const { object } = requireObject(context, command.object);
  const role = requireRole(context, command.role);
  changeOwner(context, object, role.oid);
}
export function commentOn(context: DefinitionContext, command: Extract<Command, { kind: "CommentOn" }>): void {
  const found = requireObject(context, command.object);
  if (found.object.class !== "role" && found.object.class !== "cast") requireOwner(context, found.object);
  const target = found.part ?? found.object.oid;
  const existing = context.snapshot.comment(target, found.attribute);
  if (command.text === null || command.text === "") {
    if (existing !== undefined) context.remove(existing.oid);
    return;
  }
  context.put({ class: "comment", oid: existing?.oid ?? context.newOid(), object: target, attribute: found.attribute, text: command.text });
}
export { schemaExists };
