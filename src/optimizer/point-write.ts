/** Recognizes writes of one row that an I/O thread can run by itself (src/execution/point-write.ts). */
import type { TableObject } from "../catalog/index.js";
import {
  DeleteOperator,
  InsertOperator,
  type Operator,
  PartitionedWriter,
  type PointValue,
  PointWrite,
  type PointWriteSource,
  type TableWriter,
  UpdateOperator,
} from "../execution/internal.js";
import type { ColumnId, Delete, Expression, Insert, LogicalPlan, Returning, Update } from "../plan/index.js";
import { type Datum, PhysicalType, type Row, TypeOid } from "../types/index.js";
import { conjunctsOf, plainColumn } from "./conjuncts.js";
import type { Planner } from "./planner.js";
import { type WholeKey, wholeKeyOf } from "./point-plan.js";

const integers = new Set<number>([TypeOid.int2, TypeOid.int4, TypeOid.int8]);
/** Parameters of these types have a native form in a column of the same type. */
const plainTypes = new Set<number>([
  ...integers,
  TypeOid.uuid,
  TypeOid.bool,
  TypeOid.float4,
  TypeOid.float8,
  TypeOid.timestamp,
  TypeOid.timestamptz,
  TypeOid.date,
]);
const texts = new Set<number>([TypeOid.text, TypeOid.varchar]);

/** `plan` after the rules, `root` as it was planned. Text: why an I/O thread cannot run it. */
export function pointWriteOf(planner: Planner, plan: LogicalPlan, root: Operator): PointWrite | string {
  const source = sourceOf(planner, plan, root);
  return typeof source === "string" ? source : new PointWrite(source);
}

const byKey = "rows are not found by the whole key of a unique index";
const computed = "a value is computed";
const returned = "RETURNING computes a value";

function sourceOf(planner: Planner, plan: LogicalPlan, root: Operator): PointWriteSource | string {
  if (!(root instanceof InsertOperator || root instanceof UpdateOperator || root instanceof DeleteOperator)) return byKey;
  const { writer } = root;
  if (writer instanceof PartitionedWriter || writer.table.partition !== undefined) return "the table is partitioned";
  if (writer.table.persistence === "temporary") return "the table is temporary";
  if (writer.rowChecks.length > 0) return "rows are checked by policies or a view";
  if (writer.table.attributes.some((a) => a.hidden === true)) return "an index has expressions, a predicate or a collation's keys";
  if (!writer.isPlain) return "the table has generated columns, checks, exclusion or deferrable constraints";
  if (writer.types.some((type) => type?.physical === PhysicalType.vector)) return "the table has vectors";
  if (plan.kind === "Insert" && root instanceof InsertOperator) return insertOf(planner, plan, root, writer);
  if (plan.kind === "Update" && root instanceof UpdateOperator) return updateOf(planner, plan, writer);
  if (plan.kind === "Delete" && root instanceof DeleteOperator) return deleteOf(planner, plan, writer);
  return byKey;
}

function insertOf(planner: Planner, plan: Insert, root: InsertOperator, writer: TableWriter): PointWriteSource | string {
  const { table } = writer;
  if (root.conflict !== undefined) return "ON CONFLICT";
  if (!writer.takesBlocks) return "a foreign key is checked";
  if (plan.source.kind !== "Values" || plan.source.rows.length !== 1) return "not one row of VALUES";
  if (root.defaults.length > 0) return computed;
  const setting = new Setting(planner, writer);
  for (const [i, expression] of (plan.source.rows[0] as readonly Expression[]).entries())
    if (!setting.add(plan.attributes[i] as number, expression)) return computed;
  const given = new Set(plan.attributes);
  if (table.attributes.some((a) => a.notNull && !a.dropped && !given.has(a.number))) return "a column must not be null";
  const outputs = outputsOf(table, plan.returning, plan.returning?.row ?? []);
  return outputs === undefined ? returned : { kind: "insert", ...setting.result(), index: 0, keys: [], outputs };
}

function updateOf(planner: Planner, plan: Update, writer: TableWriter): PointWriteSource | string {
  const key = keyOf(planner, plan);
  if (key === undefined) return byKey;
  if (!writer.foreignKeys.isUntouchedBy(plan.assignments.map((a) => a.attribute))) return "a foreign key is checked";
  const old = new Map<ColumnId, number>(plan.oldRow.map((c) => [c.id, c.origin?.attribute ?? 0]));
  const setting = new Setting(planner, writer, old);
  for (const { attribute, value } of plan.assignments) if (!setting.add(attribute, value)) return computed;
  const outputs = outputsOf(writer.table, plan.returning, plan.returning?.row ?? []);
  return outputs === undefined ? returned : { kind: "update", ...setting.result(), ...key, outputs };
}

function deleteOf(planner: Planner, plan: Delete, writer: TableWriter): PointWriteSource | string {
  const key = keyOf(planner, plan);
  if (key === undefined) return byKey;
  if (writer.foreignKeys.isReferenced) return "a foreign key is checked";
  const outputs = outputsOf(writer.table, plan.returning, plan.returning?.row ?? []);
  return outputs === undefined ? returned : { kind: "delete", ...new Setting(planner, writer).result(), ...key, outputs };
}

