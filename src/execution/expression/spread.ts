/** `f(a, VARIADIC array)` of a function with VARIADIC "any": the elements become arguments, each of the element type. */
import type { CallTypes, EvaluationContext, FunctionRegistry } from "../../functions/registry.js";
import type { ArrayValue, Datum } from "../../types/index.js";

type AnyBody = (context: EvaluationContext, ...args: Datum[]) => Datum;

/** The body takes the arguments as written; one body is made for each number of elements. A null array gives null. */
export function spreadBody(registry: FunctionRegistry, functionId: string, call: CallTypes): AnyBody {
  const fixed = call.argTypes.slice(0, -1);
  const element = registry.typeByOid(call.argTypes.at(-1) ?? 0)?.elementType ?? 0;
  const isFormat = functionId.startsWith("format(");
  const bodies = new Map<number, AnyBody>();
  return (context, ...args) => {
    const array = args.at(-1) as ArrayValue | null;
    // format() takes a NULL array for one without elements; the others are NULL.
    if (array === null && !isFormat) return null;
    const elements = array?.elements ?? [];
    const count = elements.length;
    let body = bodies.get(count);
    if (body === undefined) {
      const argTypes = [...fixed, ...new Array<number>(count).fill(element)];
      body = registry.scalarBody(functionId, { ...call, argTypes }) as unknown as AnyBody;
      bodies.set(count, body);
    }
    return body(context, ...args.slice(0, -1), ...elements);
  };
}
