/** Coercions, as parse_coerce.c chooses them. */

import { domainCheckId } from "../../src/functions/index.js";
import type { Constant, Expression } from "../../src/plan/index.js";
import { type CastSignature, cannotCoerce, DbError, datatypeMismatch, FIRST_INITDB_OID, type Oid, TypeOid } from "../../src/types/index.js";
import { at, type Binder } from "./binder.js";

export type CoercionContext = "implicit" | "assignment" | "explicit";
const CONTEXT_RANK: Readonly<Record<CoercionContext, number>> = { implicit: 0, assignment: 1, explicit: 2 };

type Pathway =
  | { readonly kind: "none" }
  | { readonly kind: "relabel" }
  | { readonly kind: "cast"; readonly cast: CastSignature }
  | { readonly kind: "array"; readonly source: Oid; readonly target: Oid }
  | { readonly kind: "inout" }
  /** A record, field by field, into a composite type. */
  | { readonly kind: "row" };

/** Nothing is ever cast to it, literals included. */
const INTERNAL: Oid = 2281;

const POLYMORPHIC = new Set<Oid>([
  TypeOid.any, TypeOid.anyelement, TypeOid.anyarray, TypeOid.anynonarray, TypeOid.anycompatible, TypeOid.anycompatiblearray, 3500, 3831, 4537, 4538, 5079, 5080,
]); // biome-ignore format: a list
export const isPolymorphic = (type: Oid): boolean => POLYMORPHIC.has(type);

/** check_generic_type_consistency of one argument; undefined: the type takes a value of any kind. */
function fitsContainer(binder: Binder, source: Oid, target: Oid): boolean | undefined {
  const base = binder.baseType(source);
  const range = binder.registry.typeByOid(base)?.range;
  switch (target) {
    case TypeOid.anyarray:
    case TypeOid.anycompatiblearray:
      return base === TypeOid.unknown || base === TypeOid.recordArray || binder.category(base) === "A";
    case 3500: // anyenum
      return binder.category(base) === "E";
    case 3831: // anyrange
    case 5080: // anycompatiblerange
      return base === TypeOid.unknown || range?.rangeType === base;
    case 4537: // anymultirange
    case 4538: // anycompatiblemultirange
      return base === TypeOid.unknown || range?.multirangeType === base;
    default:
      return undefined;
  }
}
/** A value keeps its own type; only a literal can be of a polymorphic type, and only as NULL: the input functions refuse the rest. */
function coerceToPolymorphic(binder: Binder, expression: Expression, target: Oid, written: boolean): Expression | undefined {
  const fits = written ? fitsContainer(binder, expression.type, target) : undefined;
  if (fits === false) return undefined;
  if (!written || expression.kind !== "Constant" || expression.type !== TypeOid.unknown)
    return resolveUnknown(binder, expression, TypeOid.text);
  return fits === undefined ? expression : literal(binder, expression, target, -1);
}

