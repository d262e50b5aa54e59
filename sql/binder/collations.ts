/** COLLATE in definitions: the collation found, and that the type has one at all. */
import { collationReference, requireCollation } from "../../src/catalog/index.js";
import { type CollationReference, collationsUnsupported, type Oid } from "../../src/types/index.js";
import { at, type Binder } from "./binder.js";

/** undefined: none was written, or the default. @throws DbError 42704, 3F000, 42804 */
export function bindCollation(
  binder: Binder,
  names: readonly string[] | undefined,
  type: Oid,
  position?: number,
): CollationReference | undefined {
  if (names === undefined) return undefined;
  const found = requireCollation(binder.catalog, names, position);
  requireCollatable(binder, type, position);
  binder.relationsRead.add(found.oid);
  return collationReference(found);
}

/** Text, and arrays of text, have collations; domains as their base types. */
export function isCollatable(binder: Binder, type: Oid): boolean {
  const base = binder.baseType(type);
  const element = binder.category(base) === "A" ? binder.baseType(binder.elementType(base)) : base;
  const name = binder.registry.typeByOid(element)?.name;
  return name === "text" || name === "varchar" || name === "bpchar" || name === "name";
}
/** @throws DbError 42804 */
export function requireCollatable(binder: Binder, type: Oid, position?: number): void {
  if (!isCollatable(binder, type)) throw collationsUnsupported(binder.typeName(type), position === undefined ? undefined : at(position));
}
