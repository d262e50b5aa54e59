/** Overload resolution of functions and operators: func_get_detail, oper and func_select_candidate. */

import { knownOperators } from "../../src/functions/index.js";
import type { Expression, FunctionCall } from "../../src/plan/index.js";
import {
  ambiguousFunction,
  DbError,
  datatypeMismatch,
  FIRST_USER_OID,
  type FunctionSignature,
  featureNotSupported,
  notSupportedAt,
  type Oid,
  type OperatorSignature,
  TypeOid,
  undefinedFunction,
  undefinedSchema,
} from "../../src/types/index.js";
import { noteName } from "../parser/schemas-of-names.js";
import { at, type Binder, type RecordFields } from "./binder.js";
import { canCoerce, isBinaryCoercible, isPolymorphic, tryCoerce } from "./coerce.js";
import { polymorphicMismatch, resolvePolymorphic } from "./polymorphic.js";

interface Candidate<Target> {
  readonly target: Target;
  readonly argTypes: readonly Oid[];
}

/** func_select_candidate: the best of several that all could work; undefined when none is. */
function selectCandidate<Target>(binder: Binder, given: readonly Oid[], all: readonly Candidate<Target>[]): Candidate<Target> | undefined {
  const inputs = given.map((type) => binder.baseType(type));
  const unknown = TypeOid.unknown;
  const preferredFor = (type: Oid, input: Oid): boolean => {
    const facts = binder.registry.typeByOid(type);
    return facts?.preferred === true && facts.category === binder.category(input);
  };
  const score = (candidate: Candidate<Target>, withPreferred: boolean): number =>
    inputs.reduce((sum, input, i) => {
      if (input === unknown) return sum;
      const type = candidate.argTypes[i]!;
      return type === input || (withPreferred && preferredFor(type, input)) ? sum + 1 : sum;
    }, 0);
  const best = (candidates: readonly Candidate<Target>[], withPreferred: boolean): readonly Candidate<Target>[] => {
    const scores = candidates.map((candidate) => score(candidate, withPreferred));
    const top = Math.max(...scores);
    return candidates.filter((_, i) => scores[i] === top);
  };
  let candidates = best(all, false);
  if (candidates.length === 1) return candidates[0];
  candidates = best(candidates, true);
  if (candidates.length === 1) return candidates[0];
  if (!inputs.includes(unknown)) return undefined;

  const matchesSlot = unknownSlots(binder, inputs, candidates);
  if (matchesSlot !== undefined) {
    const kept = candidates.filter((candidate) => inputs.every((input, i) => input !== unknown || matchesSlot(i, candidate.argTypes[i]!)));
    if (kept.length > 0) candidates = kept;
    if (candidates.length === 1) return candidates[0];
  }
  const known = inputs.filter((input) => input !== unknown);
  if (known.length > 0 && known.every((type) => type === known[0])) {
    const assumed = inputs.map(() => known[0]!);
    const fitting = candidates.filter((candidate) => acceptsAll(binder, assumed, candidate.argTypes));
    if (fitting.length === 1) return fitting[0];
  }
  return undefined;
}

/** What unknown arguments are taken for: the category the candidates agree on, string when in doubt. */
function unknownSlots<Target>(
  binder: Binder,
  inputs: readonly Oid[],
  candidates: readonly Candidate<Target>[],
): ((slot: number, type: Oid) => boolean) | undefined {
  const slots: ({ category: string; preferred: boolean } | undefined)[] = [];
  for (const [i, input] of inputs.entries()) {
    if (input !== TypeOid.unknown) continue;
    let slot: { category: string; preferred: boolean } | undefined;
    let conflict = false;
    for (const candidate of candidates) {
      const facts = binder.registry.typeByOid(candidate.argTypes[i]!);
      const category = facts?.category ?? "P";
      const preferred = facts?.preferred ?? false;
      if (slot === undefined) slot = { category, preferred };
      else if (slot.category === category) slot.preferred ||= preferred;
      else if (category === "S") slot = { category, preferred };
      else conflict = true;
    }
    if (conflict && slot?.category !== "S") return undefined;
    slots[i] = slot;
  }
  return (i, type) => {
    const slot = slots[i]!;
    const facts = binder.registry.typeByOid(type);
    return (facts?.category ?? "P") === slot.category && (!slot.preferred || (facts?.preferred ?? false));
  };
}

