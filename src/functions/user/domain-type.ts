/** Domains: the base type's values, let in only when the domain's constraints hold. */
import type { DomainObject } from "../../catalog/index.js";
import type { Datum, FormatContext, SqlType } from "../../types/index.js";
import type { TypeBodies } from "../types/define-type.js";
import { routines } from "./routine-service.js";

export const domainCheckId = (domain: number): string => `domain check ${domain}`;

/** A domain without a default has its base domain's; DEFAULT NULL hides that. */
function defaultOf(object: DomainObject, base: SqlType): { defaultSql?: string } {
  const sql = object.defaultSql ?? base.defaultSql;
  return sql === undefined ? {} : { defaultSql: sql };
}

export function domainBodies(object: DomainObject, base: SqlType): TypeBodies {
  const { oid: _oid, name: _name, displayName: _displayName, arrayType: _arrayType, ...same } = base;
  const constrained = object.notNull || object.checks.length > 0 || base.kind === "domain";
  return {
    ...same,
    kind: "domain",
    base: { type: object.base, typmod: object.typmod },
    ...defaultOf(object, base),
    preferred: false,
    formatModifier: () => "",
    // A domain takes no modifier of its own; its values have the base's already.
    parseModifier: undefined as never,
    coerceModifier: undefined as never,
    input: (text: string, _typmod: number, context: FormatContext): Datum => {
      const value = base.input(text, object.typmod, context);
      if (constrained) routines(context).checkDomain(object.oid, value);
      return value;
    },
    // Which would let a value past the constraints.
    inputBytes: undefined as never,
    inputArray: undefined as never,
    receive: (bytes: Uint8Array) => base.receive(bytes, object.typmod),
  };
}
