/** Names of new types and of the array types that come with them. */
import type { TypeObject } from "../../../catalog/index.js";
import { NAME_LENGTH_BYTES_MAX, truncateName } from "../../../catalog/index.js";
import type { QualifiedName } from "../../../plan/index.js";
import { DbError, type Oid, relationExists, typeMissing } from "../../../types/index.js";
import { type DefinitionContext, displayName } from "../context.js";
import { defaultAclFor } from "./grant.js";

export const typeExists = (name: string, hint?: string) =>
  new DbError({ sqlstate: "42710", message: `type "${name}" already exists`, ...(hint === undefined ? {} : { hint }) });
export const notADomain = (name: string) => new DbError({ sqlstate: "42809", message: `"${name}" is not a domain` });

/** The schema for a new type of this name; a shell of the same name is what it replaces. */
export function placeForType(context: DefinitionContext, name: QualifiedName): { schema: Oid; shell: TypeObject | undefined } {
  const schema = context.creationSchema(name).oid;
  const existing = context.snapshot.typeNamed(schema, name.name);
  if (existing === undefined) return { schema, shell: undefined };
  if (existing.class === "type" && existing.kind === "shell" && existing.name === name.name) return { schema, shell: existing };
  if (existing.class === "type" && existing.arrayName === name.name && existing.name !== name.name) {
    // An array type gives way to a type that wants its name.
    context.put({ ...existing, arrayName: arrayNameFor(context, schema, existing.arrayName) });
    return { schema, shell: undefined };
  }
  throw typeExists(name.name);
}

/** makeArrayTypeName: an underscore before the name, more while it is taken. */
export function arrayNameFor(context: DefinitionContext, schema: Oid, name: string): string {
  for (let underscores = 1; ; underscores++) {
    const candidate = "_".repeat(underscores) + truncateName(name, NAME_LENGTH_BYTES_MAX - underscores);
    if (context.snapshot.typeNamed(schema, candidate) === undefined) return candidate;
  }
}

/** What every type object starts with. */
export function newType(context: DefinitionContext, name: QualifiedName) {
  const { schema, shell } = placeForType(context, name);
  return {
    class: "type" as const,
    oid: shell?.oid ?? context.newOid(),
    schema,
    name: name.name,
    owner: context.owner,
    arrayOid: context.newOid(),
    arrayName: arrayNameFor(context, schema, name.name),
    ...defaultAclFor(context, "T", schema),
  };
}

export function findType(context: DefinitionContext, name: QualifiedName): TypeObject | undefined {
  const schemas = name.schema === undefined ? context.catalog.searchPath : [context.schema(name.schema).oid];
  for (const schema of schemas) {
    const found = context.snapshot.typeNamed(schema, name.name);
    if (found?.class === "type" && found.name === name.name) return found;
  }
  return undefined;
}
export function requireType(context: DefinitionContext, name: QualifiedName): TypeObject {
  const type = findType(context, name);
  if (type === undefined) {
    const builtIn = context.registry.typeByName(name.name, name.schema);
    if (builtIn !== undefined) throw new DbError({ sqlstate: "42809", message: `${builtIn.displayName} is not a user-defined type` });
    throw typeMissing(displayName(name));
  }
  return type;
}
export { relationExists };
