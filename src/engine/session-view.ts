/**
 * What names and values mean to a session now: its user, search path, formats and catalog, as its settings and its open transaction have
 * them. All of it is derived, kept until the settings' generation or the catalog moves on.
 */
import { type CatalogSnapshot, type SchemaObject, SessionCatalogReader } from "../catalog/index.js";
import type { PlanContext } from "../execution/index.js";
import { ScopedRegistry } from "../functions/index.js";
import { assert, FIRST_INITDB_OID, FIRST_USER_OID, type FormatContext, type Oid, type SqlType, TypeOid } from "../types/index.js";
import { Access } from "./access.js";
import { policiesFor } from "./row-security.js";
import { sessionServices } from "./services/index.js";
import type { EngineSession } from "./session.js";
import { settingsByName } from "./settings/definitions.js";
import { parseSearchPath } from "./settings/session-settings.js";
import { BoundStoredExpressions } from "./stored-expressions.js";
import { temporarySchemaName } from "./temporary.js";
import type { SessionTransaction } from "./transaction.js";
import type { BindContext, ResultColumn } from "./types.js";

/**
 * Not every operator spills: below this a statement of everyday size would fail where PostgreSQL uses its disk. `orrery.memory_floor` (kB)
 * sets another.
 */
const MEMORY_FLOOR_KILOBYTES = 256 * 1024;

/** What follows from the settings alone. */
interface Derived {
  readonly generation: number;
  readonly format: FormatContext;
  readonly sessionUser: string;
  readonly user: string;
  readonly path: readonly string[];
  readonly memoryLimitBytes: number;
  readonly defaultsToSerializable: boolean;
  /** Whether an idle session or transaction is ended some time. */
  readonly hasIdleLimits: boolean;
  /** Two sessions with the same may share a plan. */
  readonly contextKey: string;
}

export class SessionView {
  readonly #session: EngineSession;
  #derived: Derived | undefined;
  /** SECURITY DEFINER: whose rights a running routine has. */
  #actingAs: string | undefined;
  /** Set once the session has made a schema for temporary objects. */
  usesTemporarySchema = false;
  #catalog: SessionCatalogReader | undefined;
  #catalogPath: readonly string[] = [];
  #stored: BoundStoredExpressions | undefined;
  #registry: ScopedRegistry | undefined;
  #access: { readonly snapshot: CatalogSnapshot; readonly rules: Access } | undefined;

  constructor(session: EngineSession) {
    this.#session = session;
  }

  // ---- of the settings ------------------------------------------------------------------------------------------------

  get now(): Derived {
    const { generation } = this.#session.settings;
    if (this.#derived?.generation !== generation) this.#derived = this.#derive(generation);
    return this.#derived;
  }
  #derive(generation: number): Derived {
    const session = this.#session;
    const raw = (key: string) => session.settings.raw(key) as string;
    const sessionUser = raw("session_authorization");
    const role = raw("role");
    const user = this.#actingAs ?? (role === "none" ? sessionUser : role);
    const path = parseSearchPath(raw("search_path")).map((name) => (name === "$user" ? user : name));
    const floor = Number(session.settings.raw("orrery.memory_floor") ?? MEMORY_FLOOR_KILOBYTES);
    const planner = [...settingsByName.values()]
      .filter((d) => d.name.startsWith("enable_"))
      .map((d) => (raw(d.name) === "on" ? "1" : "0"))
      .join("");
    return {
      generation,
      format: {
        timeZone: raw("timezone"),
        dateStyle: raw("datestyle"),
        intervalStyle: raw("intervalstyle"),
        extraFloatDigits: Number(raw("extra_float_digits")),
        byteaOutput: raw("bytea_output") as "hex" | "escape",
        get transactionTimeMicros(): number {
          return session.block?.startMicros ?? session.statementStartMicros;
        },
        // Input of regclass and its kin asks the catalog, also while a literal is bound.
        service: (name: string) => sessionServices(session, undefined, name),
      } as FormatContext,
      sessionUser,
      user,
      path,
      memoryLimitBytes: Math.max(Number(raw("work_mem")), floor > 0 ? floor : MEMORY_FLOOR_KILOBYTES) * 1024,
      defaultsToSerializable: raw("default_transaction_isolation") === "serializable",
      hasIdleLimits: ["idle_session_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"].some((n) => Number(raw(n)) > 0),
      contextKey: JSON.stringify([
        path,
        raw("timezone"),
        raw("datestyle"),
        raw("intervalstyle"),
        raw("extra_float_digits"),
        raw("bytea_output"),
        user,
        raw("row_security"),
        planner,
        this.usesTemporarySchema ? session.id : 0,
      ]),
    };
  }
  /** SECURITY DEFINER, SET ROLE. Gives how to go back. */
  actAs(user: string): () => void {
    const before = this.#actingAs;
    this.#actingAs = user;
    this.#derived = undefined;
    return () => {
      this.#actingAs = before;
      this.#derived = undefined;
    };
  }
  /** From now on names of temporary objects are looked up, and cached plans are the session's own. */
  useTemporarySchema(): void {
    if (this.usesTemporarySchema) return;
    this.usesTemporarySchema = true;
    this.#derived = undefined;
    this.#catalog = undefined;
  }

