/** SELECT, VALUES, set operations and DML: libpg-query's nodes to ours. */
import { notSupportedAt, stackDepthExceeded, syntaxError } from "../../src/types/index.js";
import { convertExpression, convertSortItem, convertWindow } from "./convert-expression.js";
import { convertJsonTable } from "./convert-json.js";
import { type Converter, convertAlias, convertIndirection, convertRelationName, convertTypeName } from "./converter.js";
import { bodyOf, child, flag, kindOf, list, optionalText, type RawNode, strings, text } from "./raw.js";
import type {
  Assignment, ColumnDef, CommonTableExpr, Expr, FromItem, FunctionItem, GroupItem, InsertStatement, LockingClause, MergeWhenClause, ModificationStatement, OnConflictClause, Query, ReturningClause,
  Target, WithClause,
} from "./syntax-tree.js"; // biome-ignore format: a list of names

const QUERY_DEPTH_MAX = 10_000;

export function convertQuery(converter: Converter, wrapped: RawNode, depth = 0): Query {
  return convertSelect(converter, bodyOf(wrapped), depth);
}

/** A SelectStmt body; `larg`/`rarg` of set operations come without a wrapper. */
function convertSelect(converter: Converter, raw: RawNode, depth: number): Query {
  if (depth > QUERY_DEPTH_MAX) throw stackDepthExceeded();
  if (raw.op !== undefined && raw.op !== "SETOP_NONE") return convertSetOperation(converter, raw, depth);
  const tail = convertTail(converter, raw, depth);
  if (raw.valuesLists !== undefined) {
    const rows = list(raw, "valuesLists").map((row) =>
      list(bodyOf(row), "items").map((item) => convertExpression(converter, item, depth + 1)),
    );
    return { kind: "Values", rows, ...tail };
  }
  const distinct = list(raw, "distinctClause");
  const where = child(raw, "whereClause");
  const having = child(raw, "havingClause");
  const into = child(raw, "intoClause");
  return {
    kind: "Select",
    distinct:
      distinct.length === 0
        ? "none"
        : kindOf(distinct[0]!) === ""
          ? "all"
          : distinct.map((item) => convertExpression(converter, item, depth + 1)),
    targets: list(raw, "targetList").map((item) => convertTarget(converter, item, depth + 1)),
    from: list(raw, "fromClause").map((item) => convertFromItem(converter, item, depth + 1)),
    where: where === undefined ? undefined : convertExpression(converter, where, depth + 1),
    groupBy: list(raw, "groupClause").map((item) => convertGroupItem(converter, item, depth + 1)),
    groupDistinct: flag(raw, "groupDistinct"),
    having: having === undefined ? undefined : convertExpression(converter, having, depth + 1),
    windows: list(raw, "windowClause").map((item) => convertWindow(converter, bodyOf(item), depth + 1)),
    into: into === undefined ? undefined : convertRelationName(converter, child(into, "rel")!),
    ...tail,
  };
}

/** A left-deep chain of UNIONs may be long: it is walked in a loop. */
function convertSetOperation(converter: Converter, raw: RawNode, depth: number): Query {
  const spine: RawNode[] = [];
  let current = raw;
  while (current.op !== undefined && current.op !== "SETOP_NONE") {
    spine.push(current);
    current = child(current, "larg")!;
  }
  let left = convertSelect(converter, current, depth + 1);
  for (let i = spine.length - 1; i >= 0; i--) {
    const node = spine[i]!;
    const operation = node.op === "SETOP_UNION" ? "union" : node.op === "SETOP_INTERSECT" ? "intersect" : "except";
    const right = convertSelect(converter, child(node, "rarg")!, depth + 1);
    left = { kind: "SetOperation", operation, all: flag(node, "all"), left, right, ...convertTail(converter, node, depth) };
  }
  return left;
}

function convertTail(converter: Converter, raw: RawNode, depth: number) {
  const limit = child(raw, "limitCount");
  const offset = child(raw, "limitOffset");
  // LIMIT ALL is a NULL constant, which means the same.
  return {
    with: convertWith(converter, child(raw, "withClause"), depth),
    orderBy: list(raw, "sortClause").map((item) => convertSortItem(converter, item, depth + 1)),
    limit: limit === undefined ? undefined : convertExpression(converter, limit, depth + 1),
    offset: offset === undefined ? undefined : convertExpression(converter, offset, depth + 1),
    withTies: raw.limitOption === "LIMIT_OPTION_WITH_TIES",
    locking: list(raw, "lockingClause").map((item) => convertLocking(converter, bodyOf(item))),
    position: 0,
  };
}
const LOCK_STRENGTHS: Readonly<Record<string, LockingClause["strength"]>> = {
  LCS_FORUPDATE: "update",
  LCS_FORNOKEYUPDATE: "noKeyUpdate",
  LCS_FORSHARE: "share",
  LCS_FORKEYSHARE: "keyShare",
};
function convertLocking(converter: Converter, raw: RawNode): LockingClause {
  return {
    relations: list(raw, "lockedRels").map((item) => convertRelationName(converter, bodyOf(item))),
    strength: LOCK_STRENGTHS[text(raw, "strength")]!,
    wait: raw.waitPolicy === "LockWaitSkip" ? "skip" : raw.waitPolicy === "LockWaitError" ? "error" : "block",
  };
}

