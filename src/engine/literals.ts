/**
 * Literals lifted out of a statement's text: `select … where id = 7` becomes `select … where id = $1` and 7, so that texts that
 * differ in values share a plan.
 *
 * The scan is quick rather than clever: it takes every integer of up to nine digits (always int4) and every plain string for a
 * literal, wherever it stands. Whether the lifted text means the same is decided by comparing bound plans (`samePlan`): a
 * literal in a comment, a type modifier, ORDER BY 1 or date '…' gives another plan or none, and the statement keeps its literals.
 */
import type { Expression, LogicalPlan } from "../plan/index.js";
import { type Datum, Numeric, type Oid, type SqlType, TypeOid } from "../types/index.js";

export type LiftedValue = number | Numeric | string;
export interface LiftedText {
  readonly text: string;
  readonly values: readonly LiftedValue[];
  /** One letter per value: i an integer, d a decimal number, n and m those with their sign, s a string. Texts with the same form share a plan only if these are the same. */
  readonly kinds: string;
}

const TEXT_LENGTH_MAX = 4096;
const LITERALS_MAX = 200;
const DIGITS_MAX = 9;
const DECIMAL_LENGTH_MAX = 30;

/** undefined: nothing to lift, or something that this scan does not understand (escapes, parameters, dollar quotes). */
export function liftLiterals(source: string): LiftedText | undefined {
  if (source.length > TEXT_LENGTH_MAX) return undefined;
  switch (source.charCodeAt(0) | 0x20) {
    case 0x73: // select
    case 0x69: // insert
    case 0x75: // update
    case 0x64: // delete
      break;
    default:
      return undefined;
  }
  const values: LiftedValue[] = [];
  let text = "";
  let kinds = "";
  let copied = 0;
  let inWord = false;
  for (let i = 0; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (isDigit(c) && !inWord) {
      const start = i;
      const decimal = decimalAt(source, start);
      if (decimal !== undefined) {
        const negative = isSign(source, start - 1);
        text += `${source.slice(copied, negative ? start - 1 : start)}$${values.push(negative ? negated(decimal.value) : decimal.value)}`;
        kinds += negative ? "m" : "d";
        copied = decimal.end;
        i = decimal.end - 1;
        continue;
      }
      while (isDigit(source.charCodeAt(i + 1))) i++;
      const next = source.charCodeAt(i + 1);
      if (i + 1 - start > DIGITS_MAX || next === DOT || isWord(next) || source.charCodeAt(start - 1) === DOT) {
        inWord = true; // the rest of a number or a name
        continue;
      }
      const value = Number(source.slice(start, i + 1));
      const negative = isSign(source, start - 1);
      text += `${source.slice(copied, negative ? start - 1 : start)}$${values.push(negative && value !== 0 ? -value : value)}`;
      kinds += negative ? "n" : "i";
      copied = i + 1;
      continue;
    }
    switch (c) {
      case QUOTE: {
        if (inWord) return undefined; // E'', B'', U&''
        const end = stringEnd(source, i);
        if (end < 0) return undefined;
        text += `${source.slice(copied, i)}$${values.push(source.slice(i + 1, end).replaceAll("''", "'"))}`;
        kinds += "s";
        copied = end + 1;
        i = end;
        break;
      }
      case DOUBLE_QUOTE: {
        const end = source.indexOf('"', i + 1);
        if (end < 0) return undefined;
        i = end;
        break;
      }
      case DOLLAR:
      case BACKSLASH:
      case AMPERSAND:
        return undefined;
      default:
        // A dot keeps the state: 1.5 and schema.table2 hold no integer.
        if (c !== DOT) inWord = isWord(c);
    }
  }
  if (values.length === 0 || values.length > LITERALS_MAX) return undefined;
  return { text: text + source.slice(copied), values, kinds };
}

/** Digits, a point and digits: numeric, whatever stands around it. undefined: something else, or part of it. */
function decimalAt(source: string, start: number): { readonly value: Numeric; readonly end: number } | undefined {
  if (source.charCodeAt(start - 1) === DOT) return undefined;
  let point = start;
  while (isDigit(source.charCodeAt(point))) point++;
  let end = point + 1;
  while (isDigit(source.charCodeAt(end))) end++;
  const next = source.charCodeAt(end);
  if (source.charCodeAt(point) !== DOT || end === point + 1 || end - start > DECIMAL_LENGTH_MAX || isWord(next) || next === DOT)
    return undefined;
  return { value: new Numeric(BigInt(source.slice(start, point) + source.slice(point + 1, end)), end - point - 1), end };
}
const negated = ({ coefficient, scale }: Numeric): Numeric => new Numeric(-coefficient, scale);

const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const DOLLAR = 0x24;
const BACKSLASH = 0x5c;
const AMPERSAND = 0x26;
const DOT = 0x2e;
const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
const isWord = (c: number): boolean => isDigit(c) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a) || c === 0x5f || c > 127;

/** A minus that belongs to the number: after an operator, a bracket or a comma there is nothing to subtract from. */
function isSign(source: string, at: number): boolean {
  if (source.charCodeAt(at) !== 0x2d) return false;
  let before = at - 1;
  while (source.charCodeAt(before) === 0x20) before--;
  return "(,=+*/<>".includes(source.charAt(before) || " ");
}
function stringEnd(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (c === BACKSLASH) return -1;
    if (c !== QUOTE) continue;
    if (source.charCodeAt(i + 1) !== QUOTE) return i;
    i++;
  }
  return -1;
}

