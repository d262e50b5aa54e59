/**
 * Which relation locks a plan needs, as PostgreSQL takes them: access share on what is read, row share on what FOR UPDATE and its kin lock and on
 * the other side of foreign keys that are looked at, row exclusive on what changes. Asked once per plan.
 */
import type { CatalogSnapshot, ConstraintObject, TableObject } from "../catalog/index.js";
import { LockMode } from "../native/index.js";
import type { AccessNote, LogicalPlan } from "../plan/index.js";
import { FIRST_USER_OID, type Oid } from "../types/index.js";
import type { RelationLock } from "./relation-locks.js";

type ForeignKey = Extract<ConstraintObject, { kind: "foreignKey" }>;

export function planLocks(plan: LogicalPlan, reads: readonly AccessNote[], snapshot: CatalogSnapshot): readonly RelationLock[] {
  const locks = new Locks(snapshot);
  locks.collect(plan);
  for (const { relation, locked } of reads) if (locked === true) locks.lockRows(relation);
  for (const { relation } of reads) locks.read(relation);
  return locks.list();
}

/** Of rows that are put into the table by other means than a plan. */
export function insertLocks(table: TableObject, snapshot: CatalogSnapshot): readonly RelationLock[] {
  const locks = new Locks(snapshot);
  locks.change(table.oid, "insert");
  return locks.list();
}

class Locks {
  readonly #modes = new Map<Oid, Set<LockMode>>();
  /** Tables whose rows may be of all that inherit from them. */
  readonly #appended = new Set<Oid>();
  readonly #changed = new Set<string>();

  constructor(private readonly snapshot: CatalogSnapshot) {}

  /** Plans and expressions are plain trees of data: every node is reached by its properties. */
  collect(node: unknown): void {
    if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return;
    if (Array.isArray(node)) {
      for (const item of node) this.collect(item);
      return;
    }
    const typed = node as LogicalPlan;
    switch (typed.kind) {
      case "AppendScan":
        this.#appended.add(typed.relation);
        break;
      case "Insert":
        this.change(typed.relation, "insert");
        if (typed.onConflict?.action === "update") this.change(typed.relation, "update", typed.onConflict.assignments);
        break;
      case "Update":
        this.change(typed.relation, "update", typed.assignments);
        break;
      case "Delete":
        this.change(typed.relation, "delete");
        break;
      case "Merge":
        this.#add(typed.relation, LockMode.rowExclusive);
        for (const { action } of typed.whens)
          if (action.kind !== "nothing")
            this.change(typed.relation, action.kind, action.kind === "update" ? action.assignments : undefined);
        break;
      default:
        break;
    }
    for (const key in node) {
      // Names and types of columns lock nothing, and every join of thousands has a longer list of them.
      const value = key === "columns" ? undefined : (node as Record<string, unknown>)[key];
      if (typeof value === "object") this.collect(value);
    }
  }
  lockRows(relation: Oid): void {
    if (relation >= FIRST_USER_OID) this.#add(relation, LockMode.rowShare);
  }
  /** Rows that are locked are read under that lock alone. */
  read(relation: Oid): void {
    if (relation < FIRST_USER_OID) return;
    if (this.#modes.get(relation)?.has(LockMode.rowShare) !== true) this.#add(relation, LockMode.accessShare);
  }
  list(): readonly RelationLock[] {
    for (const root of this.#appended) {
      const modes = [...(this.#modes.get(root) ?? [LockMode.accessShare as LockMode])];
      const heirs = new Set([root]);
      for (const oid of heirs) for (const child of this.snapshot.childrenOf(oid)) heirs.add(child.oid);
      for (const oid of heirs) for (const mode of modes) this.#add(oid, mode);
    }
    return [...this.#modes].flatMap(([relation, modes]) => [...modes].map((mode) => ({ relation, mode })));
  }

  #add(relation: Oid, mode: LockMode): void {
    const modes = this.#modes.get(relation);
    if (modes === undefined) this.#modes.set(relation, new Set([mode]));
    else modes.add(mode);
  }
  change(oid: Oid, kind: "insert" | "update" | "delete", assignments?: readonly { readonly attribute: number }[]): void {
    this.#add(oid, LockMode.rowExclusive);
    const attributes = assignments?.map((a) => a.attribute);
    const key = `${oid} ${kind} ${attributes?.join() ?? ""}`;
    const table = this.snapshot.relationByOid(oid);
    if (this.#changed.has(key) || table?.class !== "table") return;
    this.#changed.add(key);
    const touches = (key: readonly number[]) => attributes === undefined || key.some((a) => attributes.includes(a));
    if (kind !== "delete")
      for (const c of this.#constraints(table))
        if (c.kind === "foreignKey" && touches(c.attributes)) this.#add(c.references, LockMode.rowShare);
    if (kind === "insert") return;
    for (const c of this.snapshot.referencing(oid)) {
      if (c.kind !== "foreignKey" || !touches(c.referencedAttributes)) continue;
      const action = (c as ForeignKey)[kind === "delete" ? "onDelete" : "onUpdate"];
      if (action === "noAction" || action === "restrict") this.#add(c.table, LockMode.rowShare);
      else if (kind === "delete" && action === "cascade") this.change(c.table, "delete");
      else
        this.change(
          c.table,
          "update",
          c.attributes.map((attribute) => ({ attribute })),
        );
    }
  }
  #constraints(table: TableObject): readonly ConstraintObject[] {
    return this.snapshot.constraintsOf(table.oid);
  }
}
