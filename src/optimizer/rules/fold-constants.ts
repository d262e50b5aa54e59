/** Immutable functions of constants are computed once, when planning. What fails (a division by zero) is left to fail when it runs. */
import type { CallTypes, EvaluationContext, FunctionRegistry } from "../../functions/registry.js";
import type { Expression } from "../../plan/index.js";
import type { Datum } from "../../types/index.js";
import { mapChildren, mapExpressions } from "../walk.js";
import type { Rule } from "./rule.js";

export const foldConstants: Rule = {
  name: "fold constants",
  apply: (plan, context) => mapExpressions(plan, (e) => fold(e, context.registry)),
};

function fold(e: Expression, registry: FunctionRegistry): Expression {
  const inner = mapChildren(e, (child) => fold(child, registry));
  if (
    inner.kind === "FunctionCall" &&
    inner.volatility === "immutable" &&
    inner.args.length > 0 &&
    inner.args.every((a) => a.kind === "Constant")
  ) {
    if (registry.functionById(inner.functionId)?.kind !== "function") return inner;
    const values = inner.args.map((a) => (a.kind === "Constant" ? a.value : null));
    if (inner.strict && values.includes(null)) return { kind: "Constant", value: null, type: inner.type, typmod: inner.typmod };
    const types: CallTypes = { argTypes: inner.args.map((a) => a.type), returnType: inner.type };
    try {
      const body = registry.scalarBody(inner.functionId, types) as unknown as (context: EvaluationContext, ...args: Datum[]) => Datum;
      return { kind: "Constant", value: body(noSession, ...values), type: inner.type, typmod: inner.typmod };
    } catch {
      return inner;
    }
  }
  return inner;
}

/** An immutable function may not ask the session anything; one that does is not folded. */
const noSession = new Proxy({} as EvaluationContext, {
  get: (_target, property) => {
    throw new Error(`assertion failed: an immutable function asked for ${String(property)}`);
  },
});
