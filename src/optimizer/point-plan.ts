/** Recognizes statements that are one lookup of plain columns by the whole key of a unique index (src/execution/point-select.ts). */
import { type IndexObject, isOrderedIndex, isUniqueNow, type TableObject } from "../catalog/index.js";
import {
  acquireEncoders,
  IndexScanOperator,
  type Operator,
  type PointKey,
  PointSelect,
  type PointSource,
  ProjectOperator,
} from "../execution/internal.js";
import type { Expression, LogicalPlan, PlanColumn, Scan } from "../plan/index.js";
import { TypeOid } from "../types/index.js";
import { comparisonOf, conjunctsOf } from "./conjuncts.js";
import { columnReference, storedOutputs, throughProject } from "./plain-outputs.js";
import { tableOf } from "./plan-scan.js";
import type { Planner } from "./planner.js";

const integers = new Set<number>([TypeOid.int2, TypeOid.int4, TypeOid.int8]);

/** `plan` after the rules, `root` as it was planned. */
export function pointPlanOf(planner: Planner, plan: LogicalPlan, root: Operator, columns: readonly PlanColumn[]): PointSelect | undefined {
  let operator = root;
  while (operator instanceof ProjectOperator) operator = operator.input;
  if (!(operator instanceof IndexScanOperator) || !operator.source.single) return undefined;

  let node = plan;
  let outputs: readonly Expression[] = columns.map(columnReference);
  const terms: Expression[] = [];
  for (;;) {
    if (node.kind === "Project") {
      outputs = throughProject(outputs, node);
      if (terms.length > 0) return undefined;
      node = node.input;
    } else if (node.kind === "Filter") {
      terms.push(...conjunctsOf(node.predicate));
      node = node.input;
    } else break;
  }
  return node.kind === "Scan" ? lookup(planner, node, terms, outputs) : undefined;
}

/** The unique index whose whole key the terms of a condition give, one `=` a column and nothing else. */
export interface WholeKey {
  readonly table: TableObject;
  readonly index: IndexObject;
  readonly keys: readonly { readonly key: PointKey; readonly type: number }[];
  readonly keyTypes: readonly (PointTypes | undefined)[];
  readonly integerKey: boolean;
}
/** A column that has to be equal to a value. */
export interface KeyTerm {
  readonly attribute: number;
  readonly columnType: number;
  readonly key: PointKey;
  readonly type: number;
}
export function wholeKeyOf(planner: Planner, scan: Scan, terms: readonly Expression[]): WholeKey | undefined {
  const found = keyAndRest(planner, scan, terms);
  return found?.rest.length === 0 ? found : undefined;
}
/** The same, of columns of which more than the key's may be given; `rest`: those. */
export function keyAndRest(
  planner: Planner,
  scan: Scan,
  terms: readonly Expression[],
): (WholeKey & { readonly rest: readonly KeyTerm[] }) | undefined {
  const table = tableOf(planner, scan.relation);
  const own = new Set(scan.columns.map((c) => c.id));
  const keyOf = new Map<number, KeyTerm>();
  for (const term of terms) {
    const comparison = comparisonOf(term, own);
    if (comparison?.operator !== "=") return undefined;
    const attribute = scan.attributes[scan.columns.findIndex((c) => c.id === comparison.column)] as number;
    const { value } = comparison;
    const key: PointKey | undefined =
      value.kind === "Parameter" ? { parameter: value.index } : value.kind === "Constant" ? { constant: value.value } : undefined;
    if (key === undefined || keyOf.has(attribute)) return undefined;
    keyOf.set(attribute, { attribute, columnType: comparison.columnType, key, type: value.type });
  }
  const indexes = planner.context.catalog
    .indexesOf(table.oid)
    .filter(
      (i) =>
        isOrderedIndex(i) &&
        i.predicateSql === undefined &&
        i.columns.every((c) => c.key === undefined && c.attribute > 0) &&
        isUniqueNow(i) &&
        i.valid &&
        i.columns.every((c) => keyOf.has(c.attribute)),
    );
  const [index] = indexes.toSorted((a, b) => b.columns.length - a.columns.length);
  if (index === undefined) return undefined;

  const keyTypes = index.columns.map((c) => planner.type(table.attributes[c.attribute - 1]?.type ?? 0));
  const keys = index.columns.map((c) => keyOf.get(c.attribute) as KeyTerm);
  const rest = [...keyOf.values()].filter((term) => !keys.includes(term));
  const integerKey = keys.length === 1 && integers.has(keyTypes[0]?.oid ?? 0);
  // Numbers are checked to fit by the addon; everything else must already be of the column's type.
  const fits = integerKey
    ? integers.has(keys[0]?.type ?? 0) && !(keyTypes[0]?.oid !== TypeOid.int8 && keys[0]?.type === TypeOid.int8)
    : keys.every((k, i) => k.type === keyTypes[i]?.oid);
  return fits ? { table, index, keys, keyTypes, integerKey, rest } : undefined;
}

function lookup(planner: Planner, scan: Scan, terms: readonly Expression[], outputs: readonly Expression[]): PointSelect | undefined {
  const whole = wholeKeyOf(planner, scan, terms);
  if (whole === undefined) return undefined;
  const { table, index, keys, keyTypes, integerKey } = whole;
  const stored = storedOutputs(table, scan, outputs);
  if (stored === undefined) return undefined;
  const encoders = acquireEncoders(
    index.columns.map((c, i) => ({ type: keyTypes[i] as PointTypes, typmod: table.attributes[c.attribute - 1]?.typmod ?? -1 })),
  );
  return new PointSelect({
    relation: table.oid,
    index: index.storage,
    keys: keys.map((k) => k.key),
    integerKey,
    encoder: encoders[keys.length - 1] as PointSource["encoder"],
    outputs: stored,
  });
}
type PointTypes = ReturnType<Planner["type"]>;
