/**
 * Which partition a row goes to, from a partitioned table down to the leaf, and whether a row may stand in a partition. Key expressions
 * are compiled once per table and catalog version.
 */
import type { TableObject } from "../catalog/index.js";
import type { PlanColumn } from "../plan/index.js";
import { assert, type Datum, noPartitionForRow, type Row, type SqlType } from "../types/index.js";
import { compileScalar, type Evaluate } from "./expression/compiler.js";
import { Layout } from "./expression/scope.js";
import type { RunState } from "./operator.js";
import { type PartitionMap, partitionMapOf } from "./partition-map.js";
import { plainEnvironment } from "./table-reader.js";
import { attributeIndexes } from "./table-writer.js";
import type { PlanContext } from "./types.js";

export interface Route {
  readonly table: TableObject;
  /** Turns a row of the router's table into a row of the leaf; undefined: they are laid out alike. */
  readonly convert: ((row: Row) => Row) | undefined;
}

interface Level {
  readonly map: PartitionMap;
  readonly keys: readonly Evaluate[];
}

const routers = new WeakMap<PlanContext["catalog"], Map<number, PartitionRouter>>();

export class PartitionRouter {
  #level: Level | undefined;
  readonly #children = new Map<number, { readonly router: PartitionRouter; readonly convert: Route["convert"] }>();
  readonly #routes = new Map<number, Route>();

  private constructor(
    readonly context: PlanContext,
    readonly table: TableObject,
  ) {}

  static of(context: PlanContext, table: TableObject): PartitionRouter {
    let byTable = routers.get(context.catalog);
    if (byTable === undefined) {
      byTable = new Map();
      routers.set(context.catalog, byTable);
    }
    let router = byTable.get(table.oid);
    if (router === undefined || router.table !== table) {
      router = new PartitionRouter(context, table);
      byTable.set(table.oid, router);
    }
    return router;
  }

  /** The leaf for a full row of this table. @throws DbError 23514 when there is none */
  route(row: Row, state: RunState): Route {
    const level = this.#levelOf();
    const key = level.keys.map((evaluate) => evaluate(row, state));
    const found = level.map.find(key);
    if (found === undefined) throw this.#noPartition(key, state);
    const { router, convert } = this.#child(found);
    if (found.partitioned === undefined) {
      let route = this.#routes.get(found.oid);
      if (route === undefined) {
        route = { table: found, convert };
        this.#routes.set(found.oid, route);
      }
      return route;
    }
    const below = router.route(convert === undefined ? row : convert(row), state);
    const known = this.#routes.get(below.table.oid);
    if (known !== undefined) return known;
    const route: Route = {
      table: below.table,
      convert:
        convert === undefined
          ? below.convert
          : (r) => {
              const next = convert(r);
              return below.convert === undefined ? next : below.convert(next);
            },
    };
    this.#routes.set(below.table.oid, route);
    return route;
  }

  /** Whether a full row of this table, a partition, satisfies its partition constraint and those above. */
  accepts(row: Row, state: RunState): boolean {
    const parent = this.#parent();
    if (parent === undefined || this.table.partition === undefined) return true;
    const router = PartitionRouter.of(this.context, parent);
    const up = layoutConversion(this.table, parent);
    const parentRow = up === undefined ? row : up(row);
    const level = router.#levelOf();
    const key = level.keys.map((evaluate) => evaluate(parentRow, state));
    return level.map.accepts(this.table.partition, this.table, key) && router.accepts(parentRow, state);
  }

  #parent(): TableObject | undefined {
    const oid = this.table.parents?.[0];
    const parent = oid === undefined ? undefined : this.context.catalog.relationByOid(oid);
    return parent?.class === "table" && parent.partitioned !== undefined ? parent : undefined;
  }
  #child(table: TableObject): { readonly router: PartitionRouter; readonly convert: Route["convert"] } {
    let child = this.#children.get(table.oid);
    if (child === undefined) {
      child = { router: PartitionRouter.of(this.context, table), convert: layoutConversion(this.table, table) };
      this.#children.set(table.oid, child);
    }
    return child;
  }
  #levelOf(): Level {
    if (this.#level !== undefined) return this.#level;
    const { context, table } = this;
    assert(table.partitioned !== undefined, "only a partitioned table routes");
    const typeByOid = (oid: number): SqlType => {
      const type = context.registry.typeByOid(oid);
      assert(type !== undefined, "a partition key has a known type");
      return type;
    };
    const keys = table.partitioned.keys.map((key): Evaluate => {
      if (key.attribute !== 0) return (row) => row[key.attribute - 1] as Datum;
      const { row, expression } = context.stored.bindOverTable(table, key.expressionSql ?? "");
      const layout = new Layout();
      attributeIndexes(table, row).forEach((index, i) => layout.set((row[i] as PlanColumn).id, `r[${index}]`));
      return compileScalar(plainEnvironment(context), expression, layout);
    });
    this.#level = { map: partitionMapOf(table, context.catalog.childrenOf(table.oid), typeByOid), keys };
    return this.#level;
  }

  #noPartition(key: readonly Datum[], state: RunState): Error {
    const { table } = this;
    const names = (table.partitioned?.keys ?? []).map((k) =>
      k.attribute === 0 ? stripped(k.expressionSql ?? "") : (table.attributes[k.attribute - 1]?.name ?? ""),
    );
    const values = key.map((value, i) => {
      const type = this.context.registry.typeByOid(table.partitioned?.keys[i]?.type ?? 0);
      return value === null || type === undefined ? "null" : type.output(value, state.evaluation);
    });
    const schema = this.context.catalog.schemaByOid(table.schema)?.name ?? "";
    return noPartitionForRow(
      table.name,
      `Partition key of the failing row contains (${names.join(", ")}) = (${values.join(", ")}).`,
      schema,
    );
  }
}
const stripped = (sql: string): string => sql;

/** A function that lays a full row of `from` out as a full row of `to`, columns matched by name; undefined: they are alike. */
export function layoutConversion(from: TableObject, to: TableObject): ((row: Row) => Row) | undefined {
  const sources = to.attributes.map((a) =>
    a.dropped ? -1 : from.attributes.findIndex((other) => !other.dropped && other.name === a.name),
  );
  const same =
    from.attributes.length === to.attributes.length &&
    sources.every((s, i) => s === i || (s === -1 && from.attributes[i]?.dropped === true));
  if (same) return undefined;
  return (row) => sources.map((s) => (s < 0 ? null : (row[s] as Datum)));
}
