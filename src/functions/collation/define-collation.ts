/**
 * Functions that the binder puts where a collation matters (sql/binder/collate-plan.ts). Users do not write them; definitions print what
 * was written instead. Their arguments say everything about the collation, so they are immutable.
 */
import { native } from "../../native/index.js";
import { ArrayValue, DbError, type FunctionSignature, type Oid, TypeOid } from "../../types/index.js";
import type { AggregateBody, DefinableRegistry, ScalarBody } from "../registry.js";
import { type Collator, collatorOf } from "./collator.js";

const { text, bool, bytea } = TypeOid;
/** orrery_collation_key(text, locale, deterministic): bytes that order as the texts do under the collation, equal where they are equal. */
export const COLLATION_KEY_ID = "orrery_collation_key(text,text,bool)";
/** orrery_collation_missing(text, what): 42P22 for every text, because no collation could be derived for it. */
export const COLLATION_MISSING_ID = "orrery_collation_missing(text,text)";
/** The same for the elements of an array, which keeps its shape. */
export const COLLATION_KEYS_ID = "orrery_collation_keys(_text,text,bool)";
/** orrery_collation_refused(text, what): 0A000 for every text, because a nondeterministic collation does not go with what is asked. */
export const COLLATION_REFUSED_ID = "orrery_collation_refused(text,text)";
/** orrery_collated_larger(a, b, locale, deterministic): a NULL gives the other one. */
export const COLLATED_LARGER_ID = "orrery_collated_larger(text,text,text,bool)";
export const COLLATED_SMALLER_ID = "orrery_collated_smaller(text,text,text,bool)";
/** Aggregates max and min under a collation: (text, locale, deterministic). */
export const COLLATED_MAX_ID = "orrery_collated_max(text,text,bool)";
export const COLLATED_MIN_ID = "orrery_collated_min(text,text,bool)";
/** orrery_case(text, lower | upper | initcap, locale): by ICU's rules for the locale; an empty locale: ASCII letters alone. */
export const COLLATED_CASE_ID = "orrery_case(text,text,text)";
export function defineCollation(registry: DefinableRegistry): void {
  const define = (id: string, argTypes: readonly Oid[], returnType: Oid, body: ScalarBody): void =>
    registry.defineScalar(signature(id, argTypes, returnType), body);
  define(COLLATION_KEY_ID, [text, text, bool], bytea, collationKey() as ScalarBody);
  define(COLLATION_MISSING_ID, [text, text], text, ((_c: unknown, _value: string, what: string) => {
    throw new DbError({
      sqlstate: "42P22",
      message: `could not determine which collation to use for ${what}`,
      hint: "Use the COLLATE clause to set the collation explicitly.",
    });
  }) as ScalarBody);
  define(COLLATION_REFUSED_ID, [text, text], text, ((_c: unknown, _value: string, what: string) => {
    throw new DbError({ sqlstate: "0A000", message: `nondeterministic collations are not supported for ${what}` });
  }) as ScalarBody);
  define(COLLATION_KEYS_ID, [TypeOid.textArray, text, bool], BYTEA_ARRAY, ((
    _c: unknown,
    array: ArrayValue,
    locale: string,
    deterministic: boolean,
  ) => {
    const collator = collatorOf(locale, deterministic);
    const keys = array.elements.map((element) => (element === null ? null : collator.key(element as string)));
    return new ArrayValue(bytea, keys, array.dimensions, array.lowerBounds);
  }) as ScalarBody);
  for (const [id, isLarger] of [
    [COLLATED_LARGER_ID, true],
    [COLLATED_SMALLER_ID, false],
  ] as const)
    registry.defineScalar({ ...signature(id, [text, text, text, bool], text), strict: false }, ((
      _c: unknown,
      a: string | null,
      b: string | null,
      locale: string,
      deterministic: boolean,
    ) => {
      if (a === null || b === null) return a ?? b;
      return isBeyond(collatorOf(locale, deterministic), b, a, isLarger) ? b : a;
    }) as ScalarBody);
  for (const [id, isLarger] of [
    [COLLATED_MAX_ID, true],
    [COLLATED_MIN_ID, false],
  ] as const)
    registry.defineAggregate({ ...signature(id, [text, text, bool], text), kind: "aggregate" }, extremeBody(isLarger));
  define(COLLATED_CASE_ID, [text, text, text], text, ((_c: unknown, value: string, how: string, locale: string) =>
    changeCase(value, how, locale)) as ScalarBody);
}

const BYTEA_ARRAY: Oid = 1001;
const isBeyond = (collator: Collator, value: string, known: string, isLarger: boolean): boolean => {
  const order = Buffer.compare(collator.key(value), collator.key(known));
  return isLarger ? order > 0 : order < 0;
};

function extremeBody(isLarger: boolean): AggregateBody<{ value: string | null }> {
  return {
    create: () => ({ value: null }),
    step(_c, state, item, locale, deterministic) {
      const value = item as string;
      if (state.value === null || isBeyond(collatorOf(locale as string, deterministic === true), value, state.value, isLarger))
        state.value = value;
      return state;
    },
    finish: (_c, state) => state.value,
  };
}

/** The collator of the last call: a query calls with one nearly always. */
function collationKey() {
  let last: Collator | undefined;
  return (_c: unknown, value: string, locale: string, deterministic: boolean): Uint8Array => {
    if (last?.locale !== locale || last.deterministic !== deterministic) last = collatorOf(locale, deterministic);
    return last.key(value);
  };
}

function changeCase(value: string, how: string, locale: string): string {
  if (locale === "") {
    if (how === "lower") return value.replace(/[A-Z]+/g, (s) => s.toLowerCase());
    if (how === "upper") return value.replace(/[a-z]+/g, (s) => s.toUpperCase());
    // A word is a run of ASCII letters and digits.
    return value.replace(/[A-Za-z0-9]+/g, (s) => s.charAt(0).toUpperCase() + s.slice(1).toLowerCase());
  }
  const language = languageOf(locale);
  if (how === "lower") return value.toLocaleLowerCase(language);
  if (how === "upper") return value.toLocaleUpperCase(language);
  return native.collation.titleCase(language, value);
}
/** Letters go by the language alone. What is no language ("@colStrength=secondary") has the root's rules. */
function languageOf(locale: string): string {
  const [language = ""] = locale.split(/[-_@]/);
  return /^[a-z]{2,3}$/i.test(language) ? language : "und";
}

function signature(id: string, argTypes: readonly Oid[], returnType: Oid): FunctionSignature {
  return {
    id,
    oid: 0,
    name: id.slice(0, id.indexOf("(")),
    schema: "pg_catalog",
    argTypes,
    returnType,
    kind: "function",
    strict: true,
    volatility: "immutable",
  } as FunctionSignature;
}
