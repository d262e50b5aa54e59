/** What all conversion files share: positions, names, and the depth limit. */
import { notSupportedAt } from "../../src/types/index.js";
import { convertExpression } from "./convert-expression.js";
import type { Locator } from "./locator.js";
import { bodyOf, child, integer, kindOf, list, optionalText, type RawNode, stringOf, strings, text } from "./raw.js";
import type { Alias, Indirection, RelationName, TypeName } from "./syntax-tree.js";

export class Converter {
  constructor(
    readonly locator: Locator,
    readonly source: string,
  ) {}
  position(raw: RawNode, field = "location"): number {
    const offset = raw[field];
    // A location of 0 is the default and therefore left out; -1 says "none".
    return this.locator.position(offset === undefined ? 0 : (offset as number));
  }
}

/** OPERATOR(schema.op) is `schema.op`: no operator has a point in its name. */
export const operatorName = (raw: RawNode): string => strings(raw, "name").join(".");

const TEMPORAL_FIELDS = "interval";
export function convertTypeName(converter: Converter, raw: RawNode): TypeName {
  const names = strings(raw, "names");
  if (raw.pct_type === true) throw notSupportedAt("%TYPE", converter.position(raw));
  return {
    names,
    modifiers: list(raw, "typmods").map((modifier) => modifierText(converter, modifier, names.at(-1) === TEMPORAL_FIELDS)),
    arrayDimensions: list(raw, "arrayBounds").length,
    setOf: raw.setof === true,
    position: converter.position(raw),
  };
}
function modifierText(converter: Converter, wrapped: RawNode, _interval: boolean): string {
  const body = bodyOf(wrapped);
  switch (kindOf(wrapped)) {
    case "A_Const": {
      if (body.ival !== undefined) return String(integer(body.ival as RawNode, "ival"));
      if (body.fval !== undefined) return text(body.fval as RawNode, "fval");
      if (body.sval !== undefined) return text(body.sval as RawNode, "sval");
      break;
    }
    case "ColumnRef":
      return strings(body, "fields").join(".");
    case "A_Expr": {
      // numeric(10, -2)
      const operand = child(body, "rexpr");
      if (operand !== undefined && child(body, "lexpr") === undefined) return operatorName(body) + modifierText(converter, operand, false);
    }
  }
  throw notSupportedAt("this type modifier", converter.position(body));
}

export function convertAlias(raw: RawNode | undefined): Alias | undefined {
  return raw === undefined ? undefined : { name: text(raw, "aliasname"), columns: strings(raw, "colnames") };
}

export function convertRelationName(converter: Converter, raw: RawNode): RelationName {
  return {
    catalog: optionalText(raw, "catalogname"),
    schema: optionalText(raw, "schemaname"),
    name: text(raw, "relname"),
    alias: convertAlias(child(raw, "alias")),
    only: raw.inh !== true,
    persistence: raw.relpersistence === "t" ? "temporary" : raw.relpersistence === "u" ? "unlogged" : "permanent",
    position: converter.position(raw),
  };
}

export function convertIndirection(converter: Converter, items: readonly RawNode[], depth: number): Indirection[] {
  return items.map((item): Indirection => {
    const body = bodyOf(item);
    switch (kindOf(item)) {
      case "String":
        return { kind: "field", name: stringOf(item) };
      case "A_Star":
        return { kind: "star" };
      default: {
        const lower = child(body, "lidx");
        const upper = child(body, "uidx");
        if (body.is_slice === true) {
          return {
            kind: "slice",
            lower: lower === undefined ? undefined : convertExpression(converter, lower, depth),
            upper: upper === undefined ? undefined : convertExpression(converter, upper, depth),
          };
        }
        return { kind: "index", index: convertExpression(converter, upper!, depth) };
      }
    }
  });
}