  // ---- of the catalog -------------------------------------------------------------------------------------------------

  /** As a statement of `transaction` sees it; undefined: what is committed. */
  catalogIn(transaction: SessionTransaction | undefined): SessionCatalogReader {
    const { store, systemRelations } = this.#session.database;
    const committed = store.current();
    const snapshot = transaction === undefined ? committed : transaction.overlay.over(committed);
    const { path } = this.now;
    if (this.#catalog === undefined || this.#catalog.snapshot !== snapshot || this.#catalogPath !== path) {
      const temporary = this.usesTemporarySchema ? temporarySchemaName(this.#session) : undefined;
      this.#catalog = new SessionCatalogReader(snapshot, path, systemRelations, this.#hiddenSchemas(snapshot), temporary);
      this.#catalogPath = path;
      this.#stored = undefined;
    }
    return this.#catalog;
  }
  /** The one that catalogIn gave last, without asking the addon whether there is a newer one: planning has asked. */
  get catalogJustRead(): SessionCatalogReader {
    assert(this.#catalog !== undefined, "a statement that runs was planned");
    return this.#catalog;
  }
  /** Types, functions, operators and casts as `catalog` has them. */
  registry(catalog: SessionCatalogReader): ScopedRegistry {
    if (this.#registry === undefined || this.#registry.catalog !== catalog)
      this.#registry = new ScopedRegistry(this.#session.database.registry, catalog);
    return this.#registry;
  }
  access(snapshot: CatalogSnapshot): Access {
    if (this.#access?.snapshot !== snapshot) this.#access = { snapshot, rules: new Access(snapshot) };
    return this.#access.rules;
  }
  /** Schemas that the user may not look into; undefined: a superuser. */
  #hiddenSchemas(snapshot: CatalogSnapshot): ((schema: SchemaObject) => boolean) | undefined {
    const role = snapshot.role(this.now.user);
    if (role === undefined || role.superuser) return undefined;
    const rules = this.access(snapshot);
    return (schema) => !rules.may(role.oid, schema, "U");
  }
  storedExpressions(catalog: SessionCatalogReader): BoundStoredExpressions {
    if (this.#stored !== undefined && this.#catalog === catalog) return this.#stored;
    const { database, databaseName } = this.#session;
    const stored = new BoundStoredExpressions({
      frontEnd: database.frontEnd,
      catalog,
      format: this.now.format,
      currentUser: this.now.user,
      currentDatabase: databaseName,
      registry: this.registry(catalog),
    });
    if (this.#catalog === catalog) this.#stored = stored;
    return stored;
  }
  /** What the binder asks about a table with row level security. */
  policiesIn(catalog: SessionCatalogReader): NonNullable<BindContext["policiesFor"]> {
    return (table, owner) => {
      const role = owner ?? catalog.snapshot.role(this.now.user)?.oid ?? 0;
      const isOn = this.#session.settings.raw("row_security") !== "off";
      return policiesFor(table, role, catalog.snapshot, this.access(catalog.snapshot), isOn);
    };
  }
  planContext(catalog: SessionCatalogReader): PlanContext {
    const { database, settings } = this.#session;
    return {
      catalog,
      registry: this.registry(catalog),
      statistics: database.statistics,
      settings: { setting: (name) => settings.raw(name.toLowerCase()) },
      stored: this.storedExpressions(catalog),
      mayRead: (user, table, attribute) => {
        const role = catalog.snapshot.role(user)?.oid ?? 0;
        const access = this.access(catalog.snapshot);
        return attribute === 0 ? access.may(role, table, "r") : access.mayColumn(role, table, attribute, "r");
      },
    };
  }
  typeOf(oid: Oid, catalog: () => SessionCatalogReader): SqlType {
    const isBuiltIn = oid < FIRST_USER_OID && oid !== TypeOid.record && oid !== TypeOid.recordArray;
    const type = (isBuiltIn ? this.#session.database.registry : this.registry(catalog())).typeByOid(oid);
    assert(type !== undefined, "a result's type is known");
    return type;
  }
  /** Clients see a domain's column as its base type's. */
  sentAs(columns: readonly ResultColumn[], catalog: SessionCatalogReader): readonly ResultColumn[] {
    if (columns.every((c) => c.type < FIRST_INITDB_OID)) return columns;
    const registry = this.registry(catalog);
    return columns.map((column) => {
      let { type, typmod } = column;
      for (let base = registry.typeByOid(type)?.base; base !== undefined; base = registry.typeByOid(type)?.base) {
        type = base.type;
        if (typmod < 0) typmod = base.typmod;
      }
      return type === column.type ? column : { ...column, type, typmod };
    });
  }
}
