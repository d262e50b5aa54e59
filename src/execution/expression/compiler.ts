/**
 * Compiles bound expressions to JavaScript, once per plan.
 *
 * The generated code holds names of ours only; constants, function bodies and helpers are passed in. Each expression becomes a few
 * statements that leave their value in a variable; what must be evaluated lazily (AND, OR, CASE, COALESCE, strict calls) sits in
 * blocks that are left by a labelled break, so a chain of many thousand terms nests no deeper than one.
 *
 * SQL's three-valued logic: true, false and null are the JavaScript values of those names.
 */
import { EMPTY, FAILED, makeJsonQuery } from "../../functions/index.js";
import type { CallTypes, EvaluationContext, FunctionRegistry, ScalarBody } from "../../functions/registry.js";
import type {
  ArrayComparison,
  Case,
  ColumnId,
  Expression,
  FunctionCall,
  InList,
  JsonQuery,
  LogicalPlan,
  SubqueryExpression,
} from "../../plan/index.js";
import {
  type Datum,
  FIRST_USER_OID,
  notSupported,
  type Oid,
  PhysicalType,
  type Row,
  type SqlType,
  statementTooComplex,
  TypeOid,
  unreachable,
} from "../../types/index.js";
import type { Operator, RunState } from "../operator.js";
import { HashedList } from "./hashed-list.js";
import { hashCompatible, inlineArithmetic, inlineComparison, isOwnHashKey } from "./inline-operators.js";
import type { Layout, Scope } from "./scope.js";
import { spreadBody } from "./spread.js";
import { compileSubquery } from "./subquery.js";
import {
  assignElement,
  assignFigure,
  assignJsonb,
  assignSlice,
  figureElement,
  figureWidths,
  jsonbElement,
  nameElement,
} from "./subscripts.js";
import * as helpers from "./value-helpers.js";

export type Evaluate = (row: Row, state: RunState) => Datum;
export type EvaluateRow = (row: Row, state: RunState) => Row;
export type Predicate = (row: Row, state: RunState) => boolean;
/** Over a pair of rows, for joins. */
export type JoinPredicate = (left: Row, right: Row, state: RunState) => boolean;

export interface CompileEnvironment {
  readonly registry: FunctionRegistry;
  readonly scope: Scope;
  /** Plans a subquery in a scope of its own below `scope`. */
  planSubquery(plan: LogicalPlan, scope: Scope): SubqueryPlan;
}
export interface SubqueryPlan {
  readonly operator: Operator;
  readonly scope: Scope;
  /** False when its rows may differ from one evaluation to the next although it reads no outer column (a recursive working table). */
  readonly cacheable: boolean;
}

export function compileScalar(environment: CompileEnvironment, expression: Expression, layout: Layout): Evaluate {
  return generate(environment, layout, ["r", "s"], (e) => `return ${e.emit(expression)};`) as Evaluate;
}
export function compileRow(environment: CompileEnvironment, expressions: readonly Expression[], layout: Layout): EvaluateRow {
  return generate(environment, layout, ["r", "s"], (e) => `return [${expressions.map((x) => e.emit(x)).join(", ")}];`) as EvaluateRow;
}
export function compilePredicate(environment: CompileEnvironment, predicate: Expression, layout: Layout): Predicate {
  return generate(environment, layout, ["r", "s"], (e) => `return ${e.emit(predicate)} === true;`) as Predicate;
}
/** `layout` reads the left row as `l`, the right one as `r`. */
export function compileJoinPredicate(environment: CompileEnvironment, predicate: Expression, layout: Layout): JoinPredicate {
  return generate(environment, layout, ["l", "r", "s"], (e) => `return ${e.emit(predicate)} === true;`) as JoinPredicate;
}
/** Fills the slots that the plan of `inner` reads, from the row at hand. */
export function compileBindings(environment: CompileEnvironment, inner: Scope, layout: Layout): (row: Row, state: RunState) => void {
  return generate(environment, layout, ["r", "s"], (e) => {
    e.bindOuter(inner);
    return "";
  }) as (row: Row, state: RunState) => void;
}

