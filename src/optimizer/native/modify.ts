/** Sources of INSERT and DELETE whose rows go from the pipeline to storage as blocks. */
import {
  type NativeExpression,
  type NativePlan,
  OperatorCode,
  type Scope,
  storedKind,
  type TableWriter,
} from "../../execution/internal.js";
import type { ColumnId, LogicalPlan, PlanColumn } from "../../plan/index.js";
import { type SqlType, TypeOid } from "../../types/index.js";
import type { Planner } from "../planner.js";
import { minimumRows, nativePlanOf } from "./native-operator.js";
import { arranged, columnAt, projected } from "./relational.js";

/** The source in the layout of the table: one column an attribute, NULL where the statement gives none. */
export function nativeInsertSource(
  planner: Planner,
  source: LogicalPlan,
  scope: Scope,
  writer: TableWriter,
  targets: readonly number[],
): NativePlan | undefined {
  const native = nativePlanOf(planner, source, scope);
  const input = native && native.sourceRows >= minimumRows(planner) ? arranged(native, source.columns) : undefined;
  if (input === undefined) return undefined;
  const list: NativeExpression[] = [];
  const columns: PlanColumn[] = [];
  for (const [i, attribute] of writer.table.attributes.entries()) {
    const type = writer.types[i] ?? planner.type(TypeOid.text);
    const at = targets.indexOf(i);
    const column = input.columns[at];
    if (column !== undefined && (planner.type(column.type).physical !== type.physical || column.kind !== storedKind(type)))
      return undefined;
    list.push(column === undefined ? nullOf(type) : columnAt(column, at));
    columns.push({ id: -(i + 1) as ColumnId, name: attribute.name, type: type.oid, typmod: attribute.typmod });
  }
  return projected(input, columns, list);
}
function nullOf(type: SqlType): NativeExpression {
  const kind = storedKind(type);
  return { kind, fallible: false, emit: (w) => w.u8(2).u8(kind).u8(1) };
}

/** The source's row ids, each once, as the only column (float64). */
export function nativeDeleteSource(planner: Planner, source: LogicalPlan, scope: Scope, rowId: ColumnId): NativePlan | undefined {
  const native = nativePlanOf(planner, source, scope);
  const at = native?.columns.findIndex((c) => c.id === rowId) ?? -1;
  const column = native?.columns[at];
  if (native === undefined || column === undefined || native.sourceRows < minimumRows(planner)) return undefined;
  const ids = projected(native, [{ ...column, type: TypeOid.float8 }], [columnAt(column, at)]);
  // A row that a join finds twice is deleted once.
  return {
    ...ids,
    fallibleLate: false,
    emit(w, state) {
      w.u8(OperatorCode.aggregate);
      ids.emit(w, state);
      w.u16(1).u8(1).u16(0).u16(0);
    },
  };
}
