/**
 * Which relation locks a definition command takes before it does anything, in PostgreSQL's modes (its AlterTableGetLockLevel for ALTER TABLE).
 * Names that lead nowhere need no lock: the command says so itself.
 */
import type { CatalogObject, TableObject } from "../../catalog/index.js";
import { LockMode } from "../../native/index.js";
import type { AlterTableAction, Command, ConstraintDefinition, QualifiedName } from "../../plan/index.js";
import { FIRST_USER_OID, type Oid } from "../../types/index.js";
import type { RelationLock } from "../relation-locks.js";
import type { DefinitionContext } from "./context.js";
import { withHeirs } from "./inheritance.js";

export function commandLocks(context: DefinitionContext, command: Command): readonly RelationLock[] {
  const locks = new CommandLocks(context);
  collect(locks, command);
  return locks.list;
}

function collect(locks: CommandLocks, command: Command): void {
  switch (command.kind) {
    case "AlterTable":
      return alterTable(locks, command);
    case "Rename":
      if (command.object === "schema") return;
      return locks.named(command.name, renameMode(locks, command), command.object === "column" && command.only !== true);
    case "SetSchema":
      return locks.named(command.name, LockMode.accessExclusive);
    case "Drop":
      for (const name of command.names) {
        if (command.object === "schema") locks.contents(name.name);
        else if (command.object !== "extension") locks.dropped(locks.find(name), command.cascade);
      }
      return;
    case "Truncate":
      for (const name of command.tables) locks.truncated(locks.find(name), name.only !== true, command.cascade);
      return;
    case "CreateIndex":
      return locks.named(command.table, command.concurrently ? LockMode.shareUpdateExclusive : LockMode.share, command.only !== true);
    case "CreateTable": {
      for (const parent of command.parents ?? [])
        locks.add(parent, command.bound === undefined ? LockMode.shareUpdateExclusive : LockMode.accessExclusive);
      for (const { source } of command.likes ?? []) locks.add(source, LockMode.accessShare);
      return locks.references(command.constraints);
    }
    case "CreateView":
      locks.named(command.name, LockMode.accessExclusive);
      for (const oid of command.dependsOn) locks.add(oid, LockMode.accessShare);
      return;
    case "AlterSequence":
      return locks.named(command.name, LockMode.shareRowExclusive);
    case "RefreshMaterialized":
      return locks.named(command.name, command.concurrently ? LockMode.exclusive : LockMode.accessExclusive);
    case "Cluster":
      if (command.table !== undefined) locks.named(command.table, LockMode.accessExclusive);
      return;
    case "Reindex": {
      if (command.object !== "index") return command.object === "table" ? locks.named(command.name, LockMode.share, true) : undefined;
      const index = locks.find(command.name);
      if (index?.class !== "index") return;
      locks.add(index.table, LockMode.share);
      return locks.add(index.oid, LockMode.accessExclusive);
    }
    default:
      return;
  }
}

class CommandLocks {
  readonly #modes = new Map<Oid, Set<LockMode>>();
  constructor(private readonly context: DefinitionContext) {}