/** One generated function: `finish` emits what it needs and gives the last statement. Also used by fused operators. */
export function generate(
  environment: CompileEnvironment,
  layout: Layout,
  parameters: readonly string[],
  finish: (emitter: Emitter) => string,
): unknown {
  const emitter = new Emitter(environment, layout);
  let last: string;
  try {
    last = finish(emitter);
  } catch (error) {
    if (error instanceof RangeError) throw statementTooComplex();
    throw error;
  }
  const body = `${emitter.constantNames()}return function(${parameters.join(", ")}) {\n${emitter.code()}${last}\n};`;
  return new Function("k", body)(emitter.constants);
}

type AnyBody = (context: EvaluationContext, ...args: Datum[]) => Datum;

/** A Map takes 0 and -0 for one key. */
const NEGATIVE_ZERO = Symbol("-0");

export class Emitter {
  readonly constants: unknown[] = [];
  #lines: string[] = [];
  #names = 0;
  #usesContext = false;
  readonly #constantIndex = new Map<unknown, number>();
  readonly #operands: string[] = [];

  constructor(
    readonly environment: CompileEnvironment,
    readonly layout: Layout,
  ) {}

  line(code: string): void {
    this.#lines.push(code);
  }
  fresh(prefix = "t"): string {
    return `${prefix}${this.#names++}`;
  }
  /** A name for a value that is passed in. */
  constant(value: unknown): string {
    const key = Object.is(value, -0) ? NEGATIVE_ZERO : value;
    let index = this.#constantIndex.get(key);
    if (index === undefined) {
      index = this.constants.length;
      this.constants.push(value);
      this.#constantIndex.set(key, index);
    }
    return index < NAMED_CONSTANTS ? `k${index}` : `k[${index}]`;
  }
  constantNames(): string {
    return this.constants
      .slice(0, NAMED_CONSTANTS)
      .map((_, i) => `const k${i} = k[${i}];`)
      .join("");
  }
  code(): string {
    return `${this.#usesContext ? "const c = s.evaluation;\n" : ""}${this.#lines.join("\n")}\n`;
  }
  get context(): string {
    this.#usesContext = true;
    return "c";
  }
  /** The statements that `work` emits, taken out of the stream. */
  aside(work: () => void): string {
    const kept = this.#lines;
    this.#lines = [];
    work();
    const code = this.#lines.join("\n");
    this.#lines = kept;
    return code;
  }

  reference(id: ColumnId): string {
    return this.layout.access(id) ?? `s.outer[${this.environment.scope.slotOf(id)}]`;
  }
  bindOuter(inner: Scope): void {
    for (const p of inner.parameters) this.line(`s.outer[${p.slot}] = ${this.reference(p.id)};`);
  }

