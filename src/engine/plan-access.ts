/**
 * What a bound statement needs permission for, and whether its user has it. Asked when a plan is made and only for users who are no
 * superusers: a plan is made anew when privileges or memberships change, since those are catalog changes like any other.
 */
import type { CatalogObject, CatalogSnapshot, SessionCatalogReader } from "../catalog/index.js";
import { routineId } from "../functions/index.js";
import type { AccessNote, BoundStatement, Delete, Filter, Insert, LogicalPlan, Merge, Update, ViewPassages } from "../plan/index.js";
import type { Oid } from "../types/index.js";
import { type Access, closedRelationDenied, permissionDenied } from "./access.js";

interface Uses {
  readonly ids: Set<number>;
  readonly routines: Set<Oid>;
  readonly changes: Extract<LogicalPlan, { kind: "Insert" | "Update" | "Delete" | "Merge" }>[];
}

/** Plans and expressions are plain trees of data: every node is reached by its properties. */
function collect(node: unknown, uses: Uses): void {
  if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return;
  if (Array.isArray(node)) {
    for (const item of node) collect(item, uses);
    return;
  }
  const typed = node as { readonly kind?: unknown; readonly id?: unknown; readonly functionId?: unknown };
  switch (typed.kind) {
    case "Constant":
    case "Parameter":
      return;
    case "ColumnReference":
      uses.ids.add(typed.id as number);
      return;
    case "Filter":
      if ((node as Filter).barrier === true) return collectGuarded(node as Filter, uses);
      break;
    case "Insert":
    case "Merge":
    case "Update":
    case "Delete":
      uses.changes.push(node as Uses["changes"][number]);
      break;
    default:
      break;
  }
  if (typeof typed.functionId === "string") {
    const oid = routineId.oidOf(typed.functionId);
    if (oid !== undefined) uses.routines.add(oid);
  }
  for (const value of Object.values(node)) if (typeof value === "object") collect(value, uses);
}

/** What a policy reads of its own table, its users need no permission for. */
function collectGuarded(filter: Filter, uses: Uses): void {
  const own: Uses = { ids: new Set(), routines: uses.routines, changes: uses.changes };
  collect(filter.predicate, own);
  const row = new Set<number>(filter.input.columns.map((c) => c.id));
  for (const id of own.ids) if (!row.has(id)) uses.ids.add(id);
  collect(filter.input, uses);
}

/** Every plan that running the statement runs. A view's query is checked when the view is read. */
function plansIn(statement: BoundStatement): LogicalPlan[] {
  if (statement.body.kind === "Plan") return [statement.body.plan];
  if (statement.body.kind !== "Command") return [];
  const { command } = statement.body;
  if (command.kind === "CreateView") return [];
  if (command.kind === "Explain") return plansIn(command.statement);
  return "query" in command && typeof command.query === "object" ? [command.query as LogicalPlan] : [];
}
/** The columns that the statement itself mentions; not those that views below it read. */
export function columnsRead(statement: BoundStatement): { readonly relation: Oid; readonly attribute: number }[] {
  const uses: Uses = { ids: new Set(), routines: new Set(), changes: [] };
  for (const plan of plansIn(statement)) {
    collect(plan, uses);
    for (const column of plan.columns) uses.ids.add(column.id);
  }
  return (statement.reads ?? []).flatMap(({ relation, view, columns }) =>
    view === 0 ? columns.filter((c) => uses.ids.has(c.id)).map(({ attribute }) => ({ relation, attribute })) : [],
  );
}
/** Throws 42501 when the user may not do what the statement does. Superusers are not asked. */
export function checkStatementAccess(statement: BoundStatement, catalog: SessionCatalogReader, access: Access, userName: string): void {
  const role = catalog.snapshot.role(userName);
  if (role === undefined || role.superuser) return;
  for (const plan of plansIn(statement)) checkPlanAccess(plan, statement.reads ?? [], catalog, access, role.oid);
}

