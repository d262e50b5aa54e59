/**
 * Subqueries in expressions: EXISTS, scalar, ARRAY(…), op ANY/ALL (…).
 *
 * One that reads no outer column runs once per execution and its answer is kept in a cell; `x IN (subquery)` then probes a hash
 * table. One that reads outer columns is opened again for every evaluation, with their values in its scope's slots.
 */
import type { Expression, SubqueryExpression } from "../../plan/index.js";
import { ArrayValue, type Datum, moreThanOneRow, type Row } from "../../types/index.js";
import { drain, type Operator, type RunState } from "../operator.js";
import { type CompileEnvironment, compileScalar, type Evaluate } from "./compiler.js";
import { hashCompatible } from "./inline-operators.js";
import { Layout, type Scope } from "./scope.js";
import { stackArrays } from "./value-helpers.js";

export interface CompiledSubquery {
  readonly scope: Scope;
  readonly evaluate: {
    /** The value to look up, for a hashed IN. */
    readonly probe?: Expression;
    run(state: RunState, probe: Datum): Datum;
  };
}

/** `(SELECT (SELECT x))` is `(SELECT x)`: levels that add nothing are not compiled, each would be an operator inside an operator. */
function innermost(e: SubqueryExpression): SubqueryExpression {
  let inner = e;
  for (;;) {
    const { plan } = inner;
    if (inner.form !== "scalar" || plan.kind !== "Project" || plan.expressions.length !== 1) return inner;
    const [only] = plan.expressions;
    const { input } = plan;
    const isOneRow = input.kind === "Values" && input.rows.length === 1 && input.columns.length === 0;
    if (!isOneRow || only?.kind !== "Subquery" || only.form !== "scalar") return inner;
    inner = only;
  }
}

export function compileSubquery(environment: CompileEnvironment, written: SubqueryExpression): CompiledSubquery {
  const e = innermost(written);
  const { operator, scope, cacheable } = environment.planSubquery(e.plan, environment.scope);
  const once = cacheable && scope.parameters.length === 0;
  switch (e.form) {
    case "exists":
      return { scope, evaluate: { run: cached(once, scope, (state) => exists(operator, state)) } };
    case "scalar":
      return { scope, evaluate: { run: cached(once, scope, (state) => scalar(operator, state)) } };
    case "array": {
      const elementType = e.plan.columns[0]?.type ?? 0;
      // Arrays make one array of more dimensions.
      const known = environment.registry.typeByOid(elementType);
      const inner = known?.category === "A" ? known.elementType : 0;
      return {
        scope,
        evaluate: {
          run: cached(once, scope, (state) => {
            const values = drain(state.open(operator)).map((r) => r[0] as Datum);
            return inner === 0 ? new ArrayValue(elementType, values) : stackArrays(inner, values);
          }),
        },
      };
    }
    case "any":
    case "all":
      return compileQuantified(environment, e, operator, scope, once);
  }
}

function cached(once: boolean, scope: Scope, compute: (state: RunState) => Datum): (state: RunState) => Datum {
  if (!once) return compute;
  const cell = scope.newCell();
  return (state) => {
    const known = state.cells[cell];
    if (known !== undefined) return known as Datum;
    const value = compute(state);
    state.cells[cell] = value;
    return value;
  };
}

function exists(operator: Operator, state: RunState): boolean {
  const cursor = state.open(operator);
  try {
    return cursor.next(1) !== null;
  } finally {
    cursor.close();
  }
}

function scalar(operator: Operator, state: RunState): Datum {
  const cursor = state.open(operator);
  try {
    const first = cursor.next(2);
    if (first === null) return null;
    if (first.length > 1 || cursor.next(1) !== null) throw moreThanOneRow();
    return (first[0] as Row)[0] as Datum;
  } finally {
    cursor.close();
  }
}

function compileQuantified(
  environment: CompileEnvironment,
  e: SubqueryExpression,
  operator: Operator,
  scope: Scope,
  once: boolean,
): CompiledSubquery {
  const pair = e.pairs?.length === 1 ? e.pairs[0] : undefined;
  const innerColumn = pair === undefined ? -1 : operator.columns.findIndex((c) => c.id === pair.inner);
  const innerType = operator.columns[innerColumn]?.type;
  const hashKey = innerType === undefined ? undefined : environment.registry.typeByOid(innerType)?.hashKey;
  if (
    once &&
    e.form === "any" &&
    pair?.operator === "=" &&
    innerType !== undefined &&
    hashKey !== undefined &&
    hashCompatible(pair.outer.type, innerType)
  ) {
    const cell = scope.newCell();
    return {
      scope,
      evaluate: {
        probe: pair.outer,
        run(state, probe) {
          let set = state.cells[cell] as HashedRows | undefined;
          if (set === undefined) {
            set = hashRows(drain(state.open(operator)), innerColumn, hashKey);
            state.cells[cell] = set;
          }
          if (set.empty) return false;
          if (probe === null) return null;
          if (set.keys.has(hashKey(probe))) return true;
          return set.hasNull ? null : false;
        },
      },
    };
  }
  const all = e.form === "all";
  const inner: CompileEnvironment = { ...environment, scope };
  const test = e.test === undefined ? undefined : compileScalar(inner, e.test, Layout.of(operator.columns));
  const cell = once ? scope.newCell() : -1;
  return {
    scope,
    evaluate: {
      run(state) {
        let rows: Row[] | undefined = once ? (state.cells[cell] as Row[] | undefined) : undefined;
        if (rows === undefined) {
          rows = drain(state.open(operator));
          if (once) state.cells[cell] = rows;
        }
        return quantify(rows, test, state, all);
      },
    },
  };
}

function quantify(rows: readonly Row[], test: Evaluate | undefined, state: RunState, all: boolean): boolean | null {
  let unknown = false;
  for (const row of rows) {
    const result = test === undefined ? true : test(row, state);
    if (result === null) unknown = true;
    else if (result !== all) return !all;
  }
  return unknown ? null : all;
}

interface HashedRows {
  readonly keys: ReadonlySet<unknown>;
  readonly hasNull: boolean;
  readonly empty: boolean;
}
function hashRows(rows: readonly Row[], column: number, hashKey: (value: Exclude<Datum, null>) => unknown): HashedRows {
  const keys = new Set<unknown>();
  let hasNull = false;
  for (const row of rows) {
    const value = row[column] as Datum;
    if (value === null) hasNull = true;
    else keys.add(hashKey(value));
  }
  return { keys, hasNull, empty: rows.length === 0 };
}