  get list(): readonly RelationLock[] {
    return [...this.#modes].flatMap(([relation, modes]) => [...modes].map((mode) => ({ relation, mode })));
  }
  find(name: QualifiedName): CatalogObject | undefined {
    const found = this.context.find(name);
    return found?.class === "system" ? undefined : found;
  }
  add(oid: Oid, mode: LockMode): void {
    if (oid < FIRST_USER_OID) return;
    const object = this.context.snapshot.object(oid);
    if (object?.class !== "table" && object?.class !== "view" && object?.class !== "index" && object?.class !== "sequence") return;
    const modes = this.#modes.get(oid);
    if (modes === undefined) this.#modes.set(oid, new Set([mode]));
    else modes.add(mode);
  }
  named(name: QualifiedName, mode: LockMode, withChildren = false): void {
    const object = this.find(name);
    if (object === undefined) return;
    this.add(object.oid, mode);
    if (withChildren && object.class === "table") for (const table of withHeirs(this.context, object)) this.add(table.oid, mode);
  }
  /** The tables that the foreign keys of a definition point to. */
  references(constraints: readonly ConstraintDefinition[]): void {
    for (const c of constraints) if (c.kind === "foreignKey") this.named(c.references, LockMode.shareRowExclusive);
  }
  contents(schema: string): void {
    const found = this.context.snapshot.schema(schema);
    if (found === undefined) return;
    for (const object of this.context.snapshot.objects())
      if ("schema" in object && object.schema === found.oid) this.add(object.oid, LockMode.accessExclusive);
  }
  dropped(object: CatalogObject | undefined, cascade: boolean): void {
    if (object === undefined || this.#modes.get(object.oid)?.has(LockMode.accessExclusive) === true) return;
    // An index goes under a lock of its table, a foreign key under locks of both its tables.
    if (object.class === "index") this.add(object.table, LockMode.accessExclusive);
    this.add(object.oid, LockMode.accessExclusive);
    const { snapshot } = this.context;
    if (object.class === "table") {
      for (const c of snapshot.constraintsOf(object.oid)) if (c.kind === "foreignKey") this.add(c.references, LockMode.accessExclusive);
      if (cascade) for (const c of snapshot.referencing(object.oid)) this.add(c.table, LockMode.accessExclusive);
      if (object.partition !== undefined) for (const parent of object.parents ?? []) this.add(parent, LockMode.accessExclusive);
      if (cascade || object.partitioned !== undefined) for (const child of snapshot.childrenOf(object.oid)) this.dropped(child, cascade);
    }
    if (cascade && (object.class === "table" || object.class === "view")) {
      for (const view of snapshot.viewsOf(object.oid)) this.dropped(view, true);
      for (const view of snapshot.materializedViewsOf(object.oid)) this.dropped(view, true);
    }
  }
  truncated(object: CatalogObject | undefined, withChildren: boolean, cascade: boolean): void {
    if (object?.class !== "table" || this.#modes.has(object.oid)) return;
    const tables: readonly TableObject[] = withChildren ? withHeirs(this.context, object) : [object];
    for (const table of tables) this.add(table.oid, LockMode.accessExclusive);
    if (!cascade) return;
    for (const table of tables)
      for (const c of this.context.snapshot.referencing(table.oid)) this.truncated(this.context.snapshot.object(c.table), true, true);
  }
}

function renameMode(locks: CommandLocks, command: Extract<Command, { kind: "Rename" }>): LockMode {
  return locks.find(command.name)?.class === "index" ? LockMode.shareUpdateExclusive : LockMode.accessExclusive;
}

function alterTable(locks: CommandLocks, command: Extract<Command, { kind: "AlterTable" }>): void {
  let mode: LockMode = LockMode.accessShare;
  for (const action of command.actions) {
    const needed = modeOf(action);
    if (needed > mode) mode = needed;
  }
  locks.named(command.name, mode, command.only !== true);
  for (const action of command.actions) {
    if (action.kind === "addConstraint") locks.references([action.constraint]);
    else if (action.kind === "addColumn") locks.references(action.constraints);
    else if (action.kind === "attachPartition" || action.kind === "detachPartition")
      locks.named(action.partition, LockMode.accessExclusive, true);
    else if (action.kind === "inherit" || action.kind === "noInherit") locks.named(action.parent, LockMode.shareUpdateExclusive);
    else if (action.kind === "attachIndex") locks.named(action.index, LockMode.accessExclusive);
  }
}

function modeOf(action: AlterTableAction): LockMode {
  switch (action.kind) {
    case "addConstraint":
      return action.constraint.kind === "foreignKey" ? LockMode.shareRowExclusive : LockMode.accessExclusive;
    case "columnFact":
      return action.fact === "statistics" ? LockMode.shareUpdateExclusive : LockMode.accessExclusive;
    case "trigger":
      return LockMode.shareRowExclusive;
    case "validateConstraint":
    case "setOptions":
    case "resetOptions":
    case "columnOptions":
    case "clusterOn":
    case "attachPartition":
    case "attachIndex":
    case "noOp":
      return LockMode.shareUpdateExclusive;
    case "detachPartition":
      return action.concurrently ? LockMode.shareUpdateExclusive : LockMode.accessExclusive;
    default:
      return LockMode.accessExclusive;
  }
}