// ---- operators

const operatorCaches = new WeakMap<object, Map<string, OperatorSignature | null>>();
/** A registry does not change once it is made, so what was resolved stays true. */
export function findOperator(binder: Binder, name: string, left: Oid, right: Oid): OperatorSignature | undefined {
  // What the catalog cannot have changed is resolved once for all its versions.
  const { base } = binder.registry;
  const isOurs = left >= FIRST_USER_OID || right >= FIRST_USER_OID;
  const key0 = bareOperator(name);
  const owner =
    base !== undefined && !isOurs && base.operatorsByName(key0) === binder.registry.operatorsByName(key0) ? base : binder.registry;
  let cache = operatorCaches.get(owner);
  if (cache === undefined) {
    cache = new Map();
    operatorCaches.set(owner, cache);
  }
  const path = owner === binder.registry ? binder.catalog.searchPath.join() : "";
  const key = `${name} ${left} ${right} ${path}`;
  let found = cache.get(key);
  if (found === undefined) {
    found = selectOperator(binder, name, left, right) ?? null;
    cache.set(key, found);
  }
  return found ?? undefined;
}

function selectOperator(binder: Binder, name: string, left: Oid, right: Oid): OperatorSignature | undefined {
  const prefix = left === 0;
  const operators = visibleOperators(binder, name).filter((operator) => (operator.left === 0) === prefix);
  const unknown = TypeOid.unknown;
  // An unknown literal is first taken to be of the other side's type.
  const exactLeft = left === unknown && right !== unknown ? right : left;
  const exactRight = right === unknown && !prefix ? exactLeft : right;
  const exact = operators.find((operator) => operator.left === exactLeft && operator.right === exactRight);
  if (exact !== undefined) return exact;
  // A domain is compared as its base type when no operator knows it.
  const [baseLeft, baseRight] = [binder.baseType(exactLeft), binder.baseType(exactRight)];
  if (baseLeft !== exactLeft || baseRight !== exactRight) {
    const below = operators.find((operator) => operator.left === baseLeft && operator.right === baseRight);
    if (below !== undefined) return below;
  }
  const inputs = prefix ? [right] : [left, right];
  const candidates = operators
    .map((operator) => ({ target: operator, argTypes: prefix ? [operator.right] : [operator.left, operator.right] }))
    .filter((candidate) => acceptsAll(binder, inputs, candidate.argTypes));
  if (candidates.length === 0) return undefined;
  if (candidates.length === 1) return candidates[0]!.target;
  const chosen = selectCandidate(binder, inputs, candidates);
  if (chosen === undefined) throw new AmbiguousOperator();
  return chosen.target;
}
class AmbiguousOperator extends Error {}

/** `schema.op` without its schema, in the one spelling that operators are kept in. */
function bareOperator(name: string): string {
  const bare = name.slice(name.lastIndexOf(".") + 1);
  return bare === "!=" ? "<>" : bare;
}

/** In the order of the search path; of several with the same operands only the first. */
function visibleOperators(binder: Binder, name: string): readonly OperatorSignature[] {
  const all = binder.registry.operatorsByName(bareOperator(name));
  const point = name.lastIndexOf(".");
  if (point >= 0) {
    const schema = operatorSchema(binder, schemaOf(name), name);
    return all.filter((operator) => operator.schema === schema);
  }
  if (!all.some((operator) => operator.isUserDefined)) return all;
  const path = binder.catalog.searchPath.map((oid) => binder.catalog.schemaByOid(oid)?.name);
  const placeOf = (operator: OperatorSignature): number => {
    const place = path.indexOf(operator.schema);
    // What extensions bring is found wherever they are.
    return place < 0 && operator.isUserDefined !== true ? path.length : place;
  };
  const visible = all.filter((operator) => placeOf(operator) >= 0).sort((a, b) => placeOf(a) - placeOf(b));
  return visible.filter((operator, i) => visible.findIndex((o) => o.left === operator.left && o.right === operator.right) === i);
}
const schemaOf = (name: string): string => name.slice(0, name.lastIndexOf("."));
function operatorSchema(binder: Binder, qualifier: string, name: string): string {
  if (binder.catalog.schemaByName(qualifier) !== undefined) return qualifier;
  const point = qualifier.indexOf(".");
  if (point < 0) throw undefinedSchema(qualifier);
  if (qualifier.slice(0, point) !== binder.context.currentDatabase)
    throw featureNotSupported(`cross-database references are not implemented: ${name}`);
  return operatorSchema(binder, qualifier.slice(point + 1), name);
}

