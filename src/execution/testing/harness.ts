/** A catalog, a fake storage and a context, for tests that plan and run hand-made plans. */
import type { CatalogReader, ConstraintObject, IndexObject, TableObject } from "../../catalog/index.js";
import { registry } from "../../functions/index.js";
import { testContext } from "../../functions/testing.js";
import type { Engine, NativeAddon } from "../../native/addon.js";
import type { ColumnId, Expression, LogicalPlan, PlanColumn, Scan } from "../../plan/index.js";
import { type Datum, type Oid, type Row, TypeOid } from "../../types/index.js";
import { physicalColumn } from "../codec.js";
import type { ExecutionContext, PhysicalPlan, PlanContext, StoredExpressions } from "../types.js";
import { FakeStorage } from "./fake-storage.js";

export type PlanStatement = (plan: LogicalPlan, context: PlanContext) => PhysicalPlan;

let nextId = 1;
export function newColumn(name: string, type: Oid, typmod = -1): PlanColumn {
  return { id: nextId++ as ColumnId, name, type, typmod };
}
export function ref(column: PlanColumn): Expression {
  return { kind: "ColumnReference", id: column.id, name: column.name, type: column.type, typmod: column.typmod };
}
export function constant(value: Datum, type: Oid): Expression {
  return { kind: "Constant", value, type, typmod: -1 };
}
export function parameter(index: number, type: Oid): Expression {
  return { kind: "Parameter", index, type, typmod: -1 };
}
/** An operator call, found by its name and operand types. */
export function op(left: Expression, name: string, right: Expression): Expression {
  const operator = registry.operatorsByName(name).find((o) => o.left === left.type && o.right === right.type);
  if (operator === undefined) throw new Error(`no operator ${name}`);
  return {
    kind: "FunctionCall",
    functionId: operator.functionId,
    args: [left, right],
    strict: true,
    volatility: "immutable",
    syntax: { form: "operator", name },
    type: operator.result,
    typmod: -1,
  };
}
export function and(...args: Expression[]): Expression {
  return { kind: "And", args, type: TypeOid.bool, typmod: -1 };
}
export function or(...args: Expression[]): Expression {
  return { kind: "Or", args, type: TypeOid.bool, typmod: -1 };
}

export interface ColumnSpec {
  readonly name: string;
  readonly type: Oid;
  readonly notNull?: boolean;
}

export class Harness {
  readonly storage = new FakeStorage();
  readonly tables = new Map<Oid, TableObject>();
  readonly indexes: IndexObject[] = [];
  readonly constraints: ConstraintObject[] = [];
  readonly deferred: ((context: ExecutionContext) => void)[] = [];
  stored: StoredExpressions = {
    bindOverTable: () => {
      throw new Error("no stored expressions here");
    },
    bindDefault: () => {
      throw new Error("no defaults here");
    },
  };
  #oid = 20000;

  constructor(readonly planStatement: PlanStatement) {}

