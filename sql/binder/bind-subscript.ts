/** Subscripts, read and assigned: `a[1]`, `a[1:2][3]`, `j['key'][0]`. */
import type { Expression, Subscript } from "../../src/plan/index.js";
import { DbError, datatypeMismatch, notSupportedAt, type Oid, TypeOid } from "../../src/types/index.js";
import type { Expr, Indirection } from "../parser/syntax-tree.js";
import { bindExpression } from "./bind-expression.js";
import { at, type Binder } from "./binder.js";
import { applyModifier, canCoerce, castTo, tryCoerce } from "./coerce.js";
import type { Scope } from "./scope.js";

export type SubscriptStep = Extract<Indirection, { kind: "index" | "slice" }>;
interface BoundSubscripts {
  readonly isSlice: boolean;
  readonly subscripts: Subscript["subscripts"];
}

export function bindSubscripts(
  binder: Binder,
  scope: Scope,
  container: Expression,
  steps: readonly SubscriptStep[],
  position: number,
): Expression {
  const bound = bindSubscriptList(binder, scope, container.type, steps, position);
  return { kind: "Subscript", container, ...bound, type: valueType(binder, container.type, bound.isSlice), typmod: container.typmod };
}

/** `container[steps] = value`: the container with that place changed. */
export function bindSubscriptAssignment(
  binder: Binder,
  scope: Scope,
  container: Expression,
  path: readonly Indirection[],
  value: Expression,
  column: string,
  position: number,
): Expression {
  const steps = path.filter((step): step is SubscriptStep => step.kind === "index" || step.kind === "slice");
  if (steps.length !== path.length) throw notSupportedAt("assigning to a field of a column", at(position));
  const bound = bindSubscriptList(binder, scope, container.type, steps, position);
  const type = valueType(binder, container.type, bound.isSlice);
  return {
    kind: "SubscriptAssignment",
    container,
    ...bound,
    value: coercePart(binder, value, { name: column, type, typmod: container.typmod }, position),
    type: container.type,
    typmod: container.typmod,
  };
}

export const startsWithSubscript = (path: readonly Indirection[]): boolean => path[0]?.kind === "index" || path[0]?.kind === "slice";

/** A value for a part of a column, as the part's type. */
export function coercePart(
  binder: Binder,
  value: Expression,
  part: { readonly name: string; readonly type: Oid; readonly typmod: number },
  position?: number,
): Expression {
  const coerced = tryCoerce(binder, value, part.type, "assignment");
  if (coerced !== undefined) return applyModifier(binder, coerced, part.typmod, false);
  throw datatypeMismatch(
    `subscripted assignment to "${part.name}" requires type ${binder.typeName(part.type)} but expression is of type ${binder.typeName(value.type)}`,
    at(position ?? value.position),
    { hint: "You will need to rewrite or cast the expression." },
  );
}

/** What an assignment through `path` takes. */
export function assignedType(binder: Binder, container: Oid, path: readonly Indirection[], position: number): Oid {
  requireSubscriptable(binder, container, position);
  return valueType(
    binder,
    container,
    path.some((step) => step.kind === "slice"),
  );
}

const valueType = (binder: Binder, container: Oid, isSlice: boolean): Oid =>
  isSlice || container === TypeOid.jsonb ? container : binder.elementType(container);

function requireSubscriptable(binder: Binder, type: Oid, position: number): void {
  if (type === TypeOid.jsonb || binder.category(type) === "A" || binder.elementType(type) !== 0) return;
  throw datatypeMismatch(`cannot subscript type ${binder.typeName(type)} because it does not support subscripting`, at(position));
}

/** More dimensions than an array can have are refused before anything is looked up. */
const DIMENSIONS_MAX = 6;

function bindSubscriptList(
  binder: Binder,
  scope: Scope,
  container: Oid,
  steps: readonly SubscriptStep[],
  position: number,
): BoundSubscripts {
  requireSubscriptable(binder, container, position);
  if (container === TypeOid.jsonb)
    return { isSlice: false, subscripts: steps.map((step) => ({ upper: bindKey(binder, scope, step, position) })) };
  if (steps.length > DIMENSIONS_MAX)
    throw new DbError({
      sqlstate: "54000",
      message: `number of array dimensions (${steps.length}) exceeds the maximum allowed (${DIMENSIONS_MAX})`,
    });
  const isSlice = steps.some((step) => step.kind === "slice");
  if (isSlice && (binder.registry.typeByOid(container)?.length ?? -1) > 0)
    throw new DbError({ sqlstate: "0A000", message: "slices of fixed-length arrays not implemented" });
  const subscripts = steps.map((step) => {
    if (step.kind === "index") {
      const upper = bindIndex(binder, scope, step.index);
      // Among slices a single index n means 1:n.
      return isSlice ? { lower: { kind: "Constant" as const, value: 1, type: TypeOid.int4, typmod: -1 }, upper } : { upper };
    }
    return {
      ...(step.lower === undefined ? {} : { lower: bindIndex(binder, scope, step.lower) }),
      ...(step.upper === undefined ? {} : { upper: bindIndex(binder, scope, step.upper) }),
    };
  });
  return { isSlice, subscripts };
}

function bindIndex(binder: Binder, scope: Scope, expr: Expr): Expression {
  const bound = bindExpression(binder, scope, expr);
  if (bound.type === TypeOid.int4) return bound;
  const coerced = tryCoerce(binder, bound, TypeOid.int4, "assignment");
  if (coerced === undefined) throw datatypeMismatch("array subscript must have type integer", at(expr.position));
  return coerced;
}

/** A key is a number or a text, whichever it can be without a cast; not both. */
function bindKey(binder: Binder, scope: Scope, step: SubscriptStep, position: number): Expression {
  if (step.kind === "slice")
    throw datatypeMismatch("jsonb subscript does not support slices", at(step.upper?.position ?? step.lower?.position ?? position));
  const key = bindExpression(binder, scope, step.index);
  if (key.type === TypeOid.unknown) return castTo(binder, key, TypeOid.text, -1, key.position);
  const fitting = [TypeOid.int4, TypeOid.text].filter((type) => canCoerce(binder, key.type, type, "implicit"));
  if (fitting.length !== 1)
    throw datatypeMismatch(`subscript type ${binder.typeName(key.type)} is not supported`, at(step.index.position), {
      hint:
        fitting.length === 0
          ? "jsonb subscript must be coercible to either integer or text."
          : "jsonb subscript must be coercible to only one type, integer or text.",
    });
  return tryCoerce(binder, key, fitting[0] as Oid, "implicit") as Expression;
}
