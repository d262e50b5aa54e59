/**
 * Expressions of native pipelines: what of an expression has a native form, and its bytes in a program.
 *
 * What mentions no column of the pipeline (parameters, now(), values of an outer row, uncorrelated subqueries) is computed by TypeScript
 * when the pipeline opens and goes over as a constant. Everything else must be in the subset below, or the whole expression has no native
 * form. Errors are never raised natively: the general operators then run the statement.
 */
import type { ColumnId, Expression, FunctionCall } from "../../plan/index.js";
import { type Datum, Numeric, type SqlType, TypeOid } from "../../types/index.js";
import { type CompileEnvironment, compileScalar } from "../expression/compiler.js";
import { emptyLayout } from "../expression/scope.js";
import type { RunState } from "../operator.js";
import { isComparable, NativeKind, nativeValues, storedKind } from "./kinds.js";
import { ExpressionOp, type ProgramWriter } from "./program-writer.js";

export interface NativeColumn {
  readonly id: ColumnId;
  readonly kind: NativeKind;
}

export interface NativeExpression {
  readonly kind: NativeKind;
  /** May ask for the general operators while it runs. */
  readonly fallible: boolean;
  emit(writer: ProgramWriter, state: RunState): void;
}

export interface NativeEnvironment {
  readonly compile: CompileEnvironment;
  /** What the rules know of an expression: which columns it mentions, and whether it may change from row to row by itself. */
  readonly columnsOf: (e: Expression) => ReadonlySet<ColumnId>;
  readonly isVolatile: (e: Expression) => boolean;
}