export function convertWith(converter: Converter, raw: RawNode | undefined, depth: number): WithClause | undefined {
  if (raw === undefined) return undefined;
  return {
    recursive: flag(raw, "recursive"),
    tables: list(raw, "ctes").map((item) => convertCommonTable(converter, bodyOf(item), depth + 1)),
    position: converter.position(raw),
  };
}
function convertCommonTable(converter: Converter, raw: RawNode, depth: number): CommonTableExpr {
  const position = converter.position(raw);
  const query = child(raw, "ctequery")!;
  const materialized = text(raw, "ctematerialized");
  return {
    name: text(raw, "ctename"),
    columnNames: strings(raw, "aliascolnames"),
    materialized: materialized === "CTEMaterializeAlways" ? true : materialized === "CTEMaterializeNever" ? false : undefined,
    query: kindOf(query) === "SelectStmt" ? convertQuery(converter, query, depth) : convertModification(converter, query, depth),
    search: convertSearch(converter, child(raw, "search_clause")),
    cycle: convertCycle(converter, child(raw, "cycle_clause"), depth),
    position,
  };
}
function convertSearch(converter: Converter, raw: RawNode | undefined): CommonTableExpr["search"] {
  if (raw === undefined) return undefined;
  return {
    columns: strings(raw, "search_col_list"),
    breadthFirst: flag(raw, "search_breadth_first"),
    sequence: text(raw, "search_seq_column"),
    position: converter.position(raw),
  };
}
function convertCycle(converter: Converter, raw: RawNode | undefined, depth: number): CommonTableExpr["cycle"] {
  if (raw === undefined) return undefined;
  return {
    columns: strings(raw, "cycle_col_list"),
    mark: text(raw, "cycle_mark_column"),
    value: convertExpression(converter, child(raw, "cycle_mark_value")!, depth),
    defaultValue: convertExpression(converter, child(raw, "cycle_mark_default")!, depth),
    path: text(raw, "cycle_path_column"),
    position: converter.position(raw),
  };
}

export function convertTarget(converter: Converter, wrapped: RawNode, depth: number): Target {
  const raw = bodyOf(wrapped);
  return {
    name: optionalText(raw, "name"),
    indirection: convertIndirection(converter, list(raw, "indirection"), depth),
    expr: convertExpression(converter, child(raw, "val")!, depth),
    position: converter.position(raw),
  };
}

function convertGroupItem(converter: Converter, wrapped: RawNode, depth: number): GroupItem {
  if (kindOf(wrapped) !== "GroupingSet") return { kind: "expression", expr: convertExpression(converter, wrapped, depth) };
  const raw = bodyOf(wrapped);
  const kinds: Readonly<Record<string, "sets" | "rollup" | "cube" | "simple" | "empty">> = {
    GROUPING_SET_SETS: "sets",
    GROUPING_SET_ROLLUP: "rollup",
    GROUPING_SET_CUBE: "cube",
    GROUPING_SET_SIMPLE: "simple",
    GROUPING_SET_EMPTY: "empty",
  };
  return {
    kind: kinds[text(raw, "kind")] ?? "empty",
    items: list(raw, "content").map((item) => convertGroupItem(converter, item, depth)),
    position: converter.position(raw),
  };
}

export function convertFromItem(converter: Converter, wrapped: RawNode, depth: number): FromItem {
  if (depth > QUERY_DEPTH_MAX) throw stackDepthExceeded();
  const raw = bodyOf(wrapped);
  const kind = kindOf(wrapped);
  switch (kind) {
    case "RangeVar":
      return { kind: "Relation", relation: convertRelationName(converter, raw), position: converter.position(raw) };
    case "RangeSubselect":
      return {
        kind: "SubqueryItem",
        query: convertQuery(converter, child(raw, "subquery")!, depth),
        alias: convertAlias(child(raw, "alias")),
        lateral: flag(raw, "lateral"),
        position: raw.alias === undefined ? openingParenthesis(converter, raw) : 0,
      };
    case "RangeFunction":
      return convertFunctionItem(converter, raw, depth);
    case "JoinExpr": {
      const quals = child(raw, "quals");
      const using = raw.usingClause === undefined ? undefined : strings(raw, "usingClause");
      const type = text(raw, "jointype");
      return {
        kind: "JoinItem",
        type: type === "JOIN_LEFT" ? "left" : type === "JOIN_RIGHT" ? "right" : type === "JOIN_FULL" ? "full" : "inner",
        natural: flag(raw, "isNatural"),
        left: convertFromItem(converter, child(raw, "larg")!, depth + 1),
        right: convertFromItem(converter, child(raw, "rarg")!, depth + 1),
        using,
        usingAlias: convertAlias(child(raw, "join_using_alias"))?.name,
        on: quals === undefined ? undefined : convertExpression(converter, quals, depth + 1),
        alias: convertAlias(child(raw, "alias")),
        position: 0,
      };
    }
    case "RangeTableSample":
      return convertSample(converter, raw, depth);
    case "RangeTableFunc":
      throw notSupportedAt("XMLTABLE", converter.position(raw));
    case "JsonTable":
      return convertJsonTable(converter, raw, depth);
    default:
      throw notSupportedAt(kind, converter.position(raw));
  }
}

