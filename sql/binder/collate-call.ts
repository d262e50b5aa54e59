/** What a derived collation does to a call: comparisons go by sort keys, letters by the locale, patterns are refused where order has no letters. */
import { type CollationObject, collationByOid, isIcu } from "../../src/catalog/index.js";
import {
  COLLATED_CASE_ID,
  COLLATED_LARGER_ID,
  COLLATED_SMALLER_ID,
  COLLATION_KEY_ID,
  COLLATION_KEYS_ID,
  COLLATION_MISSING_ID,
  COLLATION_REFUSED_ID,
} from "../../src/functions/index.js";
import type { Expression, FunctionCall } from "../../src/plan/index.js";
import { CollationOid, type Oid, TypeOid } from "../../src/types/index.js";
import type { Binder } from "./binder.js";
import { coerceTo } from "./coerce.js";

/** How texts compare: by their bytes, under ICU, or not at all because no collation could be derived. */
export type TextOrder =
  | { readonly kind: "bytes" }
  | { readonly kind: "missing" }
  | { readonly kind: "icu"; readonly locale: string; readonly deterministic: boolean };

export function textOrder(binder: Binder, collation: Oid): TextOrder {
  if (collation === CollationOid.none) return { kind: "missing" };
  const found = collationByOid(binder.catalog, collation);
  if (found === undefined || !isIcu(found)) return { kind: "bytes" };
  return { kind: "icu", locale: found.icuLocale ?? "", deterministic: found.deterministic };
}
/** Equal are texts of equal bytes: everywhere but under a nondeterministic collation. */
export const equalByBytes = (order: TextOrder): boolean => order.kind === "bytes" || (order.kind === "icu" && order.deterministic);

const constant = (value: string | boolean, type: Oid): Expression => ({ kind: "Constant", value, type, typmod: -1 });
const call = (functionId: string, args: readonly Expression[], type: Oid, name: string, strict = true): FunctionCall => ({
  kind: "FunctionCall",
  functionId,
  args,
  strict,
  volatility: "immutable",
  syntax: { form: "function", name },
  type,
  typmod: -1,
});

/** The value as what compares right by bytes: itself, or its sort key. Of arrays the elements' keys. */
export function comparable(binder: Binder, value: Expression, order: TextOrder): Expression {
  if (order.kind === "bytes") return value;
  const isArray = binder.category(binder.baseType(value.type)) === "A";
  if (order.kind === "missing") return isArray ? value : missing(binder, value, "string comparison");
  const target = isArray ? TypeOid.textArray : TypeOid.text;
  const text = coerceTo(binder, value, target, "collation");
  return call(
    isArray ? COLLATION_KEYS_ID : COLLATION_KEY_ID,
    [text, constant(order.locale, TypeOid.text), constant(order.deterministic, TypeOid.bool)],
    isArray ? BYTEA_ARRAY : TypeOid.bytea,
    "collation_key",
  );
}
const BYTEA_ARRAY: Oid = 1001;

function refusal(binder: Binder, id: string, value: Expression, what: string): Expression {
  if (binder.category(binder.baseType(value.type)) === "A") return value;
  const text = coerceTo(binder, value, TypeOid.text, "collation");
  const refused = call(id, [text, constant(what, TypeOid.text)], TypeOid.text, "collation");
  return coerceTo(binder, refused, value.type, "collation");
}
/** Raises 42P22 when it is evaluated, as PostgreSQL does. */
const missing = (binder: Binder, value: Expression, what: string): Expression => refusal(binder, COLLATION_MISSING_ID, value, what);

const COMPARISON =
  /^(?:text_|text|bpchar|name|nametext|textname|array_)?(eq|ne|lt|le|gt|ge)(?:text|name)?\((?:text|name|bpchar|anyarray),(?:text|name|bpchar|anyarray)\)$/;