const compareOps: Readonly<Record<string, number>> = { eq: 1, ne: 2, lt: 3, le: 4, gt: 5, ge: 6 };
const arithmeticOps: Readonly<Record<string, number>> = { pl: 1, mi: 2, mul: 3, div: 4, mod: 5, add: 1, sub: 2 };
const comparison =
  /^(?:int2|int4|int8|int24|int42|int28|int82|int48|int84|float4|float8|float48|float84|date_|time_|timestamp_|timestamptz_|numeric_|uuid_|text_?|bytea|bool)(eq|ne|lt|le|gt|ge)\(/;
const arithmetic = /^(?:int2|int4|int8|int24|int42|int28|int82|int48|int84|float4|float8|float48|float84)(pl|mi|mul|div|mod)\(/;
const numericArithmetic = /^numeric_(add|sub|mul|div)\(/;
const modulo = /^mod\((?:int2,int2|int4,int4|int8,int8)\)$/;
const negation = /^(?:int[248]um|float[48]um|numeric_uminus)\(/;
const absolute = /^(?:abs\((?:int[248]|float[48]|numeric)\)|int[248]abs\(|float[48]abs\(|numeric_abs\()/;
const numberCast = /^(?:int2|int4|int8|float4|float8|numeric)\((?:int2|int4|int8|float4|float8|bool)\)$/;
const likes: Readonly<Record<string, boolean>> = {
  "like(text,text)": false,
  "textlike(text,text)": false,
  "notlike(text,text)": true,
  "textnlike(text,text)": true,
};
const unary = { negate: 1, absolute: 2, characters: 3, bytesLength: 4, dateToTimestamp: 5 } as const;

const castTargets: Readonly<Record<number, NativeKind>> = {
  [TypeOid.int2]: NativeKind.int16,
  [TypeOid.int4]: NativeKind.int32,
  [TypeOid.int8]: NativeKind.int64,
  [TypeOid.float4]: NativeKind.float32,
  [TypeOid.float8]: NativeKind.float64,
  [TypeOid.numeric]: NativeKind.decimal,
};
/** Larger expressions have no native form: the program's reader has a limit on depth and the gain is elsewhere. */
const MAX_DEPTH = 100;

const logic: ReadonlySet<string> = new Set(["And", "Or", "Not"]);

/** undefined: no native form. */
export function nativeExpression(
  environment: NativeEnvironment,
  e: Expression,
  columns: readonly NativeColumn[],
  depth = 0,
): NativeExpression | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const compile = (x: Expression): NativeExpression | undefined => nativeExpression(environment, x, columns, depth + 1);
  const all = (list: readonly Expression[]): NativeExpression[] | undefined => {
    const out: NativeExpression[] = [];
    for (const x of list) {
      const one = compile(x);
      if (one === undefined) return undefined;
      out.push(one);
    }
    return out;
  };
  if (e.kind === "ColumnReference") {
    const index = columns.findIndex((c) => c.id === e.id);
    const column = columns[index];
    if (column !== undefined) return { kind: column.kind, fallible: false, emit: (w) => w.u8(ExpressionOp.column).u16(index) };
  }
  // Logic over many terms is looked through first: its terms are asked, not the whole again and again.
  if (!logic.has(e.kind)) {
    const mentioned = environment.columnsOf(e);
    if (!columns.some((c) => mentioned.has(c.id))) return constantOf(environment, e);
  }
  if (hasCollation(e)) return undefined;
  switch (e.kind) {
    case "And":
    case "Or": {
      const args = all(e.args);
      return args && node(NativeKind.bool, args, (w) => w.u8(e.kind === "And" ? ExpressionOp.and : ExpressionOp.or).u16(args.length));
    }
    case "Not": {
      const arg = compile(e.arg);
      return arg && node(NativeKind.bool, [arg], (w) => w.u8(ExpressionOp.not));
    }
    case "NullTest": {
      if (e.arg.type === TypeOid.record) return undefined;
      const arg = compile(e.arg);
      return arg && node(NativeKind.bool, [arg], (w) => w.u8(ExpressionOp.nullTest).u8(e.negated ? 1 : 0));
    }
    case "BooleanTest": {
      const arg = compile(e.arg);
      const test = { false: 0, true: 1, unknown: 2 }[e.test];
      return (
        arg &&
        node(NativeKind.bool, [arg], (w) =>
          w
            .u8(ExpressionOp.booleanTest)
            .u8(test)
            .u8(e.negated ? 1 : 0),
        )
      );
    }
    case "DistinctTest": {
      const pair = comparablePair(compile(e.left), compile(e.right), e.left, e.right);
      return pair && node(NativeKind.bool, pair, (w) => w.u8(ExpressionOp.distinct).u8(e.negated ? 1 : 0));
    }
    case "NullIf": {
      const pair = comparablePair(compile(e.left), compile(e.right), e.left, e.right);
      if (pair === undefined || e.left.type !== e.type) return undefined;
      return node((pair[0] as NativeExpression).kind, pair, (w) => w.u8(ExpressionOp.nullIf));
    }
    case "Case": {
      const { operand } = e;
      if (operand !== undefined) return undefined;
      const parts = all([...e.whens.flatMap((w) => [w.when, w.then]), e.otherwise]);
      if (parts === undefined) return undefined;
      const values = parts.filter((_, i) => i % 2 === 1 || i === parts.length - 1);
      const kind = unify(values);
      if (kind === undefined) return undefined;
      const unified = parts.map((p, i) => (i % 2 === 1 || i === parts.length - 1 ? cast(p, kind) : p));
      return node(kind, unified, (w) => w.u8(ExpressionOp.case).u16(e.whens.length));
    }
    case "Coalesce": {
      const args = all(e.args);
      const kind = args && unify(args);
      if (args === undefined || kind === undefined) return undefined;
      return node(
        kind,
        args.map((a) => cast(a, kind)),
        (w) => w.u8(ExpressionOp.coalesce).u16(args.length),
      );
    }
    case "Greatest":
    case "Least": {
      if (!isComparable(e.type)) return undefined;
      const args = all(e.args);
      if (args === undefined) return undefined;
      const kind = e.type === TypeOid.numeric ? NativeKind.decimal : unify(args);
      if (kind === undefined) return undefined;
      return node(
        kind,
        args.map((a) => cast(a, kind)),
        (w) => w.u8(e.kind === "Greatest" ? ExpressionOp.greatest : ExpressionOp.least).u16(args.length),
      );
    }
    case "InList":
      return inList(environment, e, compile);
    case "Relabel":
      return compile(e.arg);
    case "FunctionCall":
      return call(e, compile);
    default:
      return undefined;
  }
}

/** As bytes that storage and the wire know: a decimal becomes a numeric again. */
export function toStored(e: NativeExpression): NativeExpression {
  return e.kind === NativeKind.decimal ? cast(e, NativeKind.bytes) : e;
}
/** As a value to compare, group or sum by. */
export function toComparable(e: NativeExpression, type: number): NativeExpression | undefined {
  if (!isComparable(type)) return undefined;
  return type === TypeOid.numeric ? cast(e, NativeKind.decimal) : e;
}

function node(kind: NativeKind, args: readonly NativeExpression[], head: (w: ProgramWriter) => void, fallible = false): NativeExpression {
  return {
    kind,
    fallible: fallible || args.some((a) => a.fallible),
    emit(w, state) {
      head(w);
      for (const a of args) a.emit(w, state);
    },
  };
}
export function cast(e: NativeExpression, kind: NativeKind): NativeExpression {
  if (e.kind === kind) return e;
  const widens = kind > e.kind && e.kind <= NativeKind.int64 && kind <= NativeKind.int64;
  return node(kind, [e], (w) => w.u8(ExpressionOp.cast).u8(kind), !widens && kind !== NativeKind.bytes);
}

/** The one kind of several values of one SQL type: numerics may be decimals in one place and bytes in another. */
function unify(values: readonly NativeExpression[]): NativeKind | undefined {
  const kinds = new Set(values.map((v) => v.kind));
  if (kinds.size === 1) return values[0]?.kind;
  return kinds.size === 2 && kinds.has(NativeKind.bytes) && kinds.has(NativeKind.decimal) ? NativeKind.decimal : undefined;
}

const integerKinds = new Set<NativeKind>([NativeKind.int16, NativeKind.int32, NativeKind.int64]);
const integerTypes = new Set<number>([TypeOid.int2, TypeOid.int4, TypeOid.int8]);
/** Two operands of one comparison, brought to one kind. */
export function comparablePair(
  left: NativeExpression | undefined,
  right: NativeExpression | undefined,
  a: Expression,
  b: Expression,
): [NativeExpression, NativeExpression] | undefined {
  if (left === undefined || right === undefined || !isComparable(a.type) || !isComparable(b.type)) return undefined;
  if (a.type === TypeOid.numeric && b.type === TypeOid.numeric) return [cast(left, NativeKind.decimal), cast(right, NativeKind.decimal)];
  if (a.type === TypeOid.numeric || b.type === TypeOid.numeric) return undefined;
  if (left.kind === right.kind && familyOf(a.type) === familyOf(b.type)) return [left, right];
  if (integerTypes.has(a.type) && integerTypes.has(b.type)) {
    const kind = Math.max(left.kind, right.kind) as NativeKind;
    return [cast(left, kind), cast(right, kind)];
  }
  const floats: readonly number[] = [TypeOid.float4, TypeOid.float8];
  if (floats.includes(a.type) && floats.includes(b.type)) return [cast(left, NativeKind.float64), cast(right, NativeKind.float64)];
  return undefined;
}
function familyOf(type: number): number {
  return type === TypeOid.varchar ? TypeOid.text : type;
}

function call(e: FunctionCall, compile: (x: Expression) => NativeExpression | undefined): NativeExpression | undefined {
  const id = e.functionId;
  const [first, second] = e.args;
  if (first === undefined || e.args.length > 2) return undefined;
  if (second !== undefined) {
    const compared = comparison.exec(id);
    if (compared !== null) {
      const pair = comparablePair(compile(first), compile(second), first, second);
      const op = compareOps[compared[1] as string] as number;
      return pair && node(NativeKind.bool, pair, (w) => w.u8(ExpressionOp.compare).u8(op));
    }
    const computed = arithmetic.exec(id) ?? numericArithmetic.exec(id);
    if (computed !== null || modulo.test(id)) {
      const kind = castTargets[e.type];
      const a = compile(first);
      const b = compile(second);
      if (a === undefined || b === undefined || kind === undefined) return undefined;
      const op = computed === null ? (arithmeticOps.mod as number) : (arithmeticOps[computed[1] as string] as number);
      return node(kind, [cast(a, kind), cast(b, kind)], (w) => w.u8(ExpressionOp.arithmetic).u8(op), true);
    }
    const negated = likes[id];
    if (negated !== undefined) {
      if (second.kind !== "Constant" || typeof second.value !== "string") return undefined;
      const pattern = Buffer.from(second.value);
      // A pattern that ends in the escape character is an error.
      if (/(?:^|[^\\])(?:\\\\)*\\$/.test(second.value)) return undefined;
      const arg = compile(first);
      return (
        arg &&
        node(NativeKind.bool, [arg], (w) =>
          w
            .u8(ExpressionOp.like)
            .u8(negated ? 1 : 0)
            .string(pattern),
        )
      );
    }
    if (id === "textcat(text,text)") {
      const a = compile(first);
      const b = compile(second);
      return a && b && node(NativeKind.bytes, [a, b], (w) => w.u8(ExpressionOp.concat));
    }
    return undefined;
  }
  const arg = compile(first);
  if (arg === undefined) return undefined;
  const apply = (op: number, kind: NativeKind, fallible: boolean): NativeExpression =>
    node(kind, [arg], (w) => w.u8(ExpressionOp.unary).u8(op), fallible);
  if (numberCast.test(id)) {
    const kind = castTargets[e.type];
    if (kind === undefined || (kind === NativeKind.decimal && !integerKinds.has(arg.kind))) return undefined;
    if (arg.kind === NativeKind.bool && kind !== NativeKind.int32) return undefined;
    return cast(arg, kind);
  }
  if (negation.test(id) || absolute.test(id)) {
    const number = e.type === TypeOid.numeric ? cast(arg, NativeKind.decimal) : arg;
    const op = negation.test(id) ? unary.negate : unary.absolute;
    return node(number.kind, [number], (w) => w.u8(ExpressionOp.unary).u8(op), true);
  }
  switch (id) {
    case "length(text)":
    case "char_length(text)":
    case "character_length(text)":
    case "textlen(text)":
      return apply(unary.characters, NativeKind.int32, false);
    case "octet_length(text)":
    case "textoctetlen(text)":
      return apply(unary.bytesLength, NativeKind.int32, false);
    case "timestamp(date)":
      return apply(unary.dateToTimestamp, NativeKind.int64, true);
    default:
      return undefined;
  }
}

function inList(
  environment: NativeEnvironment,
  e: Extract<Expression, { kind: "InList" }>,
  compile: (x: Expression) => NativeExpression | undefined,
): NativeExpression | undefined {
  // Values of the argument's own type: what the binder gives for lists of literals.
  if (!isComparable(e.arg.type) || e.arg.type === TypeOid.numeric) return undefined;
  if (!e.items.every((i) => (i.kind === "Constant" || i.kind === "Parameter") && familyOf(i.type) === familyOf(e.arg.type)))
    return undefined;
  const arg = compile(e.arg);
  const type = environment.compile.registry.typeByOid(e.arg.type);
  if (arg === undefined || type === undefined) return undefined;
  const encode = (values: readonly Datum[]): { readonly hasNull: boolean; readonly bytes: readonly Uint8Array[] } => {
    const present = values.filter((v) => v !== null);
    return { hasNull: present.length < values.length, bytes: nativeValues(present, type) };
  };
  const fixed = e.items.every((i) => i.kind === "Constant");
  let kept: ReturnType<typeof encode> | undefined;
  return {
    kind: NativeKind.bool,
    fallible: arg.fallible,
    emit(w, state) {
      const list =
        kept ??
        encode(
          e.items.map((i) => (i.kind === "Constant" ? i.value : i.kind === "Parameter" ? (state.parameters[i.index] as Datum) : null)),
        );
      if (fixed) kept = list;
      w.u8(ExpressionOp.inList);
      arg.emit(w, state);
      w.u8(list.hasNull ? 1 : 0).u32(list.bytes.length);
      for (const bytes of list.bytes) w.value(arg.kind, bytes);
    },
  };
}

/** An expression without columns of the pipeline: computed when it opens. */
function constantOf(environment: NativeEnvironment, e: Expression): NativeExpression | undefined {
  const type = environment.compile.registry.typeByOid(e.type);
  if (type === undefined || environment.isVolatile(e) || !isEncodable(type)) return undefined;
  const kind = type.oid === TypeOid.numeric ? NativeKind.decimal : storedKind(type);
  const evaluate = e.kind === "Constant" ? () => e.value : compileScalar(environment.compile, e, emptyLayout);
  return {
    kind,
    fallible: false,
    emit(w, state) {
      const value = evaluate([], state);
      w.u8(ExpressionOp.constant)
        .u8(kind)
        .u8(value === null ? 1 : 0);
      if (value instanceof Numeric) {
        w.raw(decimalBytes(value));
        return;
      }
      if (value !== null) w.value(kind, nativeValues([value], type)[0] as Uint8Array);
    },
  };
}
/** Decimal of native/exec/pipeline/vector.h. Throws what makes the general operators run when it has too many digits. */
function decimalBytes(value: Numeric): Uint8Array {
  if (value.special !== "finite" || value.scale > MAX_DECIMAL_SCALE || String(value.coefficient).length > MAX_DECIMAL_SCALE)
    throw new NoNativeForm();
  const bytes = Buffer.alloc(32);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value.coefficient), 0);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value.coefficient >> 64n), 8);
  bytes.writeInt32LE(value.scale, 16);
  return bytes;
}
/** A safe step below the 37 digits of a native decimal. */
const MAX_DECIMAL_SCALE = 34;
/** A value, known when the pipeline opens, that it cannot take. */
export class NoNativeForm extends Error {}

function isEncodable(type: SqlType): boolean {
  return isComparable(type.oid) || type.oid === TypeOid.json || type.oid === TypeOid.jsonb || type.oid === TypeOid.interval;
}

/** Byte order only: whatever names another collation has no native form. */
export function hasCollation(e: unknown): boolean {
  const { collation } = e as { collation?: unknown };
  return collation !== undefined && collation !== null && collation !== "C" && collation !== "POSIX" && collation !== "default";
}
