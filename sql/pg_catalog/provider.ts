/** What a provider gets: the catalog of the running statement, and the engine's services through it. */
import type { AclItem, CatalogReader, SystemService } from "../../src/catalog/index.js";
import { aclText } from "../../src/engine/acl.js";
import type { CatalogService, EvaluationContext, FunctionRegistry } from "../../src/functions/index.js";
import type { Datum, Oid, Row } from "../../src/types/index.js";
import { ArrayValue, TypeOid } from "../../src/types/index.js";
import { columnIndex, type NamedRow, shapeRows } from "./relation-shape.js";

export interface ProviderContext {
  readonly catalog: CatalogReader;
  readonly evaluation: EvaluationContext;
}
export type ProviderFilters = readonly { readonly column: number; readonly value: Datum }[];
export type RowProvider = (context: ProviderContext, filters: ProviderFilters) => Iterable<Row>;

export interface Source {
  readonly catalog: CatalogReader;
  readonly database: string;
  readonly user: string;
  readonly definitions: CatalogService;
  readonly system: SystemService;
  /** Types, functions, operators and casts of the catalog over PostgreSQL's own. */
  readonly registry: FunctionRegistry;
  /** An access control list as its column shows it: NULL while only the defaults apply. */
  acl(items: readonly AclItem[] | undefined): ArrayValue | null;
  /** The clock, in microseconds as timestamptz counts them. */
  now(): number;
  /** The value that `column` must equal, when the query says so. */
  wanted(column: string): Datum | undefined;
}

export const providers = new Map<string, RowProvider>();

/** Registers the rows of one relation. */
export function provide(qualifiedName: string, rows: (source: Source) => Iterable<NamedRow>): void {
  providers.set(qualifiedName, (context, filters) => {
    const definitions = context.evaluation.service<CatalogService>("catalog");
    return shapeRows(
      qualifiedName,
      rows({
        catalog: context.catalog,
        database: context.evaluation.currentDatabase,
        user: context.evaluation.currentUser,
        definitions,
        registry: context.evaluation.service<FunctionRegistry>("registry"),
        acl: (items) => {
          if (items === undefined) return null;
          const texts = items.map((item) => aclText((oid) => definitions.roleName(oid), item));
          return new ArrayValue(TypeOid.aclitem, texts);
        },
        system: context.evaluation.service<SystemService>("system"),
        now: () => context.evaluation.clockMicros(),
        wanted: (column) => {
          const at = columnIndex(qualifiedName, column);
          return filters.find((f) => f.column === at)?.value;
        },
      }),
    );
  });
}

export const textArray = (values: readonly string[]) => new ArrayValue(TypeOid.text, values);
export const int2Array = (values: readonly number[]) => new ArrayValue(TypeOid.int2, values);
export const oidArray = (values: readonly Oid[]) => new ArrayValue(TypeOid.oid, values);
/** int2vector and oidvector count from 0. */
export const int2Vector = (values: readonly number[]) => new ArrayValue(TypeOid.int2, values, [values.length], [0]);
export const oidVector = (values: readonly Oid[]) => new ArrayValue(TypeOid.oid, values, [values.length], [0]);