/** find_coercion_pathway; undefined: there is none in this context. */
function findPathway(binder: Binder, source: Oid, target: Oid, context: CoercionContext): Pathway | undefined {
  if (source === target) return { kind: "none" };
  // A domain's values are its base type's; what goes into one is checked by tryCoerce.
  if (source >= FIRST_INITDB_OID || target >= FIRST_INITDB_OID) {
    const own = binder.registry.cast(source, target);
    if (own === undefined) {
      const [from, to] = [binder.baseType(source), binder.baseType(target)];
      if (from !== source || to !== target) return from === to ? { kind: "relabel" } : findPathway(binder, from, to, context);
      if (target === TypeOid.record && binder.fields(source) !== undefined) return { kind: "none" };
      if (source === TypeOid.record && binder.fields(target) !== undefined) return { kind: "row" };
      if (target === TypeOid.recordArray && binder.category(source) === "A" && binder.fields(binder.elementType(source)) !== undefined)
        return { kind: "none" };
    }
  }
  // The catalog relations show stored expressions as text; pg_get_expr takes them as they are.
  if (target === TypeOid.pgNodeTree && source === TypeOid.text) return { kind: "none" };
  const cast = binder.registry.cast(source, target);
  if (cast !== undefined) {
    if (CONTEXT_RANK[cast.context] > CONTEXT_RANK[context]) return undefined;
    if (cast.method.kind === "binary") return { kind: "relabel" };
    return cast.method.kind === "inout" ? { kind: "inout" } : { kind: "cast", cast };
  }
  const sourceElement = binder.elementType(source);
  const targetElement = binder.elementType(target);
  // oidvector and int2vector look like arrays, but nothing is cast to them element by element.
  const isPlainArray = target !== TypeOid.oidvector && target !== TypeOid.int2vector;
  if (isPlainArray && sourceElement !== 0 && targetElement !== 0 && binder.category(source) === "A" && binder.category(target) === "A") {
    const element = findPathway(binder, sourceElement, targetElement, context);
    if (element === undefined) return undefined;
    return element.kind === "relabel" ? { kind: "relabel" } : { kind: "array", source: sourceElement, target: targetElement };
  }
  if (context !== "implicit" && binder.category(target) === "S") return { kind: "inout" };
  if (context === "explicit" && binder.category(source) === "S") return { kind: "inout" };
  return undefined;
}

export function canCoerce(binder: Binder, source: Oid, target: Oid, context: CoercionContext): boolean {
  if (target === INTERNAL) return source === target;
  if (source === target || source === TypeOid.unknown || isPolymorphic(target)) return true;
  return findPathway(binder, source, target, context) !== undefined;
}
/** Same bytes, no context asked: IsBinaryCoercible. */
export function isBinaryCoercible(binder: Binder, source: Oid, target: Oid): boolean {
  if (source === target) return true;
  const cast = binder.registry.cast(source, target);
  return cast !== undefined && cast.method.kind === "binary" && cast.context === "implicit";
}

/** coerce_to_target_type without modifier; undefined when there is no way. */
export function tryCoerce(
  binder: Binder,
  expression: Expression,
  target: Oid,
  context: CoercionContext,
  written = false,
  typmod = -1,
): Expression | undefined {
  const source = expression.type;
  if (source === target) return expression;
  // "any" takes a literal as it is, of type unknown.
  if (target === TypeOid.any && expression.kind === "Constant") return expression;
  if (target === INTERNAL) return undefined;
  if (isPolymorphic(target)) return coerceToPolymorphic(binder, expression, target, written);
  if (target >= FIRST_INITDB_OID && binder.registry.cast(source, target) === undefined) {
    const domain = binder.registry.typeByOid(target)?.base;
    if (domain !== undefined) return coerceToDomain(binder, expression, target, domain, context, written);
  }
  if (source === TypeOid.unknown) {
    if (expression.kind === "Constant") return literal(binder, expression, target, -1);
    if (expression.kind === "Parameter") return binder.resolveParameter(expression, target);
    return { kind: "CoerceViaText", arg: expression, explicit: written, type: target, typmod: -1 };
  }
  const pathway = findPathway(binder, source, target, context);
  if (pathway === undefined) return undefined;
  const below = source >= FIRST_INITDB_OID && binder.registry.cast(source, target) === undefined ? binder.baseType(source) : source;
  if (below !== source && pathway.kind !== "none") {
    const base = relabel(expression, below, written);
    return below === target ? base : tryCoerce(binder, base, target, context, written);
  }
  switch (pathway.kind) {
    case "row":
      return recordToComposite(binder, expression, target, context, written);
    case "none":
      return expression;
    case "relabel":
      return relabel(expression, target, written);
    case "inout":
      return { kind: "CoerceViaText", arg: expression, explicit: written, type: target, typmod: -1 };
    case "array": {
      const operand: Expression = { kind: "CaseOperand", type: pathway.source, typmod: -1 };
      const element = tryCoerce(binder, operand, pathway.target, context, written)!;
      return { kind: "CoerceArray", arg: expression, element, type: target, typmod: -1 };
    }
    case "cast":
      return castCall(binder, expression, pathway.cast, target, written, typmod);
  }
}

