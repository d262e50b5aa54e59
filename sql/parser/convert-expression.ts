/** Expressions: libpg-query's nodes to ours. Left-deep chains (`a + b + c …`) are walked in a loop, so they may be long. */
import { notSupportedAt, stackDepthExceeded } from "../../src/types/index.js";
import { convertJson } from "./convert-json.js";
import { convertQuery } from "./convert-query.js";
import { type Converter, convertIndirection, convertTypeName, operatorName } from "./converter.js";
import { bodyOf, child, flag, integer, kindOf, list, optionalText, type RawNode, stringOf, strings, text } from "./raw.js";
import type { Expr, FrameEdge, FrameSpecification, FunctionExpr, Literal, SortItem, WindowSpecification } from "./syntax-tree.js";

/** PostgreSQL's own parser ends at about this depth; what later runs out of stack on the way says the same (54001). */
const NESTING_DEPTH_MAX = 10_000;

export function convertExpression(converter: Converter, wrapped: RawNode, depth = 0): Expr {
  if (depth > NESTING_DEPTH_MAX) throw stackDepthExceeded();
  // Statements with tens of thousands of constants: nothing is made for each but its literal.
  if (wrapped.A_Const !== undefined) return convertConstant(converter, wrapped.A_Const as RawNode);
  return convertNode(converter, wrapped, depth);
}
function convertNode(converter: Converter, wrapped: RawNode, depth: number): Expr {
  const raw = bodyOf(wrapped);
  const next = (field: string): Expr => convertExpression(converter, child(raw, field)!, depth + 1);
  const maybe = (field: string): Expr | undefined => (raw[field] === undefined ? undefined : next(field));
  const all = (field: string): Expr[] => list(raw, field).map((item) => convertExpression(converter, item, depth + 1));
  const kind = kindOf(wrapped);
  switch (kind) {
    case "ColumnRef": {
      const fields = list(raw, "fields");
      const star = kindOf(fields.at(-1)!) === "A_Star";
      return { kind: "ColumnRef", fields: (star ? fields.slice(0, -1) : fields).map(stringOf), star, position: converter.position(raw) };
    }
    case "ParamRef":
      return { kind: "ParameterRef", number: integer(raw, "number"), position: converter.position(raw) };
    case "A_Expr":
      return convertOperator(converter, raw, depth);
    case "BoolExpr": {
      const position = converter.position(raw);
      if (raw.boolop === "NOT_EXPR") return { kind: "Not", arg: all("args")[0]!, position };
      return { kind: raw.boolop === "AND_EXPR" ? "And" : "Or", args: all("args"), position };
    }
    case "FuncCall":
      return convertFunction(converter, raw, depth);
    case "TypeCast": {
      const target = convertTypeName(converter, child(raw, "typeName")!);
      const position = raw.location === -1 ? target.position : converter.position(raw);
      return { kind: "Cast", arg: next("arg"), target, position };
    }
    case "CaseExpr":
      return {
        kind: "Case",
        operand: maybe("arg"),
        whens: list(raw, "args").map((item) => ({
          when: convertExpression(converter, child(bodyOf(item), "expr")!, depth + 1),
          then: convertExpression(converter, child(bodyOf(item), "result")!, depth + 1),
        })),
        otherwise: maybe("defresult"),
        position: converter.position(raw),
      };
    case "CoalesceExpr":
      return { kind: "Coalesce", args: all("args"), position: converter.position(raw) };
    case "MinMaxExpr":
      return { kind: raw.op === "IS_LEAST" ? "Least" : "Greatest", args: all("args"), position: converter.position(raw) };
    case "A_ArrayExpr":
      return { kind: "Array", elements: all("elements"), position: converter.position(raw) };
    case "RowExpr":
      return { kind: "Row", fields: all("args"), position: converter.position(raw) };
    case "SubLink":
      return convertSublink(converter, raw, depth);
    case "A_Indirection": {
      const arg = next("arg");
      return { kind: "Indirection", arg, path: convertIndirection(converter, list(raw, "indirection"), depth + 1), position: arg.position };
    }
    case "NullTest":
      return { kind: "NullTest", arg: next("arg"), negated: raw.nulltesttype === "IS_NOT_NULL", position: converter.position(raw) };
    case "BooleanTest": {
      const test = text(raw, "booltesttype");
      const negated = test.startsWith("IS_NOT_");
      const value = test.endsWith("TRUE") ? "true" : test.endsWith("FALSE") ? "false" : "unknown";
      return { kind: "BooleanTest", arg: next("arg"), test: value, negated, position: converter.position(raw) };
    }
    case "CollateClause":
      return { kind: "Collate", arg: next("arg"), collation: strings(raw, "collname"), position: converter.position(raw) };
    case "SQLValueFunction": {
      const name = text(raw, "op")
        .replace(/^SVFOP_/, "")
        .replace(/_N$/, "")
        .toLowerCase();
      return {
        kind: "SqlValue",
        name,
        precision: raw.typmod === undefined ? 0 : integer(raw, "typmod"),
        position: converter.position(raw),
      };
    }
    case "SetToDefault":
      return { kind: "Default", position: converter.position(raw) };
    case "CurrentOfExpr":
      return { kind: "CurrentOf", cursor: text(raw, "cursor_name"), position: converter.position(raw) };
    case "MergeSupportFunc":
      return { kind: "MergeAction", position: converter.position(raw) };
    case "GroupingFunc":
      return { kind: "Grouping", args: all("args"), position: converter.position(raw) };
    default: {
      const json = convertJson(converter, wrapped, depth);
      if (json !== undefined) return json;
      throw notSupportedAt(UNSUPPORTED_NAMES[kind] ?? kind, converter.position(raw));
    }
  }
}

