/**
 * Running a jsonpath over a JSON value: items one by one, as they are asked for.
 *
 * Lax mode unwraps arrays where an accessor wants an object or a scalar and passes over what is missing; strict mode fails. Errors that
 * `silent` and predicates pass over are JsonPathErrors; everything else ends the statement. Source: the rules of jsonpath_exec.c.
 */
import { DbError, type FormatContext, JsonNumber, type JsonValue, type Numeric } from "../../types/index.js";
import { compareJson, isArray, isObject, typeName } from "../json/jsonb-value.js";
import { sortKeys } from "../json/parse.js";
import { add, divide, modulo, multiply, negate, subtract } from "../numeric/arithmetic.js";
import { compareNumerics, formatNumeric, parseNumeric, truncate } from "../numeric/numeric-value.js";
import type { Interruptible } from "../text/regex/matcher.js";
import { compileRegex } from "../text/regex.js";
import { compareText } from "../types/strings.js";
import { compareDatetimes, datetimeText, datetimeTypeNames, PathDatetime, readDatetime, readDatetimeBy } from "./datetime.js";
import { type Item, JsonPathError, pathError } from "./items.js";
import { containerOffsets } from "./jsonb-layout.js";
import { methodResult } from "./methods.js";
import { regexOptions } from "./parser.js";
import type { Comparison, JsonPath, PathNode, PathStep } from "./syntax.js";

/** null: unknown. */
type Truth = boolean | null;

export interface PathRun {
  readonly root: JsonValue;
  /** A map by name. */
  readonly variables: JsonValue | ReadonlyMap<string, Item>;
  /** Comparisons may use the session's time zone. */
  readonly useZone: boolean;
  readonly context: FormatContext & Partial<Interruptible>;
}

/** The items of a path, in order. @throws JsonPathError, DbError */
export function* pathItems(path: JsonPath, run: PathRun): Generator<Item> {
  yield* new Execution(path.lax, run).items(path.expression, run.root);
}
/** Whether there is an item: lax stops at the first, strict meets every error. */
export function pathExists(path: JsonPath, run: PathRun): boolean {
  return new Execution(path.lax, run).exists(path.expression, run.root);
}
/** Items as JSON values. */
export function itemValue(item: Item, context: FormatContext): JsonValue {
  return item instanceof PathDatetime ? datetimeText(item, context) : item;
}

/** Nested values and nested expressions below this depth; the stack of generators stays far from JavaScript's limit. */
const DEPTH_MAX = 2500;

class Execution {
  #current: Item;
  #innermostSize = -1;
  /** Inside `**` nothing is missing. */
  #ignoreStructure: boolean;
  #depth = 0;
  constructor(
    readonly lax: boolean,
    readonly run: PathRun,
  ) {
    this.#current = run.root;
    this.#ignoreStructure = lax;
  }

