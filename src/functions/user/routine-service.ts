/**
 * What runs definitions that are SQL themselves: `context.service("routines")`, implemented by the engine over the front end. The
 * registry only names them by OID, so that it needs to know neither SQL text nor plans.
 */
import type { Datum, FormatContext, Oid, Row } from "../../types/index.js";
import { requireService } from "../catalog-service.js";
import type { CallTypes, EvaluationContext } from "../registry.js";

export interface RoutineService {
  /** Checks a value against a domain's own constraints and those of the domains below it. Throws 23514, 23502. */
  checkDomain(domain: Oid, value: Datum): void;
  /** Calls a function in LANGUAGE sql that gives one value. */
  call(context: EvaluationContext, routine: Oid, args: readonly Datum[], call: CallTypes): Datum;
  /** Calls one that returns SETOF. */
  callSet(context: EvaluationContext, routine: Oid, args: readonly Datum[], call: CallTypes): Iterable<Datum | Row>;
}

export function routines(context: FormatContext): RoutineService {
  return requireService<RoutineService>(context, "routines");
}