function keyOf(planner: Planner, plan: Update | Delete): Pick<PointWriteSource, "index" | "keys"> | undefined {
  if (plan.tableOid !== undefined || plan.source.kind !== "Filter" || plan.source.input.kind !== "Scan") return undefined;
  const scan = plan.source.input;
  if (scan.relation !== plan.relation) return undefined;
  const whole: WholeKey | undefined = wholeKeyOf(planner, scan, conjunctsOf(plan.source.predicate));
  return whole && { index: whole.index.storage, keys: whole.keys.map((k) => k.key) };
}

/** Plain columns of the row alone; undefined: something else is returned. */
function outputsOf(
  table: TableObject,
  returning: Returning | undefined,
  row: readonly { readonly id: ColumnId; readonly origin?: { readonly attribute: number } }[],
): PointWriteSource["outputs"] | undefined {
  if (returning === undefined) return [];
  const outputs: { column: number; type: number }[] = [];
  for (const expression of returning.expressions) {
    const column = plainColumn(expression);
    const attribute = row.find((c) => c.id === column?.id)?.origin?.attribute ?? 0;
    if (table.attributes[attribute - 1] === undefined) return undefined;
    outputs.push({ column: attribute - 1, type: expression.type });
  }
  return outputs;
}

/** The columns that a statement sets. */
class Setting {
  readonly #values: PointValue[] = [];
  readonly #row: Row;

  constructor(
    private readonly planner: Planner,
    private readonly writer: TableWriter,
    private readonly old: ReadonlyMap<ColumnId, number> = new Map(),
  ) {
    this.#row = new Array<Datum>(writer.table.attributes.length).fill(null);
  }

  result(): Pick<PointWriteSource, "relation" | "storage" | "row" | "values"> {
    const { table } = this.writer;
    return { relation: table.oid, storage: table.storage, row: this.writer.encodeRow(this.#row), values: this.#values };
  }

  /** False: the value needs TypeScript. */
  add(attribute: number, expression: Expression): boolean {
    const object = this.writer.table.attributes[attribute - 1];
    if (object === undefined || this.#values.some((v) => v.column === attribute - 1)) return false;
    const of = { column: attribute - 1, notNull: object.notNull };
    const { value, characters } = unwrapped(expression);
    switch (value.kind) {
      case "Parameter": {
        const isText = texts.has(value.type) && texts.has(object.type);
        if (!isText && (value.type !== object.type || !plainTypes.has(value.type))) return false;
        // A modifier that nothing checks here (timestamp(3)).
        if (expression !== value && !isText) return false;
        this.#values.push({ ...of, form: "parameter", parameter: value.index, type: value.type, charactersMax: characters });
        return true;
      }
      case "Constant":
        if (expression !== value || (value.value === null && object.notNull) || value.type !== object.type) return false;
        this.#row[attribute - 1] = value.value;
        this.#values.push({ ...of, form: "constant" });
        return true;
      case "FunctionCall":
        return expression === value && this.#addCall(of, object.type, attribute, value);
      default:
        return false;
    }
  }
  #addCall(
    of: { readonly column: number; readonly notNull: boolean },
    type: number,
    attribute: number,
    call: Extract<Expression, { kind: "FunctionCall" }>,
  ): boolean {
    if (call.functionId === "timestamp(timestamptz)" && this.#isUtc) {
      const [moment] = call.args;
      return type === TypeOid.timestamp && moment?.kind === "FunctionCall" && this.#addNow(of, moment.functionId);
    }
    if (call.args.length === 0) return type === TypeOid.timestamptz && this.#addNow(of, call.functionId);
    if (!/^int(2|4|8|24|42|48|84|28|82)(pl|mi)\(/.test(call.functionId) || call.type !== type || call.args.length !== 2) return false;
    const isPlus = call.functionId.includes("pl(");
    const [left, right] = call.args as readonly [Expression, Expression];
    const isColumn = (e: Expression): boolean => e.kind === "ColumnReference" && e.type === type && this.old.get(e.id) === attribute;
    const by = isColumn(left) ? right : isPlus && isColumn(right) ? left : undefined;
    if (by?.kind === "Parameter" && integers.has(by.type)) {
      this.#values.push({ ...of, form: isPlus ? "add" : "subtract", parameter: by.index, type: by.type });
      return true;
    }
    if (by?.kind !== "Constant" || typeof by.value !== "number" || !Number.isSafeInteger(by.value)) return false;
    this.#values.push({ ...of, form: "addConstant", addend: isPlus ? by.value : -by.value });
    return true;
  }
  #addNow(of: { readonly column: number; readonly notNull: boolean }, functionId: string): boolean {
    if (functionId !== "now()" && functionId !== "transaction_timestamp()") return false;
    this.#values.push({ ...of, form: "now" });
    return true;
  }
  get #isUtc(): boolean {
    return /^(Etc\/)?UTC$/.test(this.planner.context.settings.setting("timezone") ?? "");
  }
}

/** A parameter behind casts that change nothing and a varchar's length. `characters`: the length, 0 without one. */
function unwrapped(expression: Expression): { readonly value: Expression; readonly characters: number } {
  let value = expression;
  let characters = 0;
  if (value.kind === "CoerceModifier" && !value.explicit && value.type === TypeOid.varchar && value.typmod > 4) {
    characters = value.typmod - 4;
    value = value.arg;
  }
  while (value.kind === "Relabel" && texts.has(value.type)) value = value.arg;
  return { value, characters };
}