  /** Emits the evaluation; the result is a variable, a property read or a literal, free of side effects. */
  emit(e: Expression): string {
    switch (e.kind) {
      case "Constant":
        return e.value === null ? "null" : e.value === true ? "true" : e.value === false ? "false" : this.constant(e.value);
      case "Parameter":
        return this.#keep(`s.parameters[${e.index}]`);
      case "ColumnReference":
        return this.reference(e.id);
      case "CaseOperand":
        return this.#operands.at(-1) ?? "null";
      case "FunctionCall":
        return this.#call(e);
      case "And":
      case "Or":
        return this.#chain(flatten(e.kind, e.args), e.kind === "And");
      case "Not": {
        const a = this.emit(e.arg);
        return this.#keep(`${a} === null ? null : !${a}`);
      }
      case "NullTest": {
        const a = this.emit(e.arg);
        if (e.arg.type === TypeOid.record || (e.arg.type >= FIRST_USER_OID && this.#type(e.arg.type).fields !== undefined))
          return this.#keep(`${this.constant(helpers.isNullRecord)}(${a}, ${e.negated})`);
        return this.#keep(`${a} ${e.negated ? "!==" : "==="} null`);
      }
      case "BooleanTest":
        return this.#keep(`${this.emit(e.arg)} ${e.negated ? "!==" : "==="} ${e.test === "unknown" ? "null" : e.test}`);
      case "DistinctTest": {
        const a = this.emit(e.left);
        const b = this.emit(e.right);
        const equal = this.#bodyCall(e.equalId, [a, b], equalityTypes(e.left, e.right));
        return this.#keep(`(${a} === null || ${b} === null ? ${a} === ${b} : ${equal}) ${e.negated ? "===" : "!=="} true`);
      }
      case "Case":
        return this.#case(e);
      case "Coalesce": {
        const t = this.#variable();
        const label = this.fresh("L");
        this.line(`${label}: {`);
        for (const arg of e.args) this.line(`${t} = ${this.emit(arg)}; if (${t} !== null) break ${label};`);
        this.line("}");
        return t;
      }
      case "NullIf": {
        const a = this.emit(e.left);
        const b = this.emit(e.right);
        return this.#keep(
          `${a} !== null && ${b} !== null && ${this.#bodyCall(e.equalId, [a, b], equalityTypes(e.left, e.right))} === true ? null : ${a}`,
        );
      }
      case "Greatest":
      case "Least": {
        const compare = this.#type(e.type).compare;
        if (compare === undefined) throw notSupported(`ordering of type ${this.#type(e.type).name}`);
        const args = e.args.map((a) => this.emit(a));
        return this.#keep(
          `${this.constant(helpers.extremeOf)}([${args.join(", ")}], ${this.constant(compare)}, ${e.kind === "Greatest" ? 1 : -1})`,
        );
      }
      case "InList":
        return this.#inList(e);
      case "ArrayComparison":
        return this.#arrayComparison(e);
      case "ArrayConstructor": {
        const elements = `[${e.elements.map((x) => this.emit(x)).join(", ")}]`;
        return this.#keep(`${this.constant(e.multidimensional ? helpers.stackArrays : helpers.buildArray)}(${e.elementType}, ${elements})`);
      }
      case "RowConstructor": {
        const fields = `[${e.fields.map((x) => this.emit(x)).join(", ")}]`;
        return this.#keep(
          `${this.constant(helpers.makeRow)}(${fields}, ${this.constant(e.fields.map((f) => f.type))}, ${this.constant(e.names)})`,
        );
      }
      case "Subscript": {
        const container = this.emit(e.container);
        const bound = (x: Expression | undefined): string => (x === undefined ? "undefined" : this.emit(x));
        if (e.isSlice) {
          const bounds = e.subscripts.map((x) => `[${bound(x.lower)}, ${bound(x.upper)}]`).join(", ");
          return this.#keep(`${container} === null ? null : ${this.constant(helpers.sliceOf)}(${container}, [${bounds}])`);
        }
        const subscripts = e.subscripts.map((x) => bound(x.upper)).join(", ");
        const width = figureWidths.get(e.container.type);
        if (width !== undefined)
          return this.#keep(`${container} === null ? null : ${this.constant(figureElement)}(${container}, [${subscripts}], ${width})`);
        const read = this.constant(
          e.container.type === TypeOid.jsonb ? jsonbElement : e.container.type === TypeOid.name ? nameElement : helpers.elementAt,
        );
        return this.#keep(`${container} === null ? null : ${read}(${container}, [${subscripts}])`);
      }
      case "SubscriptAssignment": {
        const container = this.emit(e.container);
        const bound = (x: Expression | undefined): string => (x === undefined ? "undefined" : this.emit(x));
        const bounds = e.subscripts.map((x) => (e.isSlice ? `[${bound(x.lower)}, ${bound(x.upper)}]` : bound(x.upper))).join(", ");
        const value = this.emit(e.value);
        if (e.type === TypeOid.jsonb) {
          const firstIsNumber = e.subscripts[0]?.upper?.type === TypeOid.int4;
          return this.#keep(`${this.constant(assignJsonb)}(${container}, [${bounds}], ${value}, ${firstIsNumber})`);
        }
        if (figureWidths.has(e.type)) return this.#keep(`${this.constant(assignFigure)}(${container}, [${bounds}], ${value})`);
        const assign = this.constant(e.isSlice ? assignSlice : assignElement);
        return this.#keep(`${assign}(${container}, [${bounds}], ${value}, ${this.#type(e.type).elementType})`);
      }
      case "FieldSelect": {
        const record = this.emit(e.record);
        return this.#keep(`${record} === null ? null : ${record}.fields[${e.fieldIndex}]`);
      }
      case "Relabel": {
        const a = this.emit(e.arg);
        // int4 and the oid types have the same bits and different values.
        if (e.arg.type === TypeOid.int4 && this.#type(e.type).physical === PhysicalType.int64)
          return this.#keep(`${a} === null ? null : ${a} >>> 0`);
        if (e.type === TypeOid.int4 && this.#type(e.arg.type).physical === PhysicalType.int64)
          return this.#keep(`${a} === null ? null : ${a} | 0`);
        return a;
      }
      case "CoerceViaText": {
        const a = this.emit(e.arg);
        const source = this.#type(e.arg.type);
        const target = this.#type(e.type);
        const convert = (value: Exclude<Datum, null>, context: EvaluationContext): Datum =>
          target.input(source.output(value, context), e.typmod, context);
        return this.#keep(`${a} === null ? null : ${this.constant(convert)}(${a}, ${this.context})`);
      }
      case "CoerceArray": {
        const array = this.emit(e.arg);
        const element = this.fresh("e");
        this.#operands.push(element);
        let result = "";
        const code = this.aside(() => {
          result = this.emit(e.element);
        });
        this.#operands.pop();
        const elementType = this.#type(e.type).elementType;
        return this.#keep(
          `${array} === null ? null : ${this.constant(helpers.mapElements)}(${array}, ${elementType}, (${element}) => {\n${code}\nreturn ${result};\n})`,
        );
      }
      case "CoerceModifier":
        return this.#coerceModifier(e.arg, e.type, e.typmod, e.explicit);
      case "JsonQuery":
        return this.#jsonQuery(e);
      case "Subquery":
        return this.#subquery(e);
      default:
        return unreachable(e);
    }
  }

