/** HNSW indexes at the border: which native call builds and drops them. */
import type { IndexObject, TableObject } from "../catalog/index.js";
import { notSupported } from "../types/index.js";
import type { DefinitionContext } from "./commands/context.js";

export function createHnsw(_context: DefinitionContext, _table: TableObject, _index: IndexObject): void {
  throw notSupported('access method "hnsw"');
}
export function dropHnsw(_context: DefinitionContext, _index: IndexObject): void {
  throw notSupported('access method "hnsw"');
}