function acceptsAll(binder: Binder, inputs: readonly Oid[], declared: readonly Oid[]): boolean {
  if (!inputs.every((input, i) => canCoerce(binder, input, declared[i]!, "implicit"))) return false;
  return !declared.some(isPolymorphic) || resolvePolymorphic(binder, inputs, declared, 0) !== undefined;
}

const operatorText = (binder: Binder, name: string, left: Oid, right: Oid): string =>
  left === 0 ? `${name} ${binder.typeName(right)}` : `${binder.typeName(left)} ${name} ${binder.typeName(right)}`;

export function requireOperator(binder: Binder, name: string, left: Oid, right: Oid, position: number | undefined): OperatorSignature {
  let operator: OperatorSignature | undefined;
  try {
    operator = findOperator(binder, name, left, right);
  } catch (error) {
    if (error instanceof DbError && error.sqlstate === "3F000") throw undefinedSchema(schemaOf(name), at(position));
    if (!(error instanceof AmbiguousOperator)) throw error;
    throw ambiguousFunction(
      `operator is not unique: ${operatorText(binder, name, left, right)}`,
      at(position),
      "Could not choose a best candidate operator. You might need to add explicit type casts.",
    );
  }
  if (operator === undefined) {
    const bare = bareOperator(name);
    const isBuiltIn = bare === name || schemaOf(name) === "pg_catalog" || name === "!=";
    if (isBuiltIn && knownOperators().some((known) => known.name === bare && known.left === left && known.right === right))
      throw notSupportedAt(`operator ${operatorText(binder, name, left, right)}`, at(position));
    throw undefinedFunction(
      `operator does not exist: ${operatorText(binder, name, left, right)}`,
      at(position),
      `No operator matches the given name and argument ${left === 0 ? "type" : "types"}. You might need to add ${left === 0 ? "an explicit type cast" : "explicit type casts"}.`,
    );
  }
  return operator;
}

// ---- functions

/** OUT columns with the types that this call's arguments give the polymorphic ones. */
export function outColumnsOf(binder: Binder, call: FunctionCall, signature: FunctionSignature): RecordFields {
  const columns = signature.outColumns ?? [];
  if (!columns.some((column) => isPolymorphic(column.type))) return columns;
  const inputs = call.args.map((arg) => arg.type);
  return columns.map((column) => ({
    name: column.name,
    type: isPolymorphic(column.type)
      ? (resolvePolymorphic(binder, inputs, signature.argTypes, column.type)?.result ?? column.type)
      : column.type,
  }));
}

/** The fields of a value of type record, where a call makes it: here or in the subquery whose column it is. */
export function recordFields(binder: Binder, record: Expression): RecordFields | undefined {
  if (record.kind === "ColumnReference") return binder.recordColumns.get(record.id);
  if (record.kind !== "FunctionCall") return undefined;
  const signature = binder.registry.functionById(record.functionId);
  return signature?.outColumns === undefined ? undefined : outColumnsOf(binder, record, signature);
}

export interface ResolvedFunction {
  readonly signature: FunctionSignature;
  /** One per argument given (variadic ones spread). */
  readonly argTypes: readonly Oid[];
  readonly result: Oid;
  /** Arguments from this place on are packed into one array; -1: none. */
  readonly packFrom: number;
  /** Parameter that each given argument is for, when some are named. */
  readonly places?: readonly number[];
}
interface FunctionCandidate extends Candidate<FunctionSignature> {
  readonly packFrom: number;
  readonly places?: readonly number[];
}

