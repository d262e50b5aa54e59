/** The columns that a write of one row sets, in the forms that I/O threads know (native/io/pg_values.h). */
import type { FloatCast, PointValue, TableWriter } from "../execution/internal.js";
import type { ColumnId, Expression, FunctionCall } from "../plan/index.js";
import { type Datum, Numeric, type Row, TypeOid } from "../types/index.js";
import type { Planner } from "./planner.js";

const integers = new Set<number>([TypeOid.int2, TypeOid.int4, TypeOid.int8]);
/** Parameters of these types have a native form in a column of the same type. */
const plainTypes = new Set<number>([
  ...integers,
  TypeOid.uuid,
  TypeOid.bool,
  TypeOid.float4,
  TypeOid.float8,
  TypeOid.numeric,
  TypeOid.bytea,
  TypeOid.bpchar,
  TypeOid.timestamp,
  TypeOid.timestamptz,
  TypeOid.date,
  TypeOid.time,
  TypeOid.json,
  TypeOid.jsonb,
  TypeOid.vector,
  TypeOid.halfvec,
]);
/** Digits behind the point of a numeric constant that is added. */
const SCALE_MAX = 30;
const texts = new Set<number>([TypeOid.text, TypeOid.varchar]);
/** Types whose modifiers the native form applies; of texts and bpchar only as an assignment does, which does not cut. */
const modified = new Set<number>([
  TypeOid.varchar,
  TypeOid.bpchar,
  TypeOid.numeric,
  TypeOid.timestamp,
  TypeOid.timestamptz,
  TypeOid.time,
  TypeOid.vector,
  TypeOid.halfvec,
]);

/** What a value is besides its form. */
type Target = Pick<PointValue, "column" | "notNull">;
/** An expression with the modifier that it is coerced to; -1: none. */
interface Coerced {
  readonly value: Expression;
  readonly modifier: number;
}

export class PointValues {
  readonly values: PointValue[] = [];
  readonly #row: Row;

  constructor(
    private readonly planner: Planner,
    private readonly writer: TableWriter,
    /** Attribute of each column of the row that is there. */
    private readonly old: ReadonlyMap<ColumnId, number> = new Map(),
  ) {
    this.#row = new Array<Datum>(writer.table.attributes.length).fill(null);
  }

  /** A block of one row with the constants. */
  encodeRow(): Uint8Array {
    return this.writer.encodeRow(this.#row);
  }

  /** False: the value needs TypeScript. */
  add(attribute: number, expression: Expression): boolean {
    const object = this.writer.table.attributes[attribute - 1];
    if (object === undefined || this.values.some((v) => v.column === attribute - 1)) return false;
    const value = this.#valueOf({ column: attribute - 1, notNull: object.notNull }, object.type, expression);
    if (value === undefined) return false;
    this.values.push(value);
    return true;
  }

  #valueOf(of: Target, type: number, expression: Expression): PointValue | undefined {
    if (expression.kind === "Constant") {
      if ((expression.value === null && of.notNull) || expression.type !== type) return undefined;
      this.#row[of.column] = expression.value;
      return { ...of, form: "constant" };
    }
    const coerced = coercedOf(expression, type);
    if (coerced === undefined) return undefined;
    const { value, modifier } = coerced;
    if (value.kind === "FunctionCall") return this.#callOf(of, type, value, modifier);
    if (value.kind !== "Parameter") return undefined;
    const isText = texts.has(value.type) && texts.has(type);
    if (!isText && (value.type !== type || !plainTypes.has(type))) return undefined;
    // A vector is read as one of the dimensions that the column has.
    if ((type === TypeOid.vector || type === TypeOid.halfvec) && modifier < 1) return undefined;
    return { ...of, form: "parameter", parameter: value.index, type: value.type, modifier };
  }

  #callOf(of: Target, type: number, call: FunctionCall, modifier: number): PointValue | undefined {
    const { functionId } = call;
    const now = isNow(call) ? type === TypeOid.timestamptz : functionId === "timestamp(timestamptz)" && isNow(call.args[0]) && this.#isUtc;
    if (now) return { ...of, form: "now", modifier };
    const sequence = this.#sequenceOf(call);
    if (sequence !== undefined) return integers.has(type) ? { ...of, form: "nextval", ...sequence } : undefined;
    const integer = integerAsNumeric(call);
    if (integer !== undefined && type === TypeOid.numeric) return { ...of, form: "integerAsNumeric", ...integer, modifier };
    const float = castToFloat(call, type);
    if (float !== undefined) return { ...of, form: "parameter", ...float, modifier: -1 };
    // A number that does not fit is an error whichever integer it was before.
    const [cast] = call.args;
    if (/^int[248]\(int[248]\)$/.test(functionId) && integers.has(type) && cast !== undefined) {
      if (cast.kind === "FunctionCall") return this.#callOf(of, type, cast, -1);
      return cast.kind === "Parameter" ? { ...of, form: "parameter", parameter: cast.index, type: cast.type, modifier: -1 } : undefined;
    }
    const [left, right] = call.args;
    if (left === undefined || right === undefined || call.args.length !== 2) return undefined;
    if (functionId === "textcat(text,text)" && texts.has(type) && this.#isOwn(of, left)) {
      const { value } = coercedOf(right, TypeOid.text) ?? {};
      return value?.kind === "Parameter" && texts.has(value.type)
        ? { ...of, form: "append", parameter: value.index, type: value.type, modifier }
        : undefined;
    }
    const isPlus = sums.get(type)?.[0].test(functionId) === true;
    if (!isPlus && sums.get(type)?.[1].test(functionId) !== true) return undefined;
    const by = this.#isOwn(of, left) ? right : isPlus && this.#isOwn(of, right) ? left : undefined;
    return by && sumOf(of, type, isPlus, by, modifier);
  }
  /** Of nextval, also where the number becomes a smaller integer. An update that finds no row must draw none. */
  #sequenceOf(call: FunctionCall): { readonly sequence: number; readonly storage: number } | undefined {
    const [arg] = call.args;
    if (/^int[24]\(int8\)$/.test(call.functionId) && arg?.kind === "FunctionCall") return this.#sequenceOf(arg);
    if (call.functionId !== "nextval(regclass)" || arg?.kind !== "Constant" || typeof arg.value !== "number" || this.old.size > 0)
      return undefined;
    const relation = this.planner.context.catalog.relationByOid(arg.value);
    return relation?.class === "sequence" ? { sequence: relation.oid, storage: relation.storage } : undefined;
  }
  /** The column's own value. */
  #isOwn(of: Target, expression: Expression): boolean {
    let value = expression;
    while (value.kind === "Relabel" && texts.has(value.type)) value = value.arg;
    return value.kind === "ColumnReference" && this.old.get(value.id) === of.column + 1;
  }
  get #isUtc(): boolean {
    return /^(Etc\/)?UTC$/.test(this.planner.context.settings.setting("timezone") ?? "");
  }
}

