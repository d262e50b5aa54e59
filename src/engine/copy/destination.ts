/** Where the rows of a COPY go: the table's writer, what the columns get that the data do not have, and the condition. */
import type { TableObject } from "../../catalog/index.js";
import { compileScalar, Layout, PartitionedWriter, plainEnvironment, RunState, TableWriter } from "../../execution/internal.js";
import { isVolatile } from "../../optimizer/index.js";
import type { Expression } from "../../plan/index.js";
import { assert, type Datum, type Row, type SqlType, storedType } from "../../types/index.js";
import type { DefinitionContext } from "../commands/context.js";
import { KeptRows, Portions } from "./kept-rows.js";
import type { ColumnTarget } from "./loaders.js";

export type Evaluate = (row: Row, state: RunState) => Datum;

export interface ColumnDefault {
  /** attnum - 1 */
  readonly index: number;
  readonly notNull: boolean;
  readonly type: SqlType;
  readonly evaluate: Evaluate;
}

export class Destination {
  readonly state: RunState;
  readonly targets: readonly ColumnTarget[];
  /** Attribute index (attnum - 1) of each field. */
  readonly places: readonly number[];
  readonly defaults: readonly ColumnDefault[];
  readonly where: Evaluate | undefined;
  readonly writer: TableWriter;
  readonly portions: Portions;
  readonly kept: KeptRows;

  constructor(
    readonly context: DefinitionContext,
    readonly table: TableObject,
    attributes: readonly number[],
    where: Expression | undefined,
    whereRow: readonly { readonly id: number }[],
  ) {
    this.state = new RunState(context.statementContext(), 0, 0);
    this.places = attributes.map((n) => n - 1);
    this.targets = attributes.map((n) => {
      const attribute = table.attributes[n - 1];
      assert(attribute !== undefined, "COPY fills attributes of the table");
      return { name: attribute.name, type: context.type(attribute.type), typmod: attribute.typmod };
    });
    const plan = context.session.view.planContext(context.catalog);
    const environment = plainEnvironment(plan);
    let isSingle = where !== undefined && isVolatile(where);
    this.defaults = table.attributes.flatMap((a, index) => {
      if (a.dropped || a.generated === true || this.places.includes(index)) return [];
      const domain = context.type(a.type);
      const ofDomain = domain.base === undefined ? undefined : (domain.defaultSql ?? "NULL");
      const sql = a.identity !== undefined ? `nextval('${a.sequence}'::regclass)` : (a.defaultSql ?? ofDomain);
      if (sql === undefined) return [];
      const expression = plan.stored.bindDefault(table, a.number, sql);
      // It might look at the table. What a sequence gives does not depend on the rows that are there.
      if (isVolatile(expression, "nextval(regclass)")) isSingle = true;
      const evaluate = compileScalar(environment, expression, new Layout());
      return [{ index, notNull: a.notNull, type: storedType(context.type(a.type), a.typmod), evaluate }];
    });
    this.writer =
      table.partitioned === undefined ? new TableWriter(table, plan, environment) : new PartitionedWriter(table, plan, environment);
    this.writer.told = { table, written: new Set(this.targets.map((t) => t.name)) };
    if (where !== undefined) {
      const layout = new Layout();
      const live = table.attributes.flatMap((a, i) => (a.dropped ? [] : [i]));
      whereRow.forEach((column, i) => layout.set(column.id as never, `r[${live[i]}]`));
      this.where = compileScalar(environment, where, layout);
    }
    this.portions = new Portions(isSingle);
    this.kept = new KeptRows(context, this.writer, this.state, this.portions);
  }

  /** A row of the table with these values; the other columns are NULL. */
  rowWith(values: readonly Datum[]): Row {
    const row: Row = new Array<Datum>(this.table.attributes.length).fill(null);
    values.forEach((value, i) => {
      row[this.places[i] as number] = value;
    });
    return row;
  }
  fillDefaults(row: Row): void {
    for (const d of this.defaults) row[d.index] = d.evaluate([], this.state);
  }
  /** Computes and judges what the table asks of a row. False: the condition leaves it out. */
  accepts(row: Row): boolean {
    if (this.where !== undefined && this.where(row, this.state) !== true) return false;
    this.writer.prepare(row, this.state);
    return true;
  }
}
