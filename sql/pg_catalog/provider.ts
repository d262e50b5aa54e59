/** What a provider gets: the catalog of the running statement, and the engine's services through it. */
import type { CatalogReader, SystemService } from "../../src/catalog/index.js";
import type { CatalogService, EvaluationContext } from "../../src/functions/index.js";
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
  readonly definitions: CatalogService;
  readonly system: SystemService;
  /** The value that `column` must equal, when the query says so. */
  wanted(column: string): Datum | undefined;
}

export const providers = new Map<string, RowProvider>();

/** Registers the rows of one relation. */
export function provide(qualifiedName: string, rows: (source: Source) => Iterable<NamedRow>): void {
  providers.set(qualifiedName, (context, filters) =>
    shapeRows(
      qualifiedName,
      rows({
        catalog: context.catalog,
        database: context.evaluation.currentDatabase,
        definitions: context.evaluation.service<CatalogService>("catalog"),
        system: context.evaluation.service<SystemService>("system"),
        wanted: (column) => {
          const at = columnIndex(qualifiedName, column);
          return filters.find((f) => f.column === at)?.value;
        },
      }),
    ),
  );
}

export const textArray = (values: readonly string[]) => new ArrayValue(TypeOid.text, values);
export const int2Array = (values: readonly number[]) => new ArrayValue(TypeOid.int2, values);
export const oidArray = (values: readonly Oid[]) => new ArrayValue(TypeOid.oid, values);
/** int2vector and oidvector count from 0. */
export const int2Vector = (values: readonly number[]) => new ArrayValue(TypeOid.int2, values, [values.length], [0]);
export const oidVector = (values: readonly Oid[]) => new ArrayValue(TypeOid.oid, values, [values.length], [0]);
