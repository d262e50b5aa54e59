/** SQL's words without parentheses (CURRENT_DATE, LOCALTIME(3)…) as functions of ours that the binder calls. */
import { type FunctionSignature, TypeOid } from "../../types/index.js";
import { roundMicros, split } from "../datetime/calendar.js";
import { toLocal, zoneOf } from "../datetime/zones.js";
import type { DefinableRegistry, EvaluationContext, ScalarBody } from "../registry.js";

const local = (context: EvaluationContext) => toLocal(context.transactionTimeMicros, zoneOf(context.timeZone));
const forms: readonly (readonly [name: string, hasPrecision: boolean, result: number, body: ScalarBody])[] = [
  ["current_date", false, TypeOid.date, (c) => split(local(c)).days],
  ["current_timestamp", true, TypeOid.timestamptz, (c, p: number | undefined) => roundMicros(c.transactionTimeMicros, p ?? 6)],
  ["localtimestamp", true, TypeOid.timestamp, (c, p: number | undefined) => roundMicros(local(c), p ?? 6)],
  ["localtime", true, TypeOid.time, (c, p: number | undefined) => roundMicros(split(local(c)).micros, p ?? 6)],
  ["current_role", false, TypeOid.name, (c) => c.currentUser],
  ["user", false, TypeOid.name, (c) => c.currentUser],
  ["current_catalog", false, TypeOid.name, (c) => c.currentDatabase],
];
/** PostgreSQL keeps 8000–9999 for development; released functions have none of these numbers. */
const FIRST_OID = 9900;

export function defineSpecialForms(registry: DefinableRegistry): void {
  let oid = FIRST_OID;
  for (const [name, hasPrecision, returnType, body] of forms)
    for (const argTypes of hasPrecision ? [[], [TypeOid.int4]] : [[]]) {
      const signature: FunctionSignature = {
        id: `${name}(${argTypes.length === 0 ? "" : "int4"})`, oid: oid++, schema: "pg_catalog", name, argTypes, returnType, kind: "function", strict: true, volatility: "stable",
      };
      registry.defineScalar(signature, body);
    }
}