  *items(node: PathNode, at: Item): Generator<Item> {
    if (++this.#depth > DEPTH_MAX) throw new DbError({ sqlstate: "54001", message: "stack depth limit exceeded" });
    switch (node.kind) {
      case "root":
        yield* this.#follow(node.steps, 0, this.run.root, this.lax);
        break;
      case "current":
        yield* this.#follow(node.steps, 0, this.#current, this.lax);
        break;
      case "last":
        if (this.#innermostSize < 0)
          throw new DbError({ sqlstate: "XX000", message: "evaluating jsonpath LAST outside of array subscript" });
        yield* this.#follow(node.steps, 0, new JsonNumber(String(this.#innermostSize - 1)), this.lax);
        break;
      case "null":
        yield* this.#follow(node.steps, 0, null, this.lax);
        break;
      case "bool":
      case "string":
        yield* this.#follow(node.steps, 0, node.value, this.lax);
        break;
      case "number":
        yield* this.#follow(node.steps, 0, new JsonNumber(node.text), this.lax);
        break;
      case "variable":
        yield* this.#follow(node.steps, 0, this.#variable(node.value), this.lax);
        break;
      case "arithmetic": {
        const left = this.#number(node.left, at, "left", node.operator);
        const right = this.#number(node.right, at, "right", node.operator);
        const value = new JsonNumber(formatNumeric(calculate(node.operator, left, right)));
        yield* this.#follow(node.steps, 0, value, this.lax);
        break;
      }
      case "sign":
        for (const item of this.#unwrapped(node.arg, at)) {
          if (!(item instanceof JsonNumber))
            throw pathError("2203B", `operand of unary jsonpath operator ${node.operator} is not a numeric value`);
          const value = node.operator === "+" ? item : new JsonNumber(formatNumeric(negate(parseNumeric(item.text))));
          yield* this.#follow(node.steps, 0, value, this.lax);
        }
        break;
      default:
        yield* this.#follow(node.steps, 0, this.#test(node, at), this.lax);
    }
    this.#depth--;
  }

  exists(node: PathNode, at: Item): boolean {
    if (!this.lax) return [...this.items(node, at)].length > 0;
    // A sign alone passes over what is no number when only existence is asked.
    if (node.kind !== "sign" || node.steps.length > 0) return this.items(node, at).next().done !== true;
    for (const item of this.#unwrapped(node.arg, at)) if (item instanceof JsonNumber) return true;
    return false;
  }

  #variable(name: string): Item {
    const value: Item | undefined = this.run.variables instanceof Map ? this.run.variables.get(name) : undefined;
    if (value === undefined) throw new DbError({ sqlstate: "42704", message: `could not find jsonpath variable "${name}"` });
    return value;
  }

  /** Items of a node, arrays among them taken apart in lax mode. */
  *#unwrapped(node: PathNode, at: Item): Generator<Item> {
    for (const item of this.items(node, at)) {
      if (this.lax && isList(item)) yield* item;
      else yield item;
    }
  }
  #number(node: PathNode, at: Item, side: string, operator: string): Numeric {
    const found = [...this.#unwrapped(node, at)];
    const only = found[0];
    if (found.length !== 1 || !(only instanceof JsonNumber))
      throw pathError("22038", `${side} operand of jsonpath operator ${operator} is not a single numeric value`);
    return parseNumeric(only.text);
  }

  // ---- accessors

  /** What is left of the path from step `index` on, applied to one item. */
  *#follow(steps: readonly PathStep[], index: number, item: Item, unwrap: boolean): Generator<Item> {
    const step = steps[index];
    if (step === undefined) {
      yield item;
      return;
    }
    if (++this.#depth > DEPTH_MAX) throw new DbError({ sqlstate: "54001", message: "stack depth limit exceeded" });
    const next = (value: Item) => this.#follow(steps, index + 1, value, this.lax);
    switch (step.kind) {
      case "key":
        if (isDictionary(item)) {
          const value = item.get(step.key);
          if (value !== undefined) yield* next(value);
          else if (!this.#ignoreStructure) throw pathError("2203A", `JSON object does not contain key "${step.key}"`);
        } else if (unwrap && isList(item)) yield* this.#each(steps, index, item);
        else if (!this.#ignoreStructure) throw pathError("2203A", "jsonpath member accessor can only be applied to an object");
        break;
      case "anyKey":
        if (isDictionary(item)) for (const value of item.values()) yield* next(value);
        else if (unwrap && isList(item)) yield* this.#each(steps, index, item);
        else if (!this.#ignoreStructure) throw pathError("2203C", "jsonpath wildcard member accessor can only be applied to an object");
        break;
      case "anyArray":
        if (isList(item)) for (const value of item) yield* next(value);
        else if (this.lax) yield* next(item);
        else if (!this.#ignoreStructure) throw pathError("22039", "jsonpath wildcard array accessor can only be applied to an array");
        break;
      case "subscripts":
        yield* this.#subscript(step, item, next);
        break;
      case "descend": {
        const saved = this.#ignoreStructure;
        if (step.first === 0) {
          this.#ignoreStructure = true;
          yield* next(item);
          this.#ignoreStructure = saved;
        }
        yield* this.#descend(item, 1, step.first, step.last, next);
        break;
      }
      case "filter":
        if (unwrap && isList(item)) yield* this.#each(steps, index, item);
        else if (this.#filter(step.predicate, item) === true) yield* next(item);
        break;
      case "datetime":
        if (unwrap && isList(item)) yield* this.#each(steps, index, item);
        else yield* next(datetimeOf(step.template, item));
        break;
      case "method":
        if (step.method === "type") yield* next(item instanceof PathDatetime ? datetimeTypeNames[item.kind] : typeName(item));
        else if (step.method === "size") {
          if (isList(item)) yield* next(new JsonNumber(String(item.length)));
          else {
            if (!this.lax && !this.#ignoreStructure)
              throw pathError("22039", "jsonpath item method .size() can only be applied to an array");
            yield* next(new JsonNumber("1"));
          }
        } else if (unwrap && isList(item)) yield* this.#each(steps, index, item);
        else if (step.method === "keyvalue") {
          for (const pair of this.#keyValues(item)) yield* next(pair);
        } else yield* next(methodResult(step.method, item));
        break;
    }
    this.#depth--;
  }

  /** The same step for every element of an array, which are not taken apart again. */
  *#each(steps: readonly PathStep[], index: number, items: readonly JsonValue[]): Generator<Item> {
    for (const item of items) yield* this.#follow(steps, index, item, false);
  }

  *#subscript(step: PathStep & { kind: "subscripts" }, item: Item, next: (value: Item) => Generator<Item>): Generator<Item> {
    const list = isList(item) ? item : this.lax ? [item] : undefined;
    if (list === undefined) {
      if (!this.#ignoreStructure) throw pathError("22039", "jsonpath array accessor can only be applied to an array");
      return;
    }
    const saved = this.#innermostSize;
    for (const { from, to } of step.subscripts) {
      this.#innermostSize = list.length;
      const first = this.#index(from, item);
      const last = to === undefined ? first : this.#index(to, item);
      this.#innermostSize = saved;
      if (!this.#ignoreStructure && (first < 0 || first > last || last >= list.length))
        throw pathError("22033", "jsonpath array subscript is out of bounds");
      for (let i = Math.max(first, 0); i <= Math.min(last, list.length - 1); i++) yield* next(list[i] as Item);
    }
  }
  #index(node: PathNode, at: Item): number {
    const found = [...this.items(node, at)];
    const only = found[0];
    if (found.length !== 1 || !(only instanceof JsonNumber))
      throw pathError("22033", "jsonpath array subscript is not a single numeric value");
    const value = Number(formatNumeric(truncate(parseNumeric(only.text), 0)));
    if (!(value >= -2147483648 && value <= 2147483647)) throw pathError("22033", "jsonpath array subscript is out of integer range");
    return value;
  }

  *#descend(item: Item, level: number, first: number, last: number, next: (value: Item) => Generator<Item>): Generator<Item> {
    if (level > last || (!isList(item) && !isDictionary(item))) return;
    if (level > DEPTH_MAX) throw new DbError({ sqlstate: "54001", message: "stack depth limit exceeded" });
    for (const child of item.values()) {
      const isContainer = isList(child) || isDictionary(child);
      if (level >= first || (first === Number.POSITIVE_INFINITY && last === Number.POSITIVE_INFINITY && !isContainer)) {
        const saved = this.#ignoreStructure;
        this.#ignoreStructure = true;
        yield* next(child);
        this.#ignoreStructure = saved;
      }
      if (level < last && isContainer) yield* this.#descend(child, level + 1, first, last, next);
    }
  }

  *#keyValues(item: Item): Generator<JsonValue> {
    if (!isDictionary(item)) throw pathError("2203C", "jsonpath item method .keyvalue() can only be applied to an object");
    const id = containerOffsets(this.run.root).get(item) ?? 0;
    for (const [key, value] of item)
      yield sortKeys(
        new Map<string, JsonValue>([
          ["key", key],
          ["value", value],
          ["id", new JsonNumber(String(id))],
        ]),
      );
  }

  // ---- predicates

  #filter(predicate: PathNode, item: Item): Truth {
    const saved = this.#current;
    this.#current = item;
    try {
      return this.#test(predicate, item);
    } finally {
      this.#current = saved;
    }
  }

  #test(node: PathNode, at: Item): Truth {
    switch (node.kind) {
      case "and": {
        const left = this.#test(node.left, at);
        if (left === false) return false;
        const right = this.#test(node.right, at);
        return right === true ? left : right;
      }
      case "or": {
        const left = this.#test(node.left, at);
        if (left === true) return true;
        const right = this.#test(node.right, at);
        return right === false ? left : right;
      }
      case "not": {
        const inner = this.#test(node.arg, at);
        return inner === null ? null : !inner;
      }
      case "isUnknown":
        return this.#test(node.arg, at) === null;
      case "exists":
        return this.#unlessError(() => this.exists(node.arg, at));
      case "comparison":
        return this.#pairs(node.left, node.right, at, (a, b) => this.#compare(node.operator, a, b));
      case "startsWith":
        return this.#pairs(node.left, node.right, at, (a, b) => (typeof a === "string" && typeof b === "string" ? a.startsWith(b) : null));
      case "likeRegex": {
        const regex = compileRegex(node.pattern, regexOptions(node.flags));
        return this.#pairs(node.left, undefined, at, (a) => {
          if (typeof a !== "string") return null;
          return regex.test(a, this.run.context);
        });
      }
      default:
        throw new DbError({ sqlstate: "XX000", message: "invalid boolean jsonpath item" });
    }
  }

  /** Lax: the first true decides. Strict: an unknown decides, then any true. */
  #pairs(left: PathNode, right: PathNode | undefined, at: Item, test: (a: Item, b: Item) => Truth): Truth {
    return this.#unlessError(() => {
      const lefts = [...this.#unwrapped(left, at)];
      const rights =
        right === undefined
          ? [null]
          : right.kind === "string" && right.steps.length === 0
            ? [right.value]
            : [...this.#unwrapped(right, at)];
      let found = false;
      let unknown = false;
      for (const a of lefts) {
        for (const b of rights) {
          const result = test(a, b);
          if (result === null) {
            if (!this.lax) return null;
            unknown = true;
          } else if (result) {
            if (this.lax) return true;
            found = true;
          }
        }
      }
      return found ? true : unknown ? null : false;
    });
  }
  #unlessError(test: () => Truth): Truth {
    const [depth, size, ignore] = [this.#depth, this.#innermostSize, this.#ignoreStructure];
    try {
      return test();
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      return null;
    } finally {
      this.#depth = depth;
      this.#innermostSize = size;
      this.#ignoreStructure = ignore;
    }
  }