function convertSample(converter: Converter, raw: RawNode, depth: number): FromItem {
  const item = convertFromItem(converter, child(raw, "relation")!, depth);
  const repeatable = child(raw, "repeatable");
  if (item.kind !== "Relation") return item;
  return {
    ...item,
    sample: {
      method: strings(raw, "method").at(-1) ?? "",
      args: list(raw, "args").map((arg) => convertExpression(converter, arg, depth)),
      repeatable: repeatable === undefined ? undefined : convertExpression(converter, repeatable, depth),
      position: converter.position(raw),
    },
  };
}

function convertColumnDefs(converter: Converter, items: readonly RawNode[]): ColumnDef[] {
  return items.map((item) => ({ name: text(bodyOf(item), "colname"), type: convertTypeName(converter, child(bodyOf(item), "typeName")!) }));
}
function convertFunctionItem(converter: Converter, raw: RawNode, depth: number): FunctionItem {
  const functions = list(raw, "functions").map((item) => {
    const pair = list(bodyOf(item), "items");
    const definitions = pair[1] === undefined ? [] : list(bodyOf(pair[1]), "items");
    return { call: convertExpression(converter, pair[0]!, depth), columns: convertColumnDefs(converter, definitions) };
  });
  return {
    kind: "FunctionItem",
    functions,
    alias: convertAlias(child(raw, "alias")),
    columns: convertColumnDefs(converter, list(raw, "coldeflist")),
    ordinality: flag(raw, "ordinality"),
    lateral: flag(raw, "lateral"),
    position: functions[0]!.call.position,
  };
}

export function convertModification(converter: Converter, wrapped: RawNode, depth = 0): ModificationStatement {
  const raw = bodyOf(wrapped);
  const where = child(raw, "whereClause");
  const common = {
    with: convertWith(converter, child(raw, "withClause"), depth),
    relation: convertRelationName(converter, child(raw, "relation") ?? {}),
    position: 0,
  };
  const condition: Expr | undefined = where === undefined ? undefined : convertExpression(converter, where, depth);
  switch (kindOf(wrapped)) {
    case "InsertStmt": {
      const source = child(raw, "selectStmt");
      const conflict = child(raw, "onConflictClause");
      return {
        kind: "Insert",
        ...common,
        columns: convertInsertColumns(converter, list(raw, "cols"), depth),
        source: source === undefined ? undefined : convertQuery(converter, source, depth),
        overriding: overridingOf(raw),
        onConflict: conflict === undefined ? undefined : convertOnConflict(converter, conflict, depth),
        returning: convertReturning(converter, raw, depth),
      };
    }
    case "UpdateStmt":
      return {
        kind: "Update",
        ...common,
        set: convertAssignments(converter, list(raw, "targetList"), depth),
        from: list(raw, "fromClause").map((item) => convertFromItem(converter, item, depth)),
        where: condition,
        returning: convertReturning(converter, raw, depth),
      };
    case "DeleteStmt":
      return {
        kind: "Delete",
        ...common,
        using: list(raw, "usingClause").map((item) => convertFromItem(converter, item, depth)),
        where: condition,
        returning: convertReturning(converter, raw, depth),
      };
    default:
      return {
        kind: "Merge",
        ...common,
        source: convertFromItem(converter, child(raw, "sourceRelation")!, depth),
        on: convertExpression(converter, child(raw, "joinCondition")!, depth),
        whens: list(raw, "mergeWhenClauses").map((item) => convertMergeWhen(converter, bodyOf(item))),
        returning: convertReturning(converter, raw, depth),
      };
  }
}
const MERGE_MATCHES: Readonly<Record<string, MergeWhenClause["match"]>> = {
  MERGE_WHEN_NOT_MATCHED_BY_SOURCE: "notMatchedBySource",
  MERGE_WHEN_NOT_MATCHED_BY_TARGET: "notMatchedByTarget",
};
const MERGE_ACTIONS: Readonly<Record<string, MergeWhenClause["action"]>> = {
  CMD_UPDATE: "update",
  CMD_DELETE: "delete",
  CMD_INSERT: "insert",
};
function convertMergeWhen(converter: Converter, raw: RawNode): MergeWhenClause {
  const condition = child(raw, "condition");
  const action = MERGE_ACTIONS[text(raw, "commandType")] ?? "nothing";
  const targets = list(raw, "targetList");
  return {
    match: MERGE_MATCHES[text(raw, "matchKind")] ?? "matched",
    condition: condition === undefined ? undefined : convertExpression(converter, condition),
    action,
    set: action === "update" ? convertAssignments(converter, targets, 0) : [],
    columns: action === "insert" ? convertInsertColumns(converter, targets, 0) : [],
    values: list(raw, "values").map((value) => convertExpression(converter, value)),
    overriding: overridingOf(raw),
  };
}
const overridingOf = (raw: RawNode): InsertStatement["overriding"] =>
  raw.override === "OVERRIDING_USER_VALUE" ? "user" : raw.override === "OVERRIDING_SYSTEM_VALUE" ? "system" : "none";