export function visibleFunctions(binder: Binder, name: readonly string[]): readonly FunctionSignature[] {
  const all = binder.registry.functionsByName(name.at(-1)!);
  if (name.length > 1) return all.filter((signature) => signature.schema === name.at(-2));
  return all.filter((signature) => isVisibleSchema(binder, signature.schema));
}
function isVisibleSchema(binder: Binder, schema: string): boolean {
  if (schema === "pg_catalog") return true;
  return binder.catalog.searchPath.some((oid) => binder.catalog.schemaByOid(oid)?.name === schema);
}

function candidateOf(signature: FunctionSignature, count: number, explicitVariadic: boolean): FunctionCandidate | undefined {
  const declared = signature.argTypes;
  if (declared.length === count && (signature.variadic === undefined || explicitVariadic || signature.variadic !== TypeOid.any)) {
    if (signature.variadic === undefined || explicitVariadic) return { target: signature, argTypes: declared, packFrom: -1 };
  }
  if (signature.variadic !== undefined && !explicitVariadic && count >= declared.length) {
    const fixed = declared.slice(0, -1);
    const element = signature.variadic;
    return {
      target: signature,
      argTypes: [...fixed, ...Array<Oid>(count - fixed.length).fill(element)],
      packFrom: element === TypeOid.any ? -1 : fixed.length,
    };
  }
  const optional = signature.defaults?.length ?? 0;
  if (count < declared.length && count >= declared.length - optional && signature.variadic === undefined) {
    return { target: signature, argTypes: declared.slice(0, count), packFrom: -1 };
  }
  return undefined;
}

/** MatchNamedCall: positional arguments first, named ones by name, the rest by defaults. */
function namedCandidate(
  signature: FunctionSignature,
  argNames: readonly (string | undefined)[],
  explicitVariadic: boolean,
): FunctionCandidate | undefined {
  const { argTypes, argNames: names } = signature;
  if (names === undefined || argNames.length > argTypes.length || (signature.variadic !== undefined && !explicitVariadic)) return undefined;
  const places: number[] = [];
  for (const [i, name] of argNames.entries()) {
    const place = name === undefined ? i : names.indexOf(name);
    if (place < 0 || places.includes(place)) return undefined;
    places.push(place);
  }
  const required = argTypes.length - (signature.defaults?.length ?? 0);
  for (let place = 0; place < required; place++) if (!places.includes(place)) return undefined;
  return { target: signature, argTypes: places.map((place) => argTypes[place]!), packFrom: -1, places };
}

/** undefined: no such function (the caller may still find a cast). */
export function resolveFunction(
  binder: Binder,
  name: readonly string[],
  inputs: readonly Oid[],
  explicitVariadic: boolean,
  position: number,
  argNames: readonly (string | undefined)[] = [],
): ResolvedFunction | undefined {
  const candidates: FunctionCandidate[] = [];
  const isNamed = argNames.some((argument) => argument !== undefined);
  for (const signature of visibleFunctions(binder, name)) {
    const candidate = isNamed
      ? namedCandidate(signature, argNames, explicitVariadic)
      : candidateOf(signature, inputs.length, explicitVariadic);
    if (candidate !== undefined) candidates.push(candidate);
  }
  const exact = candidates.filter((candidate) => candidate.argTypes.every((type, i) => type === inputs[i]));
  // A function that takes the arguments as they are wins over a variadic one that collects them.
  const chosen = exact.find((candidate) => candidate.packFrom < 0) ?? exact[0] ?? bestFunction(binder, name, inputs, candidates, position);
  if (chosen === undefined) return undefined;
  noteName(name, chosen.target.oid, chosen.target.schema, chosen.target.name);
  if (!chosen.argTypes.some(isPolymorphic)) {
    const { packFrom, places } = chosen;
    const facts = { signature: chosen.target, argTypes: chosen.argTypes, result: chosen.target.returnType, packFrom };
    return places === undefined ? facts : { ...facts, places };
  }
  const resolved = resolvePolymorphic(binder, inputs, chosen.argTypes, chosen.target.returnType);
  if (resolved === undefined) {
    const mismatch = polymorphicMismatch(binder, inputs, chosen.argTypes);
    if (mismatch !== undefined) throw mismatch;
    return undefined;
  }
  const undecided = chosen.argTypes.some(
    (type, i) => isPolymorphic(type) && type !== TypeOid.any && resolved.argTypes[i] === TypeOid.unknown,
  );
  if (resolved.result === TypeOid.unknown || undecided) {
    throw datatypeMismatch("could not determine polymorphic type because input has type unknown");
  }
  const { packFrom, places } = chosen;
  return { signature: chosen.target, ...resolved, packFrom, ...(places === undefined ? {} : { places }) };
}