  #compare(operator: Comparison, a: Item, b: Item): Truth {
    const order = this.#order(operator, a, b);
    if (order === null || typeof order === "boolean") return order;
    switch (operator) {
      case "==":
        return order === 0;
      case "!=":
        return order !== 0;
      case "<":
        return order < 0;
      case "<=":
        return order <= 0;
      case ">":
        return order > 0;
      case ">=":
        return order >= 0;
    }
  }
  /** A number to compare with 0, or the answer itself where the kinds differ. */
  #order(operator: Comparison, a: Item, b: Item): number | Truth {
    if (a instanceof PathDatetime || b instanceof PathDatetime) {
      if (!(a instanceof PathDatetime) || !(b instanceof PathDatetime)) return a === null || b === null ? operator === "!=" : null;
      return compareDatetimes(a, b, this.run.useZone, this.run.context) ?? null;
    }
    const kind = typeName(a);
    // Nothing is equal to null but null; other kinds cannot be compared.
    if (kind !== typeName(b)) return a === null || b === null ? operator === "!=" : null;
    switch (kind) {
      case "null":
        return 0;
      case "boolean":
        return Number(a) - Number(b);
      case "number":
        return compareNumerics(parseNumeric((a as JsonNumber).text), parseNumeric((b as JsonNumber).text));
      case "string":
        return operator === "==" || operator === "!=" ? compareJson(a, b) : compareText(a as string, b as string);
      default:
        return null;
    }
  }
}

const isList = (item: Item): item is readonly JsonValue[] => !(item instanceof PathDatetime) && isArray(item);
const isDictionary = (item: Item): item is ReadonlyMap<string, JsonValue> => !(item instanceof PathDatetime) && isObject(item);

function calculate(operator: string, left: Numeric, right: Numeric): Numeric {
  try {
    switch (operator) {
      case "+":
        return add(left, right);
      case "-":
        return subtract(left, right);
      case "*":
        return multiply(left, right);
      case "/":
        return divide(left, right);
      default:
        return modulo(left, right);
    }
  } catch (error) {
    throw error instanceof DbError ? new JsonPathError(error.fields) : error;
  }
}

function datetimeOf(template: string | undefined, item: Item): PathDatetime {
  if (typeof item !== "string") throw pathError("22031", "jsonpath item method .datetime() can only be applied to a string");
  if (template !== undefined) {
    try {
      return readDatetimeBy(template, item);
    } catch (error) {
      throw error instanceof DbError ? new JsonPathError(error.fields) : error;
    }
  }
  const read = readDatetime(item);
  if (read === undefined)
    throw pathError(
      "22031",
      `datetime format is not recognized: "${item}"`,
      "Use a datetime template argument to specify the input data format.",
    );
  return read;
}
