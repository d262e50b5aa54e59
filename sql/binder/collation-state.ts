/**
 * Derivation of collations as PostgreSQL does it (parse_collate.c): every expression has a collation and a strength, several meet by the
 * rules of `meet`. An explicit COLLATE beats what columns bring, of columns one with a collation of its own beats the default.
 */
import { collationByOid, collationOid } from "../../src/catalog/index.js";
import { CollationOid, DbError, type Oid, TypeOid } from "../../src/types/index.js";
import { at, type Binder } from "./binder.js";

export const Strength = { none: 0, implicit: 1, conflict: 2, explicit: 3 } as const;
type Strength = (typeof Strength)[keyof typeof Strength];

export interface CollationState {
  readonly strength: Strength;
  readonly collation: Oid;
  readonly position?: number | undefined;
  /** Of a conflict: the other collation, and where it came from. */
  readonly other?: Oid;
  readonly otherPosition?: number | undefined;
}
export const NO_COLLATION: CollationState = { strength: Strength.none, collation: CollationOid.none };

/** What a node's parts give together. @throws DbError 42P21 where two explicit ones differ */
export function meet(binder: Binder, states: readonly CollationState[]): CollationState {
  let result = NO_COLLATION;
  for (const state of states) result = meetTwo(binder, result, state);
  return result;
}
function meetTwo(binder: Binder, known: CollationState, next: CollationState): CollationState {
  if (next.strength !== known.strength) return next.strength > known.strength ? next : known;
  if (known.collation === next.collation || known.strength === Strength.none || known.strength === Strength.conflict) return known;
  if (known.strength === Strength.explicit)
    throw new DbError({
      sqlstate: "42P21",
      message: `collation mismatch between explicit collations "${nameOf(binder, known.collation)}" and "${nameOf(binder, next.collation)}"`,
      ...placed(next.position),
    });
  if (known.collation === CollationOid.default) return next;
  if (next.collation === CollationOid.default) return known;
  return { ...known, strength: Strength.conflict, other: next.collation, otherPosition: next.position };
}

/** For what needs one collation in any case: a set operation's column, a comparison of rows. @throws DbError 42P21 */
export function requireAgreement(binder: Binder, state: CollationState): void {
  if (state.strength !== Strength.conflict) return;
  throw new DbError({
    sqlstate: "42P21",
    message: `collation mismatch between implicit collations "${nameOf(binder, state.collation)}" and "${nameOf(binder, state.other ?? 0)}"`,
    hint: "You can choose the collation by applying the COLLATE clause to one or both expressions.",
    ...placed(state.otherPosition),
  });
}
const placed = (position: number | undefined): { readonly position?: number } =>
  position === undefined || at(position) === undefined ? {} : { position };
const nameOf = (binder: Binder, oid: Oid): string => collationByOid(binder.catalog, oid)?.name ?? String(oid);

/** The collation that a function called with these arguments uses; 0: none, or none that could be derived. */
export const inputCollation = (state: CollationState): Oid => (state.strength === Strength.conflict ? 0 : state.collation);

/** typcollation: 0 where the type has none. */
export function typeCollation(binder: Binder, type: Oid): Oid {
  switch (type) {
    case TypeOid.text:
    case TypeOid.varchar:
    case TypeOid.bpchar:
      return CollationOid.default;
    case TypeOid.name:
      return CollationOid.c;
    default:
  }
  const facts = binder.registry.typeByOid(type);
  if (facts === undefined) return 0;
  if (facts.base !== undefined) {
    return facts.collation === undefined ? typeCollation(binder, facts.base.type) : collationOid(facts.collation);
  }
  return facts.category === "A" && facts.elementType !== 0 ? typeCollation(binder, facts.elementType) : 0;
}
export function implicit(collation: Oid, position?: number): CollationState {
  return collation === 0 ? NO_COLLATION : { strength: Strength.implicit, collation, position };
}