const UNSUPPORTED_NAMES: Readonly<Record<string, string>> = {
  XmlExpr: "XML",
  XmlSerialize: "XMLSERIALIZE",
};

function convertConstant(converter: Converter, raw: RawNode): Literal {
  const position = converter.position(raw);
  if (raw.isnull === true) return { kind: "Literal", literal: "null", value: null, position };
  if (raw.ival !== undefined) return { kind: "Literal", literal: "integer", value: integer(raw.ival as RawNode, "ival"), position };
  if (raw.sval !== undefined) return { kind: "Literal", literal: "string", value: text(raw.sval as RawNode, "sval"), position };
  if (raw.fval !== undefined) return { kind: "Literal", literal: "float", value: text(raw.fval as RawNode, "fval"), position };
  if (raw.boolval !== undefined) return { kind: "Literal", literal: "boolean", value: flag(raw.boolval as RawNode, "boolval"), position };
  return { kind: "Literal", literal: "bits", value: text(raw.bsval as RawNode, "bsval"), position };
}

function convertOperator(converter: Converter, raw: RawNode, depth: number): Expr {
  if (raw.kind !== "AEXPR_OP" && raw.kind !== "AEXPR_LIKE" && raw.kind !== "AEXPR_ILIKE" && raw.kind !== "AEXPR_SIMILAR") {
    return convertSpecialOperator(converter, raw, depth);
  }
  // Collect the left spine, then build upwards: `1 + 1 + … + 1` nests as deep as it is long.
  const spine: RawNode[] = [];
  let current: RawNode = raw;
  let bottom: Expr | undefined;
  for (;;) {
    spine.push(current);
    const left = child(current, "lexpr");
    if (left === undefined) break;
    const body = bodyOf(left);
    if (kindOf(left) !== "A_Expr" || body.kind !== "AEXPR_OP") {
      bottom = convertExpression(converter, left, depth + 1);
      break;
    }
    current = body;
  }
  for (let i = spine.length - 1; i >= 0; i--) {
    const node = spine[i]!;
    const right = convertExpression(converter, child(node, "rexpr")!, depth + 1);
    bottom = { kind: "Operator", name: operatorName(node), left: bottom, right, position: converter.position(node) };
  }
  return bottom!;
}

