/**
 * Ordered-set aggregates: percentile_cont, percentile_disc, mode; and the signatures of the hypothetical-set ones, whose answer is a
 * place among the rows (src/execution/operators/ordered-set.ts). Source: orderedsetaggs.c.
 *
 * Bodies get values in order: step(state, direct arguments…, value).
 */
import {
  ArrayValue,
  type Datum,
  type FunctionSignature,
  type Interval,
  type Oid,
  percentileOutOfRange,
  TypeOid,
} from "../../types/index.js";
import { addIntervals, scaleInterval } from "../datetime/interval.js";
import { type AggregateBody, type DefinableRegistry, TypedBody } from "../registry.js";

type Value = Exclude<Datum, null>;
interface Sorted {
  direct: Datum;
  readonly values: Value[];
}
const collecting = (finish: (direct: Datum, values: readonly Value[]) => Datum): AggregateBody<Sorted> => ({
  create: () => ({ direct: null, values: [] }),
  step: (_c, state, direct, value) => {
    state.direct = direct as Datum;
    state.values.push(value as Value);
    return state;
  },
  finish: (_c, state) => (state.values.length === 0 || state.direct === null ? null : finish(state.direct, state.values)),
});

function checked(fraction: number): number {
  if (!(fraction >= 0 && fraction <= 1)) throw percentileOutOfRange(fraction);
  return fraction;
}
const discrete = (fraction: number, values: readonly Value[]): Value =>
  values[Math.max(1, Math.ceil(checked(fraction) * values.length)) - 1] as Value;

type Between = (low: Value, high: Value, part: number) => Value;
function continuous(fraction: number, values: readonly Value[], between: Between): Value {
  const place = checked(fraction) * (values.length - 1);
  const first = Math.floor(place);
  const low = values[first] as Value;
  const second = Math.ceil(place);
  return first === second ? low : between(low, values[second] as Value, place - first);
}
const betweenFloats: Between = (low, high, part) => (low as number) + part * ((high as number) - (low as number));
const betweenIntervals: Between = (low, high, part) => {
  const [from, to] = [low as Interval, high as Interval];
  const difference = addIntervals(
    to,
    scaleInterval(from, (n) => -n),
  );
  return addIntervals(
    from,
    scaleInterval(difference, (n) => n * part),
  );
};
/** One answer per fraction of the array, in its shape; NULL for NULL. */
const ofEach = (fractions: Datum, elementType: Oid, answer: (fraction: number) => Value): ArrayValue => {
  const array = fractions as ArrayValue;
  return new ArrayValue(
    elementType,
    array.elements.map((f) => (f === null ? null : answer(f as number))),
    array.dimensions,
    array.lowerBounds,
  );
};

interface Runs {
  best: Datum;
  bestCount: number;
  current: Datum;
  count: number;
}
const mode = new TypedBody<AggregateBody<Runs>>((call, registry) => {
  const compare = registry.typeByOid(call.argTypes[0] as Oid)?.compare;
  return {
    create: () => ({ best: null, bestCount: 0, current: null, count: 0 }),
    step: (_c, runs, value) => {
      if (runs.count > 0 && compare?.(runs.current as Value, value as Value) === 0) runs.count++;
      else {
        runs.current = value as Datum;
        runs.count = 1;
      }
      if (runs.count > runs.bestCount) {
        runs.best = runs.current;
        runs.bestCount = runs.count;
      }
      return runs;
    },
    finish: (_c, runs) => runs.best,
  };
});

const never: AggregateBody = {
  create: () => undefined,
  step: () => undefined,
  finish: () => null,
};

/** pg_proc's rows of aggkind o and h. */
export function defineOrderedSets(registry: DefinableRegistry): void {
  const { float8, float8Array, interval, intervalArray, anyelement, anyarray, any, int8 } = TypeOid;
  const define = (
    oid: Oid,
    name: string,
    argTypes: readonly Oid[],
    returnType: Oid,
    body: AggregateBody<never> | AggregateBody | TypedBody<AggregateBody>,
    more: Partial<FunctionSignature> = {},
  ): void => {
    const names = argTypes.map((type) => registry.typeByOid(type)?.name ?? "any");
    registry.defineAggregate(
      {
        id: `${name}(${names.join(",")})`,
        oid,
        schema: "pg_catalog",
        name,
        argTypes,
        returnType,
        kind: "aggregate",
        aggregate: "ordered",
        directArgCount: argTypes.length - 1,
        strict: false,
        volatility: "immutable",
        ...more,
      },
      body as AggregateBody,
    );
  };
  const simple = collecting((direct, values) => discrete(direct as number, values));
  define(3972, "percentile_disc", [float8, anyelement], anyelement, simple as unknown as AggregateBody);
  const cont = (between: Between) =>
    collecting((direct, values) => continuous(direct as number, values, between)) as unknown as AggregateBody;
  define(3974, "percentile_cont", [float8, float8], float8, cont(betweenFloats));
  define(3976, "percentile_cont", [float8, interval], interval, cont(betweenIntervals));
  const discEach = new TypedBody<AggregateBody>(
    (call) =>
      collecting((direct, values) => ofEach(direct, call.argTypes[1] as Oid, (f) => discrete(f, values))) as unknown as AggregateBody,
  );
  define(3978, "percentile_disc", [float8Array, anyelement], anyarray, discEach);
  const contEach = (type: Oid, between: Between) =>
    collecting((direct, values) => ofEach(direct, type, (f) => continuous(f, values, between))) as unknown as AggregateBody;
  define(3980, "percentile_cont", [float8Array, float8], float8Array, contEach(float8, betweenFloats));
  define(3982, "percentile_cont", [float8Array, interval], intervalArray, contEach(interval, betweenIntervals));
  define(3984, "mode", [anyelement], anyelement, mode as unknown as TypedBody<AggregateBody>, { directArgCount: 0 });
  for (const [oid, name, result] of [
    [3986, "rank", int8],
    [3988, "percent_rank", float8],
    [3990, "cume_dist", float8],
    [3992, "dense_rank", int8],
  ] as const)
    define(oid, name, [any], result, never, { aggregate: "hypothetical", directArgCount: 1, variadic: any });
}