function bestFunction(
  binder: Binder,
  name: readonly string[],
  inputs: readonly Oid[],
  candidates: readonly FunctionCandidate[],
  position: number,
): FunctionCandidate | undefined {
  const accepting = candidates.filter((candidate) => acceptsAll(binder, inputs, candidate.argTypes));
  if (accepting.length <= 1) return accepting[0];
  const plain = accepting.filter((candidate) => candidate.packFrom < 0);
  const chosen = selectCandidate(binder, inputs, plain.length > 0 && plain.length < accepting.length ? plain : accepting) as
    | FunctionCandidate
    | undefined;
  if (chosen === undefined) {
    throw ambiguousFunction(
      `function ${functionText(binder, name, inputs)} is not unique`,
      at(position),
      "Could not choose a best candidate function. You might need to add explicit type casts.",
    );
  }
  return chosen;
}

export const functionText = (
  binder: Binder,
  name: readonly string[],
  inputs: readonly Oid[],
  argNames: readonly (string | undefined)[] = [],
): string => {
  const args = inputs.map((type, i) => `${argNames[i] === undefined ? "" : `${argNames[i]} => `}${binder.typeName(type)}`);
  return `${name.join(".")}(${args.join(", ")})`;
};

/** Coerces the operands and makes the call. */
export function operatorCall(
  binder: Binder,
  operator: OperatorSignature,
  left: Expression | undefined,
  right: Expression,
  name: string,
  position?: number,
): Expression {
  const declared = left === undefined ? [operator.right] : [operator.left, operator.right];
  const operands = left === undefined ? [right] : [left, right];
  let resolved: ReturnType<typeof resolvePolymorphic> = { argTypes: declared, result: operator.result };
  if (declared.some(isPolymorphic)) {
    const inputs = operands.map((operand) => operand.type);
    resolved = resolvePolymorphic(binder, inputs, declared, operator.result);
    const mismatch = resolved === undefined ? polymorphicMismatch(binder, inputs, declared) : undefined;
    if (mismatch !== undefined) throw mismatch;
  }
  const argTypes = resolved?.argTypes ?? declared;
  const signature = binder.registry.functionById(operator.functionId);
  if (operator.oid >= FIRST_USER_OID) binder.relationsRead.add(operator.oid);
  return {
    kind: "FunctionCall",
    functionId: operator.functionId,
    args: operands.map((operand, i) => tryCoerce(binder, operand, argTypes[i]!, "implicit")!),
    strict: signature?.strict ?? true,
    volatility: signature?.volatility ?? "immutable",
    // Nothing is concluded from the name of an operator that somebody made.
    syntax: { form: "operator", name: operator.isUserDefined === true ? `${operator.schema}.${name}` : name },
    type: resolved?.result ?? operator.result,
    typmod: -1,
    ...(position === undefined || position === 0 ? {} : { position }),
  };
}
/** The function behind `left = right` for operands that already have these types. */
export function equalityId(binder: Binder, left: Oid, right: Oid, position?: number): string {
  return requireOperator(binder, "=", left, right, position).functionId;
}
export { isBinaryCoercible };