  #variable(): string {
    const t = this.fresh();
    this.line(`let ${t} = null;`);
    return t;
  }
  #keep(code: string): string {
    const t = this.fresh();
    this.line(`const ${t} = ${code};`);
    return t;
  }
  #type(oid: Oid): SqlType {
    const type = this.environment.registry.typeByOid(oid);
    if (type === undefined) throw notSupported(`type with OID ${oid}`);
    return type;
  }
  #body(id: string, call?: CallTypes): AnyBody {
    return this.environment.registry.scalarBody(id, call) as ScalarBody as unknown as AnyBody;
  }
  /** The code of a call with non-null arguments. */
  #bodyCall(id: string, args: readonly string[], call?: CallTypes): string {
    const inline = args.length === 2 ? inlineComparison(id) : undefined;
    if (inline !== undefined) return inline(args[0] as string, args[1] as string);
    return `${this.constant(this.#body(id, call))}(${[this.context, ...args].join(", ")})`;
  }

  #call(e: FunctionCall): string {
    const args = e.args.map((a) => this.emit(a));
    const call: CallTypes = {
      argTypes: e.args.map((a) => a.type),
      returnType: e.type,
      ...(e.recordColumns === undefined ? {} : { columns: e.recordColumns }),
    };
    if (e.spreads === true)
      return this.#keep(
        `${this.constant(spreadBody(this.environment.registry, e.functionId, call))}(${[this.context, ...args].join(", ")})`,
      );
    if (!e.strict) return this.#keep(this.#bodyCall(e.functionId, args, call));
    const nullable = [...new Set(args.filter((a) => !isNeverNull(a)))];
    if (args.includes("null")) return "null";
    const t = this.#variable();
    const arithmetic = args.length === 2 ? inlineArithmetic(e.functionId) : undefined;
    const slow = (): string => `${this.constant(this.#body(e.functionId, call))}(${[this.context, ...args].join(", ")})`;
    const code =
      arithmetic !== undefined
        ? arithmetic(args[0] as string, args[1] as string, t, slow())
        : `${t} = ${this.#bodyCall(e.functionId, args, call)};`;
    this.line(nullable.length === 0 ? code : `if (${nullable.map((a) => `${a} !== null`).join(" && ")}) { ${code} }`);
    return t;
  }

  /** AND (`and`) or OR of the terms: the deciding value ends the block at once. */
  #chain(terms: readonly Expression[], and: boolean): string {
    const t = this.fresh();
    const label = this.fresh("L");
    this.line(`let ${t} = ${and}; ${label}: {`);
    for (const term of terms) {
      const a = this.emit(term);
      this.line(`if (${a} === ${!and}) { ${t} = ${!and}; break ${label}; } if (${a} === null) ${t} = null;`);
    }
    this.line("}");
    return t;
  }

  #case(e: Case): string {
    if (e.operand !== undefined) this.#operands.push(this.#keep(this.emit(e.operand)));
    const t = this.#variable();
    const label = this.fresh("L");
    this.line(`${label}: {`);
    for (const branch of e.whens) {
      this.line(`if (${this.emit(branch.when)} === true) {`);
      this.line(`${t} = ${this.emit(branch.then)}; break ${label};`);
      this.line("}");
    }
    this.line(`${t} = ${this.emit(e.otherwise)};`);
    this.line("}");
    if (e.operand !== undefined) this.#operands.pop();
    return t;
  }

  #inList(e: InList): string {
    const a = this.emit(e.arg);
    const type = this.#type(e.arg.type);
    const constants = e.items.every((i) => i.kind === "Constant" && (i.value === null || hashCompatible(i.type, e.arg.type)));
    if (constants && e.items.length > HASHED_LIST_ITEMS && type.hashKey !== undefined) {
      const hash = type.hashKey;
      const own = isOwnHashKey(type.oid);
      const miss = e.items.some((i) => i.kind === "Constant" && i.value === null) ? "null" : "false";
      const keys = new HashedList(e.items, own ? undefined : hash);
      const key = own ? a : `${this.constant(hash)}(${a})`;
      return this.#keep(`${a} === null ? null : ${this.constant(keys)}.has(${key}) ? true : ${miss}`);
    }
    const t = this.fresh();
    const label = this.fresh("L");
    this.line(`let ${t} = false; ${label}: {`);
    for (const item of e.items) {
      const b = this.emit(item);
      this.line(
        `if (${a} === null || ${b} === null) ${t} = null; else if (${this.#bodyCall(e.equalId, [a, b], equalityTypes(e.arg, item))}) { ${t} = true; break ${label}; }`,
      );
    }
    this.line("}");
    return t;
  }

  #arrayComparison(e: ArrayComparison): string {
    const left = this.emit(e.left);
    const array = this.emit(e.array);
    const elementType = this.#type(e.array.type).elementType;
    const type = this.#type(e.left.type);
    const isConstant = e.array.kind === "Constant" || e.array.kind === "Parameter";
    if (e.quantifier === "any" && e.operator === "=" && isConstant && type.hashKey !== undefined && hashCompatible(type.oid, elementType)) {
      return this.#keep(`${this.constant(helpers.isInArray)}(${left}, ${array}, ${this.constant(type.hashKey)})`);
    }
    const strict = this.environment.registry.functionById(e.functionId)?.strict ?? true;
    const body = this.constant(this.#body(e.functionId, { argTypes: [e.left.type, elementType], returnType: e.type }));
    return this.#keep(
      `${this.constant(helpers.compareWithArray)}(${this.context}, ${left}, ${array}, ${body}, ${strict}, ${e.quantifier === "all"})`,
    );
  }

  /** What stands for the result is evaluated only where it is wanted. */
  #jsonQuery(e: JsonQuery): string {
    const target = this.emit(e.context);
    const path = this.emit(e.path);
    const values = e.passing.map((p) => this.emit(p.value)).join(", ");
    const run = this.constant(makeJsonQuery(e, this.environment.registry));
    const t = this.#variable();
    this.line(`if (${target} !== null && ${path} !== null) {`);
    this.line(`${t} = ${run}(${this.context}, ${target}, ${path}, [${values}]);`);
    for (const [mark, otherwise] of [
      [EMPTY, e.onEmpty],
      [FAILED, e.onError],
    ] as const) {
      if (otherwise === undefined) continue;
      this.line(`if (${t} === ${this.constant(mark)}) {`);
      this.line(`${t} = ${this.emit(otherwise)};`);
      this.line("}");
    }
    this.line("}");
    return t;
  }

  #coerceModifier(arg: Expression, oid: Oid, typmod: number, explicit: boolean): string {
    const a = this.emit(arg);
    const type = this.#type(oid);
    const element = type.coerceModifier === undefined && type.elementType !== 0 ? this.#type(type.elementType) : undefined;
    if (element?.coerceModifier !== undefined) {
      const one = (value: Datum): Datum => (value === null ? null : (element.coerceModifier?.(value, typmod, explicit) ?? null));
      return this.#keep(`${a} === null ? null : ${this.constant(helpers.mapElements)}(${a}, ${element.oid}, ${this.constant(one)})`);
    }
    if (type.coerceModifier === undefined) return a;
    const coerce = (value: Exclude<Datum, null>): Datum => type.coerceModifier?.(value, typmod, explicit) ?? null;
    return this.#keep(`${a} === null ? null : ${this.constant(coerce)}(${a})`);
  }

  #subquery(e: SubqueryExpression): string {
    const { evaluate, scope } = compileSubquery(this.environment, e);
    this.bindOuter(scope);
    // The left sides of a hashed IN are evaluated here, where their columns are at hand.
    const probe = evaluate.probe === undefined ? "null" : this.emit(evaluate.probe);
    return this.#keep(`${this.constant(evaluate.run)}(s, ${probe})`);
  }
}

/** Fewer constants than this are local variables of the generated code; the rest is read from the array. */
const NAMED_CONSTANTS = 200;
/** From here on a hash set beats a chain of comparisons. */
const HASHED_LIST_ITEMS = 8;

function equalityTypes(left: Expression, right: Expression): CallTypes {
  return { argTypes: [left.type, right.type], returnType: TypeOid.bool };
}

function isNeverNull(code: string): boolean {
  return code === "true" || code === "false" || code.startsWith("k");
}

/** The terms of nested ANDs (ORs) in order, without recursion: a parser may nest twenty thousand of them to the left. */
export function flatten(kind: "And" | "Or", args: readonly Expression[]): readonly Expression[] {
  if (!args.some((a) => a.kind === kind)) return args;
  const terms: Expression[] = [];
  const stack = [...args].reverse();
  for (let e = stack.pop(); e !== undefined; e = stack.pop()) {
    if (e.kind === kind) for (let i = e.args.length - 1; i >= 0; i--) stack.push(e.args[i] as Expression);
    else terms.push(e);
  }
  return terms;
}