function convertSpecialOperator(converter: Converter, raw: RawNode, depth: number): Expr {
  const position = converter.position(raw);
  const left = convertExpression(converter, child(raw, "lexpr")!, depth + 1);
  const rightRaw = child(raw, "rexpr")!;
  const items = (): Expr[] => list(bodyOf(rightRaw), "items").map((item) => convertExpression(converter, item, depth + 1));
  const right = (): Expr => convertExpression(converter, rightRaw, depth + 1);
  switch (raw.kind) {
    case "AEXPR_OP_ANY":
    case "AEXPR_OP_ALL":
      return {
        kind: "Quantified",
        quantifier: raw.kind === "AEXPR_OP_ANY" ? "any" : "all",
        operator: operatorName(raw),
        left,
        array: right(),
        position,
      };
    case "AEXPR_DISTINCT":
    case "AEXPR_NOT_DISTINCT":
      return { kind: "Distinct", left, right: right(), negated: raw.kind === "AEXPR_NOT_DISTINCT", position };
    case "AEXPR_NULLIF":
      return { kind: "NullIf", left, right: right(), position };
    case "AEXPR_IN":
      return { kind: "In", left, items: items(), negated: operatorName(raw) === "<>", position };
    default: {
      const kind = text(raw, "kind");
      const [low, high] = items();
      return {
        kind: "Between",
        arg: left,
        low: low!,
        high: high!,
        negated: kind.includes("NOT"),
        symmetric: kind.endsWith("SYM"),
        position,
      };
    }
  }
}

function convertFunction(converter: Converter, raw: RawNode, depth: number): FunctionExpr {
  const argNames: (string | undefined)[] = [];
  const argNamePositions: (number | undefined)[] = [];
  const args = list(raw, "args").map((item) => {
    if (kindOf(item) !== "NamedArgExpr") {
      argNames.push(undefined);
      return convertExpression(converter, item, depth + 1);
    }
    const body = bodyOf(item);
    argNames.push(text(body, "name"));
    argNamePositions[argNames.length - 1] = converter.position(body);
    return convertExpression(converter, child(body, "arg")!, depth + 1);
  });
  const filter = child(raw, "agg_filter");
  const over = child(raw, "over");
  return {
    kind: "Function",
    name: strings(raw, "funcname"),
    args,
    argNames,
    ...(argNamePositions.length === 0 ? {} : { argNamePositions }),
    star: flag(raw, "agg_star"),
    distinct: flag(raw, "agg_distinct"),
    variadic: flag(raw, "func_variadic"),
    orderBy: list(raw, "agg_order").map((item) => convertSortItem(converter, item, depth + 1)),
    withinGroup: flag(raw, "agg_within_group"),
    filter: filter === undefined ? undefined : convertExpression(converter, filter, depth + 1),
    over: over === undefined ? undefined : convertWindow(converter, over, depth + 1),
    sqlSyntax: raw.funcformat === "COERCE_SQL_SYNTAX",
    position: converter.position(raw),
  };
}

function convertSublink(converter: Converter, raw: RawNode, depth: number): Expr {
  const position = converter.position(raw);
  const query = convertQuery(converter, child(raw, "subselect")!, depth + 1);
  const testRaw = child(raw, "testexpr");
  const test = testRaw === undefined ? undefined : convertExpression(converter, testRaw, depth + 1);
  const operators = strings(raw, "operName");
  const form = SUBLINK_FORMS[text(raw, "subLinkType")];
  if (form === undefined) throw notSupportedAt("this kind of subquery", position);
  return {
    kind: "Subquery",
    form,
    test,
    operator: operators.length === 0 ? "=" : operators.join("."),
    isIn: form === "any" && operators.length === 0,
    query,
    position,
  };
}
const SUBLINK_FORMS: Readonly<Record<string, "exists" | "scalar" | "array" | "any" | "all">> = {
  EXISTS_SUBLINK: "exists",
  EXPR_SUBLINK: "scalar",
  ARRAY_SUBLINK: "array",
  ANY_SUBLINK: "any",
  ALL_SUBLINK: "all",
};