const THREE_WAY = /^bt(?:text|name|bpchar|nametext|textname)cmp\(/;
/** The function of bytes that answers the comparison over sort keys; undefined: it is no comparison of texts. */
export function keyComparison(functionId: string, isArray: boolean): { readonly id: string; readonly isEquality: boolean } | undefined {
  if (THREE_WAY.test(functionId)) return { id: "byteacmp(bytea,bytea)", isEquality: false };
  const found = COMPARISON.exec(functionId);
  if (found === null) return undefined;
  const test = found[1] as string;
  return { id: isArray ? functionId : `bytea${test}(bytea,bytea)`, isEquality: test === "eq" || test === "ne" };
}

/** The call as the collation has it; the same one where bytes decide anyway. */
export function collatedCall(
  { binder, comparing }: { readonly binder: Binder; readonly comparing: string },
  e: FunctionCall,
  collation: Oid,
): Expression {
  const order = textOrder(binder, collation);
  const [first] = e.args;
  if (first === undefined) return e;
  const isArray = binder.category(binder.baseType(first.type)) === "A";
  const comparison = keyComparison(e.functionId, isArray);
  if (comparison !== undefined) {
    if (order.kind === "bytes" || (comparison.isEquality && equalByBytes(order))) return e;
    const what = comparison.isEquality ? comparing : "string comparison";
    const args = e.args.map((arg) => (order.kind === "missing" && !isArray ? missing(binder, arg, what) : comparable(binder, arg, order)));
    return order.kind === "missing" ? { ...e, args } : { ...e, functionId: comparison.id, args };
  }
  const name = e.functionId.slice(0, e.functionId.indexOf("("));
  switch (name) {
    case "lower":
    case "upper":
    case "initcap":
      return e.functionId === `${name}(text)` ? caseCall(binder, e, name, order, collation) : e;
    case "text_larger":
    case "text_smaller":
      if (order.kind !== "icu")
        return order.kind === "bytes" ? e : { ...e, args: e.args.map((a) => missing(binder, a, "string comparison")) };
      return extreme(name === "text_larger", e.args[0]!, e.args[1]!, order, e.type);
    default:
  }
  const pattern = patternKind(e.functionId, name);
  if (pattern === undefined || equalByBytes(order)) return e;
  if (order.kind === "missing" && pattern.missing === undefined) return e;
  const [head, ...rest] = e.args;
  const refused =
    order.kind === "missing"
      ? missing(binder, head!, pattern.missing ?? "")
      : refusal(binder, COLLATION_REFUSED_ID, head!, pattern.refused);
  return { ...e, args: [refused, ...rest] };
}

function caseCall(binder: Binder, e: FunctionCall, how: string, order: TextOrder, collation: Oid): Expression {
  const [value] = e.args;
  if (order.kind === "missing") return { ...e, args: [missing(binder, value!, `${how}() function`)] };
  const locale = order.kind === "icu" ? order.locale || "und" : hasAsciiLetters(collationByOid(binder.catalog, collation)) ? "" : undefined;
  if (locale === undefined) return e;
  return {
    ...call(COLLATED_CASE_ID, [value!, constant(how, TypeOid.text), constant(locale, TypeOid.text)], TypeOid.text, how),
    syntax: e.syntax,
  };
}
/** The default's letters are Unicode's (docs/compatibility.md), those of "C" by name are ASCII's. */
const hasAsciiLetters = (collation: CollationObject | undefined): boolean =>
  collation?.provider === "libc" && (collation.ctype === "C" || collation.ctype === "POSIX");

/** GREATEST, LEAST and what max and min step by: NULLs are passed over. */
export function extreme(isLarger: boolean, left: Expression, right: Expression, order: TextOrder & { kind: "icu" }, type: Oid): Expression {
  const id = isLarger ? COLLATED_LARGER_ID : COLLATED_SMALLER_ID;
  const args = [left, right, constant(order.locale, TypeOid.text), constant(order.deterministic, TypeOid.bool)];
  return { ...call(id, args, type, isLarger ? "greatest" : "least", false) };
}

/** What searches in texts, by PostgreSQL's words for it. */
function patternKind(id: string, name: string): { readonly missing: string | undefined; readonly refused: string } | undefined {
  if (/^(?:text|name|bpchar)n?like$/.test(name) || ((name === "like" || name === "notlike") && !id.includes("bytea")))
    return { missing: undefined, refused: "LIKE" };
  if (/^(?:text|name|bpchar)icn?like$/.test(name)) return { missing: "ILIKE", refused: "ILIKE" };
  if (/regexn?e?q?$|^regexp_/.test(name) || id.startsWith("substring(text,text"))
    return { missing: "regular expression", refused: "regular expressions" };
  if (
    ["strpos", "replace", "split_part", "string_to_array", "string_to_table", "starts_with"].includes(name) ||
    id === "position(text,text)"
  )
    return { missing: "string comparison", refused: "substring searches" };
  return undefined;
}
