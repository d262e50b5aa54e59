/**
 * Operators that are written out in the generated code instead of called. The bodies in src/functions are the definition:
 * each template here gives the same answer for every non-null pair of arguments (int8 and timestamps may be number or bigint,
 * which JavaScript compares exactly; floats order NaN above everything).
 */
type Template = (a: string, b: string) => string;

const relational: Readonly<Record<string, Template>> = {
  eq: (a, b) => `${a} === ${b}`,
  ne: (a, b) => `${a} !== ${b}`,
  lt: (a, b) => `${a} < ${b}`,
  le: (a, b) => `${a} <= ${b}`,
  gt: (a, b) => `${a} > ${b}`,
  ge: (a, b) => `${a} >= ${b}`,
};
const floating: Readonly<Record<string, Template>> = {
  eq: (a, b) => `(${a} === ${b} || (${a} !== ${a} && ${b} !== ${b}))`,
  ne: (a, b) => `!(${a} === ${b} || (${a} !== ${a} && ${b} !== ${b}))`,
  lt: (a, b) => `(${a} < ${b} || (${b} !== ${b} && ${a} === ${a}))`,
  le: (a, b) => `(${a} <= ${b} || ${b} !== ${b})`,
  gt: (a, b) => `(${a} > ${b} || (${a} !== ${a} && ${b} === ${b}))`,
  ge: (a, b) => `(${a} >= ${b} || ${a} !== ${a})`,
};
const plain = new Set([
  "int2",
  "int4",
  "int8",
  "int24",
  "int42",
  "int28",
  "int82",
  "int48",
  "int84",
  "oid",
  "date_",
  "time_",
  "timestamp_",
  "timestamptz_",
  "uuid_",
  "bool",
]);
const float = new Set(["float4", "float8", "float48", "float84"]);
const equalityOnly = new Set(["text", "name"]);

/** The code for a comparison of two non-null values, or undefined when the body must be called. */
export function inlineComparison(functionId: string): Template | undefined {
  const name = functionId.slice(0, functionId.indexOf("("));
  const family = name.slice(0, -2);
  const relation = name.slice(-2);
  if (plain.has(family)) return relational[relation];
  if (float.has(family)) return floating[relation];
  if (equalityOnly.has(family) && (relation === "eq" || relation === "ne")) return relational[relation];
  return undefined;
}

/** int4 arithmetic: in range inline; out of range the body is called, which raises 22003. `slow` is that call. */
export function inlineArithmetic(functionId: string): ((a: string, b: string, target: string, slow: string) => string) | undefined {
  const operator = arithmetic[functionId];
  if (operator === undefined) return undefined;
  return (a, b, target, slow) =>
    `${target} = ${a} ${operator} ${b}; if (!(${target} >= -2147483648 && ${target} <= 2147483647)) ${target} = ${slow}; else ${target} = ${target} | 0;`;
}
const arithmetic: Readonly<Record<string, string>> = { "int4pl(int4,int4)": "+", "int4mi(int4,int4)": "-", "int4mul(int4,int4)": "*" };

const integers = new Set([20, 21, 23]);
const floats = new Set([700, 701]);
const texts = new Set([25, 1043, 19]);
/** Types whose equal values are the same JavaScript value, so that the value itself is the hash key. */
const identities = new Set([16, 20, 21, 23, 25, 26, 1043, 19, 1082, 1083, 1114, 1184, 2950, 700, 701]);

/** True when equal values of the two types have equal hash keys. */
export function hashCompatible(left: number, right: number): boolean {
  return (
    left === right ||
    (integers.has(left) && integers.has(right)) ||
    (floats.has(left) && floats.has(right)) ||
    (texts.has(left) && texts.has(right))
  );
}
export function isOwnHashKey(type: number): boolean {
  return identities.has(type);
}