/** What a parameter that stands for a literal is declared as: strings take the type of their place. */
export const literalTypes = (values: readonly LiftedValue[]): Oid[] =>
  values.map((value) => (typeof value === "number" ? TypeOid.int4 : value instanceof Numeric ? TypeOid.numeric : 0));

const moments: readonly Oid[] = [TypeOid.date, TypeOid.time, TypeOid.timestamp, TypeOid.timestamptz];
/** Words (`now`, `today`, `epoch`) are moments that a plan cannot share. */
export const isSharedMoment = (type: Oid, text: string): boolean => !moments.includes(type) || /^\d[-\d:. +TZ]*$/.test(text);

/** Types whose input depends on nothing but the text and settings that the plan cache tells apart. */
const plainTypes = new Set<Oid>([
  TypeOid.int2,
  TypeOid.int4,
  TypeOid.int8,
  TypeOid.float4,
  TypeOid.float8,
  TypeOid.numeric,
  TypeOid.text,
  TypeOid.varchar,
  TypeOid.bpchar,
  TypeOid.bool,
  TypeOid.uuid,
  TypeOid.bytea,
  TypeOid.json,
  TypeOid.jsonb,
  TypeOid.interval,
  ...moments,
]);
/** Enums, too: their labels are the catalog's, which a plan is good for one version of. */
const isPlain = (type: SqlType): boolean =>
  plainTypes.has(type.oid) ||
  type.kind === "enum" ||
  (type.kind === undefined && plainTypes.has(type.elementType) && !moments.includes(type.elementType));
export const arePlain = (types: readonly Oid[], typeOf: (type: Oid) => SqlType): boolean => types.every((type) => isPlain(typeOf(type)));

/** Plans that constants do not shape: no LIMIT of a vector search, no ORDER BY place. */
const plainNodes = new Set(["Scan", "Filter", "Project", "Values", "Insert", "Update", "Delete", "Join", "Aggregate"]);

export function isPlainPlan(node: unknown): boolean {
  if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return true;
  if (Array.isArray(node)) return node.every(isPlainPlan);
  if ("columns" in node && "kind" in node && !plainNodes.has(String(node.kind))) return false;
  return Object.values(node).every(isPlainPlan);
}

/** A length or precision that a lifted literal is coerced to, which the binder applies to a constant at once. */
export interface LiteralModifier {
  readonly index: number;
  readonly type: Oid;
  readonly typmod: number;
}
export type Coerce = (value: Datum, modifier: LiteralModifier) => Datum;

export function literalModifiers(node: unknown, found: LiteralModifier[] = []): readonly LiteralModifier[] {
  if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return found;
  const modifier = literalModifier(node as Record<string, unknown>);
  if (modifier !== undefined) found.push(modifier);
  else for (const part of Object.values(node)) literalModifiers(part, found);
  return found;
}
/** Of an assignment: an explicit cast cuts what is too long. */
function literalModifier({ kind, arg, type, typmod, explicit }: Record<string, unknown>): LiteralModifier | undefined {
  if (kind !== "CoerceModifier" || explicit !== false) return undefined;
  const { kind: inner, index } = arg as Record<string, unknown>;
  return inner === "Parameter" ? { index: index as number, type: type as Oid, typmod: typmod as number } : undefined;
}

/** Casts that no literal makes fail. */
const safeCast = /^(int8\(int4\)|numeric\(int4\)|float[48]\((int4|numeric)\))$/;

/**
 * Calls that planning would compute if the literals stood for themselves, and that may fail: PostgreSQL tells such an error before the columns
 * of the result, so it must not wait for the plan to run.
 */
export function literalCalls(node: unknown, found: Expression[] = []): readonly Expression[] {
  if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return found;
  const call = node as Expression;
  if (call.kind === "FunctionCall" && isComputed(call) && !safeCast.test(call.functionId)) found.push(call);
  else for (const part of Object.values(node)) literalCalls(part, found);
  return found;
}
function isComputed(e: Expression): boolean {
  switch (e.kind) {
    case "Constant":
    case "Parameter":
      return true;
    case "Relabel":
    case "CoerceModifier":
      return isComputed(e.arg);
    case "FunctionCall":
      return e.volatility === "immutable" && e.args.length > 0 && e.args.every(isComputed);
    default:
      return false;
  }
}

/** Whether `lifted` with these values in the places of its parameters is `original`, positions in the text aside. */
export function samePlan(original: LogicalPlan, lifted: LogicalPlan, values: readonly Datum[], coerce: Coerce): boolean {
  return sameNode(original, lifted, values, coerce);
}
function sameNode(a: unknown, b: unknown, values: readonly Datum[], coerce: Coerce): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => sameNode(item, b[i], values, coerce));
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  if (right.kind === "Parameter")
    return (
      left.kind === "Constant" &&
      left.type === right.type &&
      left.typmod === right.typmod &&
      sameNode(left.value, values[right.index as number], values, coerce)
    );
  const modifier = left.kind === "Constant" ? literalModifier(right) : undefined;
  if (modifier !== undefined)
    return (
      left.type === modifier.type &&
      left.typmod === modifier.typmod &&
      sameNode(left.value, coerce(values[modifier.index] as Datum, modifier), values, coerce)
    );
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  if (ArrayBuffer.isView(a) || a instanceof Map || a instanceof Set) return false;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  keys.delete("position");
  // A value whose parts cannot be seen.
  if (keys.size === 0) return false;
  for (const key of keys) if (!sameNode(left[key], right[key], values, coerce)) return false;
  return true;
}
