/** INSERT, UPDATE, DELETE and MERGE back to SQL: statements of BEGIN ATOMIC, which are kept with their names resolved. */
import {
  columnName,
  deparseExpression,
  deparseFrom,
  deparseQuery,
  deparseRelation,
  deparseStep,
  deparseTarget,
  deparseWith,
  quoteName,
} from "./deparse.js";
import type {
  Assignment, DeleteStatement, Expr, FromItem, InsertStatement, MergeStatement, MergeWhenClause, ModificationStatement, OnConflictClause, ReturningClause, UpdateStatement,
} from "./syntax-tree.js"; // biome-ignore format: a list of names

const list = <Item>(items: readonly Item[], print: (item: Item) => string): string => items.map(print).join(", ");
const where = (word: string, condition: Expr | undefined): string =>
  condition === undefined ? "" : ` ${word} ${deparseExpression(condition)}`;
const from = (word: string, items: readonly FromItem[]): string => (items.length === 0 ? "" : ` ${word} ${list(items, deparseFrom)}`);

export function deparseModification(statement: ModificationStatement): string {
  const tables = statement.with === undefined ? "" : `${deparseWith(statement.with)} `;
  return `${tables}${body(statement)}${returning(statement.returning)}`;
}
function body(statement: ModificationStatement): string {
  switch (statement.kind) {
    case "Insert":
      return deparseInsert(statement);
    case "Update":
      return deparseUpdate(statement);
    case "Delete":
      return deparseDelete(statement);
    case "Merge":
      return deparseMerge(statement);
  }
}

const OVERRIDING = { none: "", user: " OVERRIDING USER VALUE", system: " OVERRIDING SYSTEM VALUE" } as const;
const columns = (names: InsertStatement["columns"]): string =>
  names.length === 0 ? "" : ` (${list(names, (column) => columnName(column, column.name) + column.indirection.map(deparseStep).join(""))})`;

function deparseInsert(statement: InsertStatement): string {
  const source = statement.source === undefined ? " DEFAULT VALUES" : ` ${deparseQuery(statement.source)}`;
  const conflict = statement.onConflict === undefined ? "" : deparseConflict(statement.onConflict);
  return `INSERT INTO ${deparseRelation(statement.relation, " AS ")}${columns(statement.columns)}${OVERRIDING[statement.overriding]}${source}${conflict}`;
}
function deparseConflict(clause: OnConflictClause): string {
  const elements = list(clause.elements, (element) =>
    element.column !== undefined ? columnName(element, element.column) : `(${deparseExpression(element.expr as Expr)})`,
  );
  const target =
    clause.constraint !== undefined
      ? ` ON CONSTRAINT ${quoteName(clause.constraint)}`
      : clause.elements.length === 0
        ? ""
        : ` (${elements})${where("WHERE", clause.elementsWhere)}`;
  const action = clause.action === "nothing" ? "NOTHING" : `UPDATE SET ${assignments(clause.set)}${where("WHERE", clause.where)}`;
  return ` ON CONFLICT${target} DO ${action}`;
}

function assignments(set: readonly Assignment[]): string {
  const texts: string[] = [];
  const column = (assigned: Assignment): string => columnName(assigned, assigned.column) + assigned.indirection.map(deparseStep).join("");
  for (let i = 0; i < set.length; ) {
    const first = set[i] as Assignment;
    const count = first.multi?.count ?? 1;
    if (first.multi === undefined) texts.push(`${column(first)} = ${deparseExpression(first.value)}`);
    else texts.push(`(${list(set.slice(i, i + count), column)}) = ${deparseExpression(first.value)}`);
    i += count;
  }
  return texts.join(", ");
}
function deparseUpdate({ relation, set, from: items, where: condition }: UpdateStatement): string {
  return `UPDATE ${deparseRelation(relation)} SET ${assignments(set)}${from("FROM", items)}${where("WHERE", condition)}`;
}
function deparseDelete({ relation, using, where: condition }: DeleteStatement): string {
  return `DELETE FROM ${deparseRelation(relation)}${from("USING", using)}${where("WHERE", condition)}`;
}

const MATCHES = { matched: "MATCHED", notMatchedBySource: "NOT MATCHED BY SOURCE", notMatchedByTarget: "NOT MATCHED" } as const;
function deparseMerge({ relation, source, on, whens }: MergeStatement): string {
  const clauses = whens.map((clause) => ` WHEN ${MATCHES[clause.match]}${where("AND", clause.condition)} THEN ${mergeAction(clause)}`);
  return `MERGE INTO ${deparseRelation(relation)} USING ${deparseFrom(source)} ON ${deparseExpression(on)}${clauses.join("")}`;
}
function mergeAction(clause: MergeWhenClause): string {
  switch (clause.action) {
    case "nothing":
      return "DO NOTHING";
    case "delete":
      return "DELETE";
    case "update":
      return `UPDATE SET ${assignments(clause.set)}`;
    case "insert": {
      const values = clause.values.length === 0 ? "DEFAULT VALUES" : `VALUES (${list(clause.values, deparseExpression)})`;
      return `INSERT${columns(clause.columns)}${OVERRIDING[clause.overriding]} ${values}`;
    }
  }
}

function returning(clause: ReturningClause): string {
  if (clause.targets.length === 0) return "";
  const names = [
    clause.old === undefined ? "" : `OLD AS ${quoteName(clause.old)}`,
    clause.new === undefined ? "" : `NEW AS ${quoteName(clause.new)}`,
  ];
  const given = names.filter((name) => name !== "");
  return ` RETURNING ${given.length === 0 ? "" : `WITH (${given.join(", ")}) `}${clause.targets.flatMap(deparseTarget).join(", ")}`;
}
