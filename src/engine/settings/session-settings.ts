/**
 * The settings of one session. A SET lasts until the session ends but is undone when its transaction (or savepoint) rolls
 * back; SET LOCAL is undone at the transaction's end either way.
 */
import {
  DbError,
  invalidSettingName,
  settingIsFixed,
  settingIsOfConnections,
  settingIsServerWide,
  settingNeedsRestart,
  unknownSetting,
} from "../../types/index.js";
import { settingDefinitions, settingsByName } from "./definitions.js";
import { showSetting, validateSetting } from "./validate.js";

interface Undo {
  readonly key: string;
  readonly before: string | undefined;
  readonly local: boolean;
}

export class SessionSettings {
  /** Values that differ from the session's initial ones; keys in lower case. */
  readonly #values = new Map<string, string>();
  readonly #initial = new Map<string, string>();
  /** Parameters with a dot that were SET here, as they were first written; by lower-case name. */
  readonly #custom = new Map<string, string>();
  #undo: Undo[] = [];
  readonly #changed: (name: string, value: string, before: string) => void;
  /** Advances with every change: what depends on settings is cached by it. */
  generation = 0;

  /** `changed` hears of every new value, with the setting's proper name and what it was. */
  constructor(
    changed: (name: string, value: string, before: string) => void,
    /** Parameters that the server decides; asked at each question, as the server's configuration is read again. */
    private readonly server: () => ReadonlyMap<string, string> = () => new Map(),
  ) {
    this.#changed = changed;
  }

  /** Startup parameters: validated like SET, and what RESET goes back to. */
  initialize(name: string, value: string): void {
    const key = name.toLowerCase();
    const definition = settingsByName.get(key);
    if (definition === undefined && !key.includes(".")) throw unknownSetting(name);
    if (definition !== undefined && definition.context !== "user") throw settingIsFixed(definition.name);
    const valid = definition === undefined ? value : validateSetting(definition, value);
    if (key === "search_path") parseSearchPath(valid);
    this.#initial.set(key, valid);
    this.generation++;
    this.#changed(definition?.name ?? key, valid, "");
  }
  /** ALTER ROLE … SET and the like. What this version does not take any more keeps nobody out. */
  initializeStored(name: string, value: string): void {
    try {
      this.initialize(name, value);
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
    }
    if (!settingsByName.has(name.toLowerCase())) this.#custom.set(name, name);
  }
  /** Facts of the session itself (is_superuser, session_authorization). */
  fix(name: string, value: string): void {
    this.#initial.set(name.toLowerCase(), value);
    this.generation++;
  }

  /** The raw value; undefined when there is no such setting. `key` in lower case. */
  raw(key: string): string | undefined {
    const own = this.#values.get(key) ?? this.#initial.get(key);
    return own ?? this.server().get(key) ?? settingsByName.get(key)?.initial ?? (this.#custom.has(key) ? "" : undefined);
  }
  /** The name as it is listed: PostgreSQL's, or as it was first SET. */
  properName(name: string): string {
    const key = alias(name);
    return settingsByName.get(key)?.name ?? this.#custom.get(key) ?? name;
  }
  resetValue(key: string): string {
    return this.#initial.get(key) ?? this.server().get(key) ?? settingsByName.get(key)?.initial ?? "";
  }
  show(name: string): string {
    const key = alias(name);
    const value = this.raw(key);
    if (value === undefined) throw unknownSetting(name);
    const definition = settingsByName.get(key);
    return definition === undefined ? value : showSetting(definition, value);
  }
  /** Every setting in name order, as SHOW ALL lists them. */
  all(): { name: string; value: string; description: string }[] {
    return settingDefinitions
      .map((d) => ({ name: d.name, value: this.show(d.name), description: d.description }))
      .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  }

  /** `null` goes back to the session's initial value. */
  set(name: string, value: string | null, local: boolean): void {
    const key = alias(name);
    const definition = settingsByName.get(key);
    if (definition === undefined) {
      if (!key.includes(".")) throw unknownSetting(name);
      if (!/^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)+$/i.test(name)) throw invalidSettingName(name);
    } else if (definition.context === "internal") throw settingIsFixed(definition.name);
    else if (definition.context === "postmaster") throw settingNeedsRestart(definition.name);
    else if (definition.context === "sighup") throw settingIsServerWide(definition.name);
    else if (definition.context === "backend") throw settingIsOfConnections(definition.name);
    // A parameter of one's own exists from its first SET on, empty when it is reset.
    if (definition === undefined && !this.#custom.has(key)) this.#custom.set(key, name);
    const valid = value === null || definition === undefined ? value : validateSetting(definition, value, this.raw(key), name);
    this.#undo.push({ key, before: this.#values.get(key), local });
    this.#assign(key, valid ?? undefined);
  }
  resetAll(): void {
    for (const key of [...this.#values.keys()])
      if (!key.startsWith("transaction_") && key !== "role" && key !== "session_authorization") this.set(key, null, false);
  }

  /** A new transaction begins: nothing to undo. */
  begin(): void {
    if (this.#undo.length > 0) this.#undo = [];
  }
  mark(): number {
    return this.#undo.length;
  }
  rollbackTo(mark: number): void {
    while (this.#undo.length > mark) {
      const { key, before } = this.#undo.pop() as Undo;
      this.#assign(key, before);
    }
  }
  /** Takes SET LOCAL back; what was SET stays, also when it came before or after a SET LOCAL of the same name. */
  commit(): void {
    if (this.#undo.length === 0) return;
    const final = new Map<string, string | undefined>();
    for (const { key, before } of this.#undo) if (!final.has(key)) final.set(key, before);
    for (let i = 0; i < this.#undo.length; i++) {
      const { key, local } = this.#undo[i] as Undo;
      if (local) continue;
      const later = this.#undo.slice(i + 1).find((u) => u.key === key);
      final.set(key, later === undefined ? this.#values.get(key) : later.before);
    }
    for (const [key, value] of final) if (this.#values.get(key) !== value) this.#assign(key, value);
    this.#undo = [];
  }
  rollback(): void {
    this.rollbackTo(0);
  }

  #assign(key: string, value: string | undefined): void {
    const before = this.raw(key) ?? "";
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    this.generation++;
    this.#changed(settingsByName.get(key)?.name ?? key, this.raw(key) ?? "", before);
  }
}

/** Names that SQL spells in more than one way. */
function alias(name: string): string {
  const key = name.toLowerCase();
  switch (key) {
    case "time zone":
    case "timezone":
      return "timezone";
    case "transaction isolation level":
      return "transaction_isolation";
    case "session characteristics as transaction isolation level":
      return "default_transaction_isolation";
    default:
      return key;
  }
}

/** The schema names of a search_path value: `"$user", public`. Throws 22023 when it is no list. */
export function parseSearchPath(value: string): readonly string[] {
  const names: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(,|$)/gy;
  if (value.trim() === "") return names;
  while (pattern.lastIndex < value.length) {
    const match = pattern.exec(value);
    if (match === null)
      throw new DbError({
        sqlstate: "22023",
        message: `invalid value for parameter "search_path": "${value}"`,
        detail: "List syntax is invalid.",
      });
    names.push(match[1] !== undefined ? match[1].replaceAll('""', '"') : (match[2] as string).toLowerCase());
    if (match[3] === "") break;
  }
  return names;
}
