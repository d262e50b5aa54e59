/** CREATE AGGREGATE: a state that its transition function moves from row to row, and a final function that makes the result of it. */
import type { FunctionObject } from "../../catalog/index.js";
import { type Datum, DbError, notSupported, type Oid, type SqlType, TypeOid } from "../../types/index.js";
import type { AggregateBody, CallTypes, EvaluationContext, FunctionRegistry } from "../registry.js";

type Call = (context: EvaluationContext, ...args: Datum[]) => Datum;
/** `started` false: no row came yet and the state has no initial value; a strict transition then takes the first value as state. */
interface State {
  value: Datum;
  started: boolean;
  /** The arguments of the last row, for a final function with FINALFUNC_EXTRA: only their types matter. */
}

export function aggregateBodyOf(object: FunctionObject, call: CallTypes, registry: FunctionRegistry): AggregateBody {
  const body = object.body;
  if (body.language !== "aggregate") throw notSupported(`${object.name} as an aggregate`);
  if (body.aggregateKind !== "normal") throw notSupported("an ordered-set aggregate of the catalog");
  const stateType = resolveState(body.stateType, object, call, registry);
  const type = registry.typeByOid(stateType);
  if (type === undefined) throw notSupported(`aggregate state type ${stateType}`);
  const step = registry.functionById(body.step);
  const stepBody = registry.scalarBody(body.step, { argTypes: [stateType, ...call.argTypes], returnType: stateType }) as unknown as Call;
  const strictStep = step?.strict ?? false;
  const final = body.final === undefined ? undefined : registry.functionById(body.final);
  const extra = body.finalExtra ? call.argTypes.length : 0;
  const finalBody =
    body.final === undefined
      ? undefined
      : (registry.scalarBody(body.final, {
          argTypes: [stateType, ...(body.finalExtra ? call.argTypes : [])],
          returnType: call.returnType,
        }) as unknown as Call);
  const initial = body.initial;
  return {
    create: (): State => ({ value: null, started: false }),
    step: (context: EvaluationContext, raw: unknown, ...args: Datum[]): State => {
      const state = raw as State;
      if (!state.started) {
        begin(state, initial, type, context);
        if (strictStep && state.value === null) {
          if (args.some((a) => a === null)) {
            state.started = false;
            return state;
          }
          if (args.length > 0) {
            state.value = args[0] as Datum;
            return state;
          }
        }
      }
      if (strictStep) {
        // A NULL argument leaves the state; a state that became NULL stays NULL.
        if (args.some((a) => a === null) || state.value === null) return state;
      }
      state.value = stepBody(context, state.value, ...args);
      return state;
    },
    finish: (context: EvaluationContext, raw: unknown): Datum => {
      const state = raw as State;
      let value: Datum = state.value;
      if (!state.started) {
        const fresh: State = { value: null, started: false };
        begin(fresh, initial, type, context);
        value = fresh.value;
      }
      if (finalBody === undefined) return value;
      if (final?.strict === true && (value === null || extra > 0)) return null;
      return finalBody(context, value, ...new Array<Datum>(extra).fill(null));
    },
  } as AggregateBody;
}

function begin(state: State, initial: string | undefined, type: SqlType, context: EvaluationContext): void {
  state.value = initial === undefined ? null : type.input(initial, -1, context);
  state.started = true;
}

/** The state's type where it is polymorphic, from the arguments' types. */
function resolveState(declared: Oid, object: FunctionObject, call: CallTypes, registry: FunctionRegistry): Oid {
  if (declared !== TypeOid.anyelement && declared !== TypeOid.anyarray) return declared;
  for (const [i, parameter] of object.parameters.entries()) {
    const actual = call.argTypes[i];
    if (actual === undefined) continue;
    const element =
      parameter.type === TypeOid.anyarray
        ? (registry.typeByOid(actual)?.elementType ?? 0)
        : parameter.type === TypeOid.anyelement
          ? actual
          : 0;
    if (element === 0) continue;
    return declared === TypeOid.anyelement ? element : (registry.typeByOid(element)?.arrayType ?? 0);
  }
  throw new DbError({ sqlstate: "42804", message: "could not determine polymorphic type because input has type unknown" });
}
