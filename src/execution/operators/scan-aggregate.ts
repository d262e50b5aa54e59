/**
 * Aggregation straight over a table's blocks: one generated loop reads, filters, finds the group and steps the aggregates, so that no row
 * is ever built. For aggregates without DISTINCT and ORDER BY over a sequential scan.
 */
import type { AggregateBody } from "../../functions/registry.js";
import type { Expression, PlanColumn } from "../../plan/index.js";
import type { Datum, Row, SqlType } from "../../types/index.js";
import { BlockCursor, type BlockLoop, type ColumnSource, compileBlockLoop, SCAN_ROWS } from "../block-scan.js";
import type { ScanBuffer } from "../codec.js";
import type { CompileEnvironment, Emitter } from "../expression/compiler.js";
import { isOwnHashKey } from "../expression/inline-operators.js";
import { MemoryAccount } from "../memory-account.js";
import type { RunState } from "../operator.js";
import { type HashKey, hashKeyOf } from "../row-keys.js";
import { BlockingOperator, type OperatorBase, type OperatorFacts } from "./base.js";
import type { SeqScanSource } from "./seq-scan.js";

export interface ScanAggregateCall {
  /** undefined: a count of the rows (or of the argument's values). */
  readonly body: AggregateBody | undefined;
  readonly args: readonly Expression[];
  readonly strict: boolean;
  readonly filter: Expression | undefined;
}

interface Group {
  readonly keys: Datum[];
  readonly states: unknown[];
}
type Step = (
  block: ScanBuffer,
  rows: number,
  state: RunState,
  groups: Map<HashKey, Group>,
  start: (keys: Datum[]) => Group,
  only: Group | undefined,
) => void;

export function compileScanAggregate(
  environment: CompileEnvironment,
  columns: readonly PlanColumn[],
  sources: readonly ColumnSource[],
  filter: Expression | undefined,
  keys: readonly { readonly expression: Expression; readonly type: SqlType }[],
  calls: readonly ScanAggregateCall[],
): Step {
  return compileBlockLoop(environment, columns, sources, ["s", "groups", "start", "only"], (loop) => {
    if (filter !== undefined) loop.stage((emitter) => `if (${emitter.emit(filter)} !== true) continue;`);
    findGroup(loop, keys);
    calls.forEach((call, i) => loop.stage((emitter) => stepOf(emitter, call, i)));
  }) as Step;
}

function findGroup(loop: BlockLoop, keys: readonly { readonly expression: Expression; readonly type: SqlType }[]): void {
  loop.stage((emitter) => {
    if (keys.length === 0) return "const g = only.states;";
    const values = `[${keys.map((k) => emitter.emit(k.expression)).join(", ")}]`;
    const [single] = keys;
    if (keys.length === 1 && single !== undefined && isOwnHashKey(single.type.oid)) {
      const value = emitter.emit(single.expression);
      return `let group = groups.get(${value}); if (group === undefined) { group = start([${value}]); groups.set(${value}, group); } const g = group.states;`;
    }
    const hash = emitter.constant(hashKeyOf(keys.map((k) => k.type)));
    return `const key = ${values}; const hashed = ${hash}(key); let group = groups.get(hashed); if (group === undefined) { group = start(key); groups.set(hashed, group); } const g = group.states;`;
  });
}

function stepOf(emitter: Emitter, call: ScanAggregateCall, i: number): string {
  let close = "";
  if (call.filter !== undefined) {
    emitter.line(`if (${emitter.emit(call.filter)} === true) {`);
    close = "}";
  }
  const args = call.args.map((a) => emitter.emit(a));
  const step =
    call.body === undefined
      ? `g[${i}]++;`
      : `g[${i}] = ${emitter.constant(call.body.step.bind(call.body))}(${[emitter.context, `g[${i}]`, ...args].join(", ")});`;
  const test = call.strict || call.body === undefined ? args.map((a) => `${a} !== null`).join(" && ") : "";
  return `${test === "" ? step : `if (${test}) ${step}`}${close}`;
}

export class ScanAggregateOperator extends BlockingOperator {
  constructor(
    facts: OperatorFacts,
    readonly source: SeqScanSource,
    readonly step: Step,
    readonly calls: readonly ScanAggregateCall[],
    readonly grouped: boolean,
    scan: OperatorBase,
  ) {
    super(facts, [scan]);
  }

  protected override run(state: RunState): Row[] {
    const { context, evaluation } = state;
    const { source, calls } = this;
    const account = new MemoryAccount("aggregation", state);
    const groups = new Map<HashKey, Group>();
    const start = (keys: Datum[]): Group => {
      account.hold(keys);
      return { keys, states: calls.map((c) => (c.body === undefined ? 0 : c.body.create())) };
    };
    const only = this.grouped ? undefined : start([]);
    const scan = context.native.storage.scanOpen(context.engine, context.xid, source.storage, source.columns, source.withRowIds);
    const cursor = new BlockCursor(
      state,
      scan,
      (block, rows) => this.step(block, rows, state, groups, start, only),
      source.bufferBytes,
      Infinity,
    );
    try {
      while (cursor.advance(SCAN_ROWS));
    } finally {
      cursor.close();
    }
    const finish = (group: Group): Row => [
      ...group.keys,
      ...group.states.map((value, i) => calls[i]?.body?.finish(evaluation, value) ?? finishCount(calls[i], value)),
    ];
    return only === undefined ? [...groups.values()].map(finish) : [finish(only)];
  }
}

function finishCount(call: ScanAggregateCall | undefined, value: unknown): Datum {
  return call?.body === undefined ? (value as number) : null;
}