function checkPlanAccess(plan: LogicalPlan, notes: readonly AccessNote[], catalog: SessionCatalogReader, access: Access, user: Oid): void {
  const uses: Uses = { ids: new Set(), routines: new Set(), changes: [] };
  collect(plan, uses);
  // Columns that leave the statement are read too.
  for (const column of plan.columns) uses.ids.add(column.id);
  const { snapshot } = catalog;
  const roleFor = (note: AccessNote): Oid => {
    const view = note.view === 0 ? undefined : snapshot.object(note.view);
    return view !== undefined && "owner" in view ? view.owner : user;
  };
  for (const note of notes) {
    const object = snapshot.object(note.relation);
    if (object === undefined) {
      const system = catalog.relationByOid(note.relation);
      if (system?.class === "system" && !access.mayReadSystem(roleFor(note), system.name)) throw closedRelationDenied(system.name);
      continue;
    }
    const read = note.columns.filter((c) => uses.ids.has(c.id)).map((c) => c.attribute);
    requireColumns(access, roleFor(note), object, "r", read, true);
    if (note.locked === true) requireColumns(access, roleFor(note), object, "w", [], true);
  }
  for (const change of uses.changes) {
    const object = snapshot.object(change.relation);
    if (object === undefined) continue;
    if (change.kind === "Merge") requireMergeRights(access, user, object, change);
    else {
      const writes = writesOf(change);
      const asRole = throughViews(change.through, writes, user, access, snapshot);
      for (const { letter, attributes } of writes) requireColumns(access, asRole, object, letter, attributes, letter !== "d");
      if (change.through !== undefined) {
        if (change.through.read.length > 0) requireColumns(access, asRole, object, "r", change.through.views.at(-1)?.reads ?? [], true);
        continue;
      }
      const inConflict = change.kind === "Insert" ? (change.onConflict?.reads ?? []) : [];
      if (inConflict.length > 0) requireColumns(access, user, object, "r", inConflict, false);
    }
    const old = change.kind === "Insert" ? [] : change.oldRow;
    const live = object.class === "table" ? object.attributes.filter((a) => !a.dropped).map((a) => a.number) : [];
    const read = [old, change.returning?.row ?? [], change.returning?.other ?? []].flatMap((row) =>
      row.flatMap((column, i) => (uses.ids.has(column.id) ? [row.length === live.length ? (live[i] ?? i + 1) : i + 1] : [])),
    );
    if (read.length > 0) requireColumns(access, user, object, "r", read, false);
  }
  for (const oid of uses.routines) {
    const object = snapshot.object(oid);
    if (object !== undefined && !access.may(user, object, "X")) throw permissionDenied(object);
  }
}

interface Write {
  readonly letter: "a" | "w" | "d";
  readonly attributes: readonly number[];
}
function writesOf(change: Insert | Update | Delete): readonly Write[] {
  if (change.kind === "Delete") return [{ letter: "d", attributes: [] }];
  if (change.kind === "Update") return [{ letter: "w", attributes: change.assignments.map((a) => a.attribute) }];
  const inserted: Write = { letter: "a", attributes: change.given };
  if (change.onConflict?.action !== "update") return [inserted];
  return [inserted, { letter: "w", attributes: change.onConflict.assignments.map((a) => a.attribute) }];
}
/**
 * Each view is asked for whoever stands before it, and stands for its owner before what it reads. Gives who stands before the table. Where the
 * statement reads anything, a view reads all that its query mentions.
 */
function throughViews(
  through: ViewPassages | undefined,
  writes: readonly Write[],
  user: Oid,
  access: Access,
  snapshot: CatalogSnapshot,
): Oid {
  let role = user;
  let read = through?.read ?? [];
  const isRead = read.length > 0;
  let written = { a: through?.inserted ?? [], w: through?.updated ?? [], d: [] as readonly number[] };
  for (const { view: oid, columns, reads } of through?.views ?? []) {
    const view = snapshot.object(oid);
    if (view?.class !== "view") continue;
    for (const { letter } of writes) requireColumns(access, role, view, letter, written[letter], letter !== "d");
    const below = (list: readonly number[]): readonly number[] => list.map((column) => columns[column - 1] ?? 0);
    written = { a: below(written.a), w: below(written.w), d: [] };
    if (isRead) requireColumns(access, role, view, "r", read, true);
    read = reads;
    const invoker = view.options?.security_invoker;
    role = invoker === "true" || invoker === "on" ? user : view.owner;
  }
  return role;
}
/** What each clause does; the target is read whatever they do. */
function requireMergeRights(access: Access, user: Oid, object: CatalogObject, merge: Merge): void {
  requireColumns(access, user, object, "r", [], true);
  for (const { action } of merge.whens) {
    if (action.kind === "delete") requireColumns(access, user, object, "d", [], false);
    else if (action.kind === "insert") requireColumns(access, user, object, "a", action.given, false);
    else if ("assignments" in action)
      requireColumns(
        access,
        user,
        object,
        "w",
        action.assignments.map((a) => a.attribute),
        false,
      );
  }
}
function requireColumns(
  access: Access,
  role: Oid,
  object: CatalogObject,
  letter: string,
  attributes: readonly number[],
  anyColumn: boolean,
): void {
  if (access.may(role, object, letter)) return;
  const byColumns =
    attributes.length > 0
      ? attributes.every((attribute) => access.mayColumn(role, object, attribute, letter))
      : anyColumn && access.mayAnyColumn(role, object, letter);
  if (!byColumns) throw permissionDenied(object);
}