export function convertSortItem(converter: Converter, wrapped: RawNode, depth = 0): SortItem {
  const raw = bodyOf(wrapped);
  const expr = convertExpression(converter, child(raw, "node")!, depth);
  const direction = text(raw, "sortby_dir");
  const nulls = text(raw, "sortby_nulls");
  return {
    expr,
    direction:
      direction === "SORTBY_DESC" ? "desc" : direction === "SORTBY_ASC" ? "asc" : direction === "SORTBY_USING" ? "using" : "default",
    nulls: nulls === "SORTBY_NULLS_FIRST" ? "first" : nulls === "SORTBY_NULLS_LAST" ? "last" : "default",
    operator: direction === "SORTBY_USING" ? strings(raw, "useOp").join(".") : undefined,
    position: direction === "SORTBY_USING" ? converter.position(raw) : expr.position,
  };
}

/** parsenodes.h FRAMEOPTION_*: bits of `frameOptions`. */
const FRAME = {
  nonDefault: 0x1, range: 0x2, rows: 0x4, groups: 0x8, between: 0x10,
  startUnboundedPreceding: 0x20, endUnboundedPreceding: 0x40, startUnboundedFollowing: 0x80, endUnboundedFollowing: 0x100,
  startCurrentRow: 0x200, endCurrentRow: 0x400, startPreceding: 0x800, endPreceding: 0x1000, startFollowing: 0x2000, endFollowing: 0x4000,
  excludeCurrent: 0x8000, excludeGroup: 0x10000, excludeTies: 0x20000,
} as const; // biome-ignore format: a table of bits

/** A WindowDef body (OVER gives it without a wrapper). */
export function convertWindow(converter: Converter, raw: RawNode, depth = 0): WindowSpecification {
  const options = integer(raw, "frameOptions");
  return {
    name: optionalText(raw, "name"),
    reference: optionalText(raw, "refname"),
    partitionBy: list(raw, "partitionClause").map((item) => convertExpression(converter, item, depth)),
    orderBy: list(raw, "orderClause").map((item) => convertSortItem(converter, item, depth)),
    frame: (options & FRAME.nonDefault) === 0 ? undefined : convertFrame(converter, raw, options, depth),
    position: converter.position(raw),
  };
}
function convertFrame(converter: Converter, raw: RawNode, options: number, depth: number): FrameSpecification {
  const edge = (preceding: number, following: number, unboundedPreceding: number, unboundedFollowing: number, field: string): FrameEdge => {
    if (options & unboundedPreceding) return { kind: "unboundedPreceding" };
    if (options & unboundedFollowing) return { kind: "unboundedFollowing" };
    if (options & (preceding | following)) {
      return { kind: options & preceding ? "preceding" : "following", offset: convertExpression(converter, child(raw, field)!, depth) };
    }
    return { kind: "currentRow" };
  };
  return {
    mode: options & FRAME.rows ? "rows" : options & FRAME.groups ? "groups" : "range",
    isBetween: (options & FRAME.between) !== 0,
    start: edge(FRAME.startPreceding, FRAME.startFollowing, FRAME.startUnboundedPreceding, FRAME.startUnboundedFollowing, "startOffset"),
    end: edge(FRAME.endPreceding, FRAME.endFollowing, FRAME.endUnboundedPreceding, FRAME.endUnboundedFollowing, "endOffset"),
    exclude:
      options & FRAME.excludeCurrent ? "current" : options & FRAME.excludeGroup ? "group" : options & FRAME.excludeTies ? "ties" : "none",
  };
}
