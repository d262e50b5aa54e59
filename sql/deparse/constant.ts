/** Constants with the type that reading them again needs (get_const_expr). */
import type { Constant } from "../../src/plan/index.js";
import { TypeOid } from "../../src/types/index.js";
import { typeText } from "./objects.js";
import type { Printer } from "./printer.js";

/** `type`: "never", "needed" (where the bare text would be read as something else) or "always". */
export function printConstant(printer: Printer, constant: Constant, type: "never" | "needed" | "always" = "needed"): void {
  const label = (): string => `::${typeText(printer, constant.type, constant.typmod)}`;
  if (constant.value === null) {
    printer.add(type === "never" ? "NULL" : `NULL${label()}`);
    return;
  }
  const text =
    constant.type === TypeOid.unknown
      ? (constant.value as string)
      : printer.binder.type(constant.type).output(constant.value, printer.binder.context.format);
  let needsLabel: boolean;
  switch (constant.type) {
    // A sign would be read as an operator.
    case TypeOid.int4:
      needsLabel = text.startsWith("-");
      printer.add(needsLabel ? `'${text}'` : text);
      break;
    case TypeOid.numeric: {
      const isBare = /^\d[\d.eE+-]*$/.test(text) && /[eE.]/.test(text);
      printer.add(isBare ? text : `'${text}'`);
      needsLabel = !isBare || constant.typmod >= 0;
      break;
    }
    case TypeOid.bool:
      printer.add(constant.value === true ? "true" : "false");
      needsLabel = false;
      break;
    case TypeOid.unknown:
      printer.add(quoteLiteral(text));
      needsLabel = false;
      break;
    case TypeOid.bit:
    case TypeOid.varbit:
      printer.add(`B'${text}'`);
      needsLabel = true;
      break;
    default:
      printer.add(quoteLiteral(text));
      needsLabel = true;
  }
  if (type === "always" || (type === "needed" && needsLabel)) printer.add(label());
}

/** simple_quote_literal with standard_conforming_strings: a backslash is a character like any other. */
export const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;