  table(name: string, columns: readonly ColumnSpec[]): TableObject {
    const oid = this.#oid++;
    const table: TableObject = {
      class: "table",
      oid,
      schema: 2200,
      name,
      owner: 10,
      storage: oid,
      persistence: "permanent",
      attributes: columns.map((c, i) => ({
        number: i + 1,
        name: c.name,
        type: c.type,
        typmod: -1,
        notNull: c.notNull ?? false,
        dropped: false,
      })),
    };
    this.tables.set(oid, table);
    const physical = table.attributes.map((a) => physicalColumn(registry.typeByOid(a.type)!, a.typmod));
    this.storage.binding.createRelation({} as Engine, 1, oid, physical);
    return table;
  }
  index(
    table: TableObject,
    name: string,
    attributes: readonly number[],
    options: { unique?: boolean; descending?: boolean } = {},
  ): IndexObject {
    const oid = this.#oid++;
    const descending = options.descending ?? false;
    const index: IndexObject = {
      class: "index",
      oid,
      schema: 2200,
      name,
      owner: 10,
      table: table.oid,
      storage: oid,
      method: "btree",
      unique: options.unique ?? false,
      primary: options.unique ?? false,
      nullsNotDistinct: false,
      columns: attributes.map((attribute) => ({ attribute, descending, nullsFirst: descending })),
      include: [],
      options: {},
      valid: true,
    };
    this.indexes.push(index);
    this.storage.binding.createIndex(
      {} as Engine,
      1,
      oid,
      table.storage,
      attributes.map((a) => ({
        column: a - 1,
        kind: registry.typeByOid(table.attributes[a - 1]!.type)!.keyKind!,
        descending,
        nullsFirst: descending,
      })),
      index.unique,
      false,
    );
    return index;
  }
  scan(table: TableObject, attributes: readonly number[] = table.attributes.map((a) => a.number), alias = table.name): Scan {
    return {
      kind: "Scan",
      relation: table.oid,
      alias,
      attributes,
      columns: attributes.map((n) =>
        n === 0 ? newColumn("ctid", TypeOid.int8) : newColumn(table.attributes[n - 1]!.name, table.attributes[n - 1]!.type),
      ),
    };
  }
  insert(table: TableObject, rows: readonly Row[]): void {
    const columns = table.attributes.map((a) => newColumn(a.name, a.type));
    this.run({
      kind: "Insert",
      relation: table.oid,
      attributes: table.attributes.map((a) => a.number),
      given: [],
      columns: [],
      source: { kind: "Values", columns, rows: rows.map((r) => r.map((v, i) => constant(v, table.attributes[i]!.type))) },
    });
  }

  get catalog(): CatalogReader {
    const { tables, indexes, constraints } = this;
    return {
      version: 1,
      searchPath: [],
      schemaByName: () => undefined,
      schemaByOid: () => ({ class: "schema", oid: 2200, name: "public", owner: 10 }),
      relation: () => undefined,
      relationByOid: (oid) => tables.get(oid),
      indexesOf: (oid) => indexes.filter((i) => i.table === oid),
      constraintsOf: (oid) => constraints.filter((c) => c.table === oid),
      referencing: (oid) => constraints.filter((c) => c.kind === "foreignKey" && c.references === oid),
      userCollation: () => undefined,
      userCollationNamed: () => undefined,
      role: () => undefined,
      childrenOf: () => [],
      objects: () => [],
    };
  }
  get planContext(): PlanContext {
    return {
      catalog: this.catalog,
      registry,
      stored: this.stored,
      settings: { setting: () => undefined },
      statistics: { rowCount: (storage) => this.storage.binding.rowCountEstimate({} as Engine, storage) },
    };
  }
  context(parameters: readonly Datum[] = []): ExecutionContext {
    return {
      native: { storage: this.storage.binding, vector: {} as NativeAddon["vector"], exec: this.storage.exec, engine: this.storage.engine },
      engine: {} as Engine,
      xid: 1,
      restartable: true,
      parameters,
      evaluation: testContext,
      catalog: this.catalog,
      checkCancel: () => undefined,
      memoryLimitBytes: 1 << 30,
      deferUntilCommit: (check) => this.deferred.push(check),
      isDeferred: (_oid, initially) => initially,
    };
  }
  run(plan: LogicalPlan, parameters: readonly Datum[] = []): Row[] {
    const execution = this.planStatement(plan, this.planContext).open(this.context(parameters));
    const rows: Row[] = [];
    for (let batch = execution.next(0); batch.length > 0; batch = execution.next(0)) rows.push(...batch);
    execution.close();
    return rows;
  }
  explain(plan: LogicalPlan): string[] {
    return this.planStatement(plan, this.planContext).explain({
      analyze: false,
      verbose: false,
      costs: false,
      timing: false,
      summary: false,
      format: "text",
    });
  }
}
