/** What WHERE CURRENT OF compares row ids with: a function that no statement can name. */
import { type Datum, type Oid, TypeOid } from "../../types/index.js";
import { requireService } from "../catalog-service.js";
import type { DefinableRegistry, EvaluationContext } from "../registry.js";

/** `service("cursors")`. */
export interface CursorService {
  /** Row id of the current row. @throws DbError 34000, 24000 */
  currentRowId(cursor: string, relation: Oid, tableName: string): Datum;
}

export const CURRENT_OF_ID = "current of(text,oid,text)";

export function defineCursorFunctions(registry: DefinableRegistry): void {
  registry.defineScalar(
    {
      id: CURRENT_OF_ID,
      oid: 0,
      schema: "internal",
      name: "current of",
      argTypes: [TypeOid.text, TypeOid.oid, TypeOid.text],
      returnType: TypeOid.int8,
      kind: "function",
      strict: true,
      volatility: "stable",
    },
    ((context: EvaluationContext, cursor: string, relation: number, table: string) =>
      requireService<CursorService>(context, "cursors").currentRowId(cursor, relation, table)) as never,
  );
}
