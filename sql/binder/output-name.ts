/** The name of an output column that has no AS: FigureColname. */
import type { Expr } from "../parser/syntax-tree.js";

export function outputName(expr: Expr): string {
  return figure(expr).name ?? "?column?";
}
interface Figured {
  readonly name: string | undefined;
  /** 1: the name of a cast's type, which a name found deeper replaces. */
  readonly strength: 0 | 1 | 2;
}
const NONE: Figured = { name: undefined, strength: 0 };
const strong = (name: string): Figured => ({ name, strength: 2 });

function figure(expr: Expr): Figured {
  switch (expr.kind) {
    case "ColumnRef":
      return expr.fields.length === 0 ? NONE : strong(expr.fields.at(-1)!);
    case "Indirection": {
      const field = expr.path.findLast((step) => step.kind === "field");
      return field?.kind === "field" ? strong(field.name) : figure(expr.arg);
    }
    case "Function":
      return strong(expr.name.at(-1)!);
    case "NullIf":
      return strong("nullif");
    case "Cast": {
      const inner = figure(expr.arg);
      return inner.strength === 2 ? inner : { name: expr.target.names.at(-1)!, strength: 1 };
    }
    case "Collate":
      return figure(expr.arg);
    case "Case": {
      const inner = expr.otherwise === undefined ? NONE : figure(expr.otherwise);
      return inner.strength === 2 ? inner : { name: "case", strength: 1 };
    }
    case "Array":
      return strong("array");
    case "Row":
      return strong("row");
    case "Coalesce":
      return strong("coalesce");
    case "Greatest":
      return strong("greatest");
    case "Least":
      return strong("least");
    case "Grouping":
      return strong("grouping");
    case "MergeAction":
      return strong("merge_action");
    case "SqlValue":
      return strong(expr.name);
    case "Subquery":
      if (expr.form === "exists") return strong("exists");
      if (expr.form === "array") return strong("array");
      if (expr.form !== "scalar") return NONE;
      if (expr.query.kind === "Select" && expr.query.targets.length > 0) {
        const target = expr.query.targets[0]!;
        return strong(target.name ?? outputName(target.expr));
      }
      return expr.query.kind === "Values" ? strong("column1") : NONE;
    case "JsonObject":
      return strong("json_object");
    case "JsonArray":
    case "JsonArrayQuery":
      return strong("json_array");
    case "JsonAggregate":
      return strong(expr.key === undefined ? "json_arrayagg" : "json_objectagg");
    case "JsonParse":
      return strong("json");
    case "JsonScalar":
      return strong("json_scalar");
    case "JsonSerialize":
      return strong("json_serialize");
    case "JsonQuery":
      return strong(`json_${expr.operation}`);
    default:
      return NONE;
  }
}