function convertInsertColumns(converter: Converter, items: readonly RawNode[], depth: number): InsertStatement["columns"] {
  return items.map((item) => ({
    name: text(bodyOf(item), "name"),
    indirection: convertIndirection(converter, list(bodyOf(item), "indirection"), depth),
    position: converter.position(bodyOf(item)),
  }));
}

function convertReturning(converter: Converter, raw: RawNode, depth: number): ReturningClause {
  const clause = child(raw, "returningClause") ?? {};
  let before: string | undefined;
  let after: string | undefined;
  for (const item of list(clause, "options")) {
    const option = bodyOf(item);
    const isOld = option.option === "RETURNING_OPTION_OLD";
    if ((isOld ? before : after) !== undefined)
      throw syntaxError(`${isOld ? "OLD" : "NEW"} cannot be specified multiple times`, converter.position(option));
    if (isOld) before = text(option, "value");
    else after = text(option, "value");
  }
  return { targets: list(clause, "exprs").map((item) => convertTarget(converter, item, depth)), old: before, new: after };
}

function convertAssignments(converter: Converter, items: readonly RawNode[], depth: number): Assignment[] {
  return items.map((item) => {
    const raw = bodyOf(item);
    const value = child(raw, "val")!;
    const multi = kindOf(value) === "MultiAssignRef" ? bodyOf(value) : undefined;
    return {
      column: text(raw, "name"),
      indirection: convertIndirection(converter, list(raw, "indirection"), depth),
      value: convertExpression(converter, multi === undefined ? value : child(multi, "source")!, depth),
      multi: multi === undefined ? undefined : { index: (multi.colno as number) - 1, count: multi.ncolumns as number },
      position: converter.position(raw),
    };
  });
}

function convertOnConflict(converter: Converter, raw: RawNode, depth: number): OnConflictClause {
  const infer = child(raw, "infer");
  const elementsWhere = infer === undefined ? undefined : child(infer, "whereClause");
  const where = child(raw, "whereClause");
  return {
    action: raw.action === "ONCONFLICT_UPDATE" ? "update" : "nothing",
    constraint: infer === undefined ? undefined : optionalText(infer, "conname"),
    elements: (infer === undefined ? [] : list(infer, "indexElems")).map((item) => {
      const body = bodyOf(item);
      const expr = child(body, "expr");
      return {
        column: optionalText(body, "name"),
        expr: expr === undefined ? undefined : convertExpression(converter, expr, depth),
        opclass: list(body, "opclass").length > 0 || list(body, "collation").length > 0,
        position: body.location === undefined ? 0 : converter.position(body),
      };
    }),
    elementsWhere: elementsWhere === undefined ? undefined : convertExpression(converter, elementsWhere, depth),
    set: convertAssignments(converter, list(raw, "targetList"), depth),
    where: where === undefined ? undefined : convertExpression(converter, where, depth),
    position: converter.position(raw),
  };
}

/** Where a subquery in FROM begins, which the tree does not say: before the first word in it that has a place. */
function openingParenthesis(converter: Converter, raw: RawNode): number {
  let first = Number.POSITIVE_INFINITY;
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== "object") return;
    for (const [key, value] of Object.entries(node)) {
      if (key === "location" && typeof value === "number" && value > 0) first = Math.min(first, converter.locator.position(value));
      else visit(value);
    }
  };
  visit(raw);
  if (first === Number.POSITIVE_INFINITY) return 0;
  const before = converter.source.slice(0, first - 1);
  return ([...before.matchAll(/\(\s*(?:select|values|with|table)\b/gi)].at(-1)?.index ?? -1) + 1;
}