/** coerce_to_domain: the base type's value, with the domain's modifier, checked when it is evaluated. */
function coerceToDomain(
  binder: Binder,
  expression: Expression,
  target: Oid,
  domain: { readonly type: Oid; readonly typmod: number },
  context: CoercionContext,
  written: boolean,
): Expression | undefined {
  // Straight to the type below all domains: this domain's check sees to the ones between.
  let { type, typmod } = domain;
  for (let below = binder.registry.typeByOid(type)?.base; below !== undefined; below = binder.registry.typeByOid(type)?.base) {
    type = below.type;
    if (typmod < 0) typmod = below.typmod;
  }
  const base = tryCoerce(binder, expression, type, context, written);
  if (base === undefined) return undefined;
  return {
    kind: "FunctionCall",
    functionId: domainCheckId(target),
    args: [applyModifier(binder, base, typmod, written)],
    strict: false,
    volatility: "stable",
    syntax: { form: "cast", name: binder.typeName(target), implicit: !written },
    type: target,
    typmod: -1,
  };
}

/** coerce_record_to_complex. undefined: a record whose fields are not known here. */
function recordToComposite(
  binder: Binder,
  expression: Expression,
  target: Oid,
  context: CoercionContext,
  written: boolean,
): Expression | undefined {
  if (expression.kind !== "RowConstructor") return undefined;
  const wanted = binder.fields(target)!;
  const fail = (detail: string): DbError =>
    new DbError({
      ...cannotCoerce(`cannot cast type ${binder.typeName(expression.type)} to ${binder.typeName(target)}`, at(expression.position)).fields,
      detail,
    });
  if (expression.fields.length < wanted.length) throw fail("Input has too few columns.");
  const fields = wanted.map((field, i) => {
    const value = expression.fields[i]!;
    const coerced = tryCoerce(binder, value, field.type, context, written);
    if (coerced === undefined)
      throw fail(`Cannot cast type ${binder.typeName(value.type)} to ${binder.typeName(field.type)} in column ${i + 1}.`);
    return applyModifier(binder, coerced, field.typmod, written);
  });
  if (expression.fields.length > wanted.length) throw fail("Input has too many columns.");
  return { kind: "RowConstructor", fields, names: wanted.map((f) => f.name), type: target, typmod: -1 };
}

/** A constant changes its type in place: bytes are the same. */
function relabel(expression: Expression, target: Oid, written: boolean): Expression {
  if (expression.kind === "Constant") {
    // int4 and the oid types have the same bits and different values.
    const { value, type } = expression;
    const fitted = typeof value !== "number" ? value : target === TypeOid.int4 ? value | 0 : type === TypeOid.int4 ? value >>> 0 : value;
    return { ...expression, value: fitted, type: target, typmod: -1 };
  }
  return { kind: "Relabel", arg: expression, explicit: written, type: target, typmod: -1 };
}