const integerSums = [/^int(2|4|8|24|42|48|84|28|82)pl\(/, /^int(2|4|8|24|42|48|84|28|82)mi\(/] as const;
/** Functions that add and that subtract, by the column's type. */
const sums: ReadonlyMap<number, readonly [RegExp, RegExp]> = new Map([
  [TypeOid.int2, integerSums],
  [TypeOid.int4, integerSums],
  [TypeOid.int8, integerSums],
  [TypeOid.float8, [/^float8pl\(float8,float8\)$/, /^float8mi\(float8,float8\)$/]],
  [TypeOid.numeric, [/^numeric_add\(/, /^numeric_sub\(/]],
]);

function sumOf(of: Target, type: number, isPlus: boolean, by: Expression, modifier: number): PointValue | undefined {
  const form = isPlus ? "add" : "subtract";
  if (integers.has(type)) {
    if (by.kind === "Parameter" && integers.has(by.type))
      return { ...of, form, parameter: by.index, type: by.type, modifier: -1, operandModifier: -1 };
    if (by.kind !== "Constant" || typeof by.value !== "number" || !Number.isSafeInteger(by.value)) return undefined;
    return { ...of, form: "addConstant", addend: isPlus ? by.value : -by.value, scale: 0, modifier: -1 };
  }
  if (by.kind === "Constant" && by.value instanceof Numeric) {
    const { coefficient, scale, special } = by.value;
    const addend = Number(isPlus ? coefficient : -coefficient);
    if (special !== "finite" || scale > SCALE_MAX || !Number.isSafeInteger(addend)) return undefined;
    return { ...of, form: "addConstant", addend, scale, modifier };
  }
  const operand = coercedOf(by, type);
  if (operand === undefined) return undefined;
  const integer = type === TypeOid.numeric && operand.modifier === -1 ? integerAsNumeric(operand.value) : undefined;
  const given = operand.value.kind === "Parameter" && operand.value.type === type ? operand.value : undefined;
  const parameter = integer ?? castToFloat(operand.value, type) ?? (given && { parameter: given.index, type: given.type });
  return parameter && { ...of, form, ...parameter, modifier, operandModifier: operand.modifier };
}

function integerAsNumeric(call: Expression): { readonly parameter: number; readonly type: number } | undefined {
  if (call.kind !== "FunctionCall" || !/^numeric\(int[248]\)$/.test(call.functionId)) return undefined;
  const [arg] = call.args;
  return arg?.kind === "Parameter" && integers.has(arg.type) ? { parameter: arg.index, type: arg.type } : undefined;
}
/** Of a parameter that is cast to the float type of its column. */
function castToFloat(
  call: Expression,
  type: number,
): { readonly parameter: number; readonly type: number; readonly cast: FloatCast } | undefined {
  if (call.kind !== "FunctionCall" || call.type !== type) return undefined;
  const cast = floatCasts[call.functionId];
  const [arg] = call.args;
  return cast !== undefined && arg?.kind === "Parameter" ? { parameter: arg.index, type: arg.type, cast } : undefined;
}
const floatCasts: Readonly<Record<string, FloatCast>> = {
  "float8(numeric)": "numericAsFloat8",
  "float4(numeric)": "numericAsFloat4",
  "float8(int4)": "int4AsFloat8",
  "float4(int4)": "int4AsFloat4",
};
function isNow(call: Expression | undefined): boolean {
  return call?.kind === "FunctionCall" && (call.functionId === "now()" || call.functionId === "transaction_timestamp()");
}

/** Behind casts that change nothing and one modifier of the column's type; undefined: a modifier that nothing applies. */
function coercedOf(expression: Expression, type: number): Coerced | undefined {
  let value = expression;
  let modifier = -1;
  if (value.kind === "CoerceModifier") {
    const cuts = value.explicit && (texts.has(type) || type === TypeOid.bpchar);
    if (cuts || value.type !== type || !modified.has(type)) return undefined;
    modifier = value.typmod;
    value = value.arg;
  }
  while (value.kind === "Relabel" && texts.has(value.type)) value = value.arg;
  return { value, modifier };
}
