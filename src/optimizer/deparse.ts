/** Expressions as EXPLAIN shows them: columns carry their relation's alias as soon as the statement reads several relations. */
import { COLLATION_KEY_ID } from "../functions/index.js";
import type { Expression } from "../plan/index.js";
import { ArrayValue, type Datum, Jsonb, Numeric, TypeOid, unreachable } from "../types/index.js";

export function deparse(e: Expression): string {
  switch (e.kind) {
    case "Constant":
      return constant(e.value, e.type);
    case "Parameter":
      return `$${e.index + 1}`;
    case "ColumnReference":
      return e.name;
    case "CaseOperand":
      return "CASE_TEST_EXPR";
    case "FunctionCall": {
      const args = e.args.map(deparse);
      if (e.syntax.form === "cast") return e.syntax.implicit === true ? (args[0] as string) : `(${args[0]})::${e.syntax.name}`;
      // What follows the text says the collation in our own way.
      if (e.functionId === COLLATION_KEY_ID) return `collation_key(${args[0]})`;
      if (e.syntax.form === "function") return `${e.syntax.name}(${args.join(", ")})`;
      const operator = bareOperator(e.syntax.name);
      return args.length === 1 ? `(${operator} ${args[0]})` : `(${args[0]} ${operator} ${args[1]})`;
    }
    case "And":
      return `(${e.args.map(deparse).join(" AND ")})`;
    case "Or":
      return `(${e.args.map(deparse).join(" OR ")})`;
    case "Not":
      return `(NOT ${deparse(e.arg)})`;
    case "NullTest":
      return `(${deparse(e.arg)} IS ${e.negated ? "NOT " : ""}NULL)`;
    case "BooleanTest":
      return `(${deparse(e.arg)} IS ${e.negated ? "NOT " : ""}${e.test.toUpperCase()})`;
    case "DistinctTest":
      return `(${deparse(e.left)} IS ${e.negated ? "NOT " : ""}DISTINCT FROM ${deparse(e.right)})`;
    case "Case": {
      const operand = e.operand === undefined ? "" : ` ${deparse(e.operand)}`;
      return `CASE${operand}${e.whens.map((w) => ` WHEN ${deparse(w.when)} THEN ${deparse(w.then)}`).join("")} ELSE ${deparse(e.otherwise)} END`;
    }
    case "Coalesce":
      return `COALESCE(${e.args.map(deparse).join(", ")})`;
    case "NullIf":
      return `NULLIF(${deparse(e.left)}, ${deparse(e.right)})`;
    case "Greatest":
    case "Least":
      return `${e.kind.toUpperCase()}(${e.args.map(deparse).join(", ")})`;
    case "InList":
      return `(${deparse(e.arg)} = ANY (${e.items.every((i) => i.kind === "Constant") ? `'{${e.items.map((i) => bare(i)).join(",")}}'` : `ARRAY[${e.items.map(deparse).join(", ")}]`}))`;
    case "ArrayComparison":
      return `(${deparse(e.left)} ${bareOperator(e.operator)} ${e.quantifier.toUpperCase()} (${deparse(e.array)}))`;
    case "ArrayConstructor":
      return `ARRAY[${e.elements.map(deparse).join(", ")}]`;
    case "RowConstructor":
      return `ROW(${e.fields.map(deparse).join(", ")})`;
    case "Subscript":
      return `${deparse(e.container)}${e.subscripts.map((s) => `[${s.lower === undefined ? "" : `${deparse(s.lower)}:`}${s.upper === undefined ? "" : deparse(s.upper)}]`).join("")}`;
    case "SubscriptAssignment":
      return `${deparse(e.container)}${e.subscripts.map((s) => `[${s.lower === undefined ? "" : `${deparse(s.lower)}:`}${s.upper === undefined ? "" : deparse(s.upper)}]`).join("")} := ${deparse(e.value)}`;
    case "JsonQuery": {
      const passing = e.passing.length === 0 ? "" : ` PASSING ${e.passing.map((p) => `${deparse(p.value)} AS ${p.name}`).join(", ")}`;
      return `JSON_${e.operation.toUpperCase()}(${deparse(e.context)}, ${deparse(e.path)}${passing})`;
    }
    case "FieldSelect":
      return `(${deparse(e.record)}).f${e.fieldIndex + 1}`;
    case "Relabel":
    case "CoerceViaText":
    case "CoerceArray":
    case "CoerceModifier":
      return deparse(e.arg);
    case "Subquery":
      return "(SubPlan)";
    default:
      return unreachable(e);
  }
}

function bare(e: Expression): string {
  return e.kind === "Constant" ? (e.value === null ? "NULL" : plain(e.value)) : deparse(e);
}
function plain(value: Exclude<Datum, null>): string {
  if (value instanceof Numeric) return value.scale === 0 ? String(value.coefficient) : `${Number(value.coefficient) / 10 ** value.scale}`;
  return typeof value === "object" ? "…" : String(value);
}
const numbers = new Set<number>([
  TypeOid.int2,
  TypeOid.int4,
  TypeOid.int8,
  TypeOid.numeric,
  TypeOid.bool,
  TypeOid.float4,
  TypeOid.float8,
  TypeOid.oid,
]);
const arrayNames: Readonly<Record<number, string>> = { [TypeOid.textArray]: "text[]", [TypeOid.int4Array]: "integer[]" };
function constant(value: Datum, type: number): string {
  if (value === null) return "NULL";
  if (numbers.has(type)) return plain(value);
  if (value instanceof Jsonb) return `'${value.text.replaceAll("'", "''")}'::jsonb`;
  if (value instanceof ArrayValue && value.elements.every((e) => e === null || typeof e !== "object")) {
    const elements = value.elements.map((e) =>
      e === null ? "NULL" : /^[\w.-]+$/.test(String(e)) && e !== "null" ? String(e) : JSON.stringify(e),
    );
    const name = arrayNames[type];
    return `'{${elements.join(",").replaceAll("'", "''")}}'${name === undefined ? "" : `::${name}`}`;
  }
  return `'${plain(value).replaceAll("'", "''")}'${type === TypeOid.text ? "::text" : ""}`;
}
/** An operator that CREATE OPERATOR made carries its schema. */
const bareOperator = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