/** `typmod` reaches functions that take it: bit(integer, modifier) makes as many bits as the modifier says. */
function castCall(binder: Binder, expression: Expression, cast: CastSignature, target: Oid, written: boolean, typmod: number): Expression {
  if (cast.method.kind !== "function") return relabel(expression, target, written);
  const signature = binder.registry.functionById(cast.method.functionId);
  const args: Expression[] = [expression];
  if (signature !== undefined) {
    // The function may read its argument as another type of the same bytes (varchar as text).
    const declared = signature.argTypes[0];
    if (declared !== undefined && declared !== expression.type && !isPolymorphic(declared)) args[0] = relabel(expression, declared, false);
    if (signature.argTypes.length > 1) args.push({ kind: "Constant", value: typmod, type: TypeOid.int4, typmod: -1 });
    if (signature.argTypes.length > 2) args.push({ kind: "Constant", value: written, type: TypeOid.bool, typmod: -1 });
  }
  const call: Expression = {
    kind: "FunctionCall",
    functionId: cast.method.functionId,
    args,
    strict: signature?.strict ?? true,
    volatility: signature?.volatility ?? "immutable",
    syntax: { form: "cast", name: binder.typeName(target), implicit: !written },
    type: target,
    typmod: -1,
  };
  // int2 becomes an oid by way of int4.
  if (signature?.returnType === TypeOid.int4 && target !== TypeOid.int4) return relabel({ ...call, type: TypeOid.int4 }, target, written);
  return call;
}

/** Literals of these types are read with session settings, or say "now": such a plan is not kept. */
function dependsOnSession(type: Oid, text: string): boolean {
  switch (type) {
    case TypeOid.timestamptz:
    case TypeOid.timetz:
      return true;
    case TypeOid.date:
    case TypeOid.timestamp:
    case TypeOid.time:
      return !/^\d{4}-\d\d-\d\d([ T][\d:.]+)?$/.test(text);
    case TypeOid.interval:
    case TypeOid.regclass:
    case TypeOid.regtype:
    case TypeOid.regproc:
    case TypeOid.regnamespace:
    case TypeOid.regrole:
      return type !== TypeOid.interval;
    default:
      return false;
  }
}

/** Runs the type's input function over an unknown literal. */
export function literal(binder: Binder, constant: Constant, target: Oid, typmod: number): Expression {
  const place = constant.position === undefined ? {} : { position: constant.position };
  const type = binder.type(target);
  if (constant.value === null && type.refusesNull !== true) return { kind: "Constant", value: null, type: target, typmod: -1, ...place };
  const text = constant.value as string;
  if (dependsOnSession(target, text)) binder.cacheable = false;
  try {
    const value = type.input(text, typmod, binder.context.format);
    return { kind: "Constant", value, type: target, typmod, ...place };
  } catch (error) {
    throw error instanceof DbError ? error.at(at(constant.position)) : error;
  }
}

/** strip_implicit_coercions: the expression as it was written. */
export function stripImplicit(expression: Expression): Expression {
  if ((expression.kind === "Relabel" || expression.kind === "CoerceViaText") && !expression.explicit) return stripImplicit(expression.arg);
  if (expression.kind === "FunctionCall" && expression.syntax.implicit === true) return stripImplicit(expression.args[0]!);
  return expression;
}

/** coerce_type_typmod. */
export function applyModifier(binder: Binder, expression: Expression, typmod: number, explicit: boolean): Expression {
  if (typmod < 0 || expression.typmod === typmod) return expression;
  const type = binder.type(expression.type);
  if (type.coerceModifier === undefined) {
    const element = type.elementType;
    if (element === 0 || type.category !== "A" || binder.type(element).coerceModifier === undefined) return expression;
    const operand: Expression = { kind: "CaseOperand", type: element, typmod: -1 };
    return {
      kind: "CoerceArray",
      arg: expression,
      element: { kind: "CoerceModifier", arg: operand, explicit, type: element, typmod },
      type: expression.type,
      typmod,
    };
  }
  if (expression.kind === "Constant") {
    if (expression.value === null) return { ...expression, typmod };
    return { ...expression, value: type.coerceModifier(expression.value, typmod, explicit), typmod };
  }
  return { kind: "CoerceModifier", arg: expression, explicit, type: expression.type, typmod };
}

/** expr::type(modifier), and CAST. */
export function castTo(binder: Binder, expression: Expression, target: Oid, typmod: number, position: number | undefined): Expression {
  if (target === TypeOid.interval && expression.type === TypeOid.unknown && expression.kind === "Constant")
    return literal(binder, expression, target, typmod);
  const coerced = tryCoerce(binder, expression, target, "explicit", true, typmod);
  if (coerced === undefined)
    throw cannotCoerce(`cannot cast type ${binder.typeName(expression.type)} to ${binder.typeName(target)}`, at(position));
  return applyModifier(binder, coerced, typmod, true);
}

/** A value that goes into an attribute. */
export function coerceForAssignment(
  binder: Binder,
  expression: Expression,
  target: Oid,
  typmod: number,
  column: string,
  position: number | undefined,
): Expression {
  const coerced = tryCoerce(binder, expression, target, "assignment", false, typmod);
  if (coerced === undefined) {
    throw datatypeMismatch(
      `column "${column}" is of type ${binder.typeName(target)} but expression is of type ${binder.typeName(expression.type)}`,
      at(position),
      {
        hint: "You will need to rewrite or cast the expression.",
      },
    );
  }
  return applyModifier(binder, coerced, typmod, false);
}

export function coerceTo(binder: Binder, expression: Expression, target: Oid, construct: string, position?: number): Expression {
  const coerced = tryCoerce(binder, expression, target, "implicit");
  if (coerced === undefined) {
    throw cannotCoerce(
      `${construct} could not convert type ${binder.typeName(expression.type)} to ${binder.typeName(target)}`,
      at(position ?? expression.position),
    );
  }
  return coerced;
}

export function coerceToBoolean(binder: Binder, expression: Expression, construct: string, position?: number): Expression {
  const coerced = tryCoerce(binder, expression, TypeOid.bool, "assignment");
  if (coerced === undefined) {
    throw datatypeMismatch(
      `argument of ${construct} must be type boolean, not type ${binder.typeName(expression.type)}`,
      at(position ?? expression.position),
    );
  }
  return coerced;
}

/** An undecided literal or parameter becomes `type`; anything else stays. */
export function resolveUnknown(binder: Binder, expression: Expression, type: Oid = TypeOid.text): Expression {
  return expression.type === TypeOid.unknown ? tryCoerce(binder, expression, type, "implicit")! : expression;
}

/** select_common_type; undefined when `construct` is undefined and the types do not fit. */
export function commonType(binder: Binder, expressions: readonly Expression[], construct: string | undefined): Oid | undefined {
  const first = expressions[0]!.type;
  if (first !== TypeOid.unknown && expressions.every((expression) => expression.type === first)) return first;
  let chosen = binder.baseType(first);
  let category = binder.category(chosen);
  let preferred = binder.registry.typeByOid(chosen)?.preferred ?? false;
  for (const expression of expressions) {
    const type = binder.baseType(expression.type);
    if (type === chosen || type === TypeOid.unknown) continue;
    if (chosen === TypeOid.unknown) {
      chosen = type;
      category = binder.category(type);
      preferred = binder.registry.typeByOid(type)?.preferred ?? false;
    } else if (binder.category(type) !== category) {
      if (construct === undefined) return undefined;
      throw datatypeMismatch(
        `${construct} types ${binder.typeName(chosen)} and ${binder.typeName(type)} cannot be matched`,
        at(expression.position),
      );
    } else if (!preferred && canCoerce(binder, chosen, type, "implicit") && !canCoerce(binder, type, chosen, "implicit")) {
      chosen = type;
      preferred = binder.registry.typeByOid(type)?.preferred ?? false;
    }
  }
  if (chosen === TypeOid.unknown) return TypeOid.text;
  if (construct === undefined && !expressions.every((expression) => canCoerce(binder, expression.type, chosen, "implicit")))
    return undefined;
  return chosen;
}

/** select_common_typmod: the modifier that all share, else none. */
export function commonModifier(expressions: readonly Expression[], type: Oid): number {
  const typmod = expressions[0]!.typmod;
  return expressions.every((expression) => expression.type === type && expression.typmod === typmod) ? typmod : -1;
}
