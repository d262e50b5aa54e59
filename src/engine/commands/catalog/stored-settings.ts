/** ALTER ROLE … SET and ALTER DATABASE … SET: what new sessions begin with. */

import type { DatabaseObject, StoredSetting } from "../../../catalog/index.js";
import { isPredefinedRole } from "../../../catalog/index.js";
import type { Command } from "../../../plan/index.js";
import { DbError, roleFixed, settingIsFixed, settingNeedsRestart, unknownSetting } from "../../../types/index.js";
import { settingsByName } from "../../settings/definitions.js";
import { validateSetting } from "../../settings/validate.js";
import type { DefinitionContext } from "../context.js";
import { requireOwner, requireRole, roleOf } from "./ownership.js";

export function alterRoleSettings(context: DefinitionContext, command: Extract<Command, { kind: "AlterRoleSettings" }>): void {
  if (command.role === undefined) throw new DbError({ sqlstate: "0A000", message: "ALTER ROLE ALL is not supported" });
  const role = requireRole(context, command.role);
  if (isPredefinedRole(role.oid)) throw roleFixed(role.name);
  const me = roleOf(context);
  if (!me.superuser && me.oid !== role.oid && !(me.createrole && !role.superuser))
    throw new DbError({ sqlstate: "42501", message: "permission denied" });
  const database = command.database === undefined ? undefined : requireDatabase(context, command.database).oid;
  const { settings: old = [], ...rest } = role;
  const own = changed(
    old.filter((s) => s.database === database),
    command,
  ).map((s) => (database === undefined ? s : { ...s, database }));
  const settings = [...old.filter((s) => s.database !== database), ...own];
  context.put(settings.length === 0 ? rest : { ...rest, settings });
}

export function alterDatabaseSettings(context: DefinitionContext, command: Extract<Command, { kind: "AlterDatabaseSettings" }>): void {
  const database = requireDatabase(context, command.database);
  requireOwner(context, database);
  const { settings: old = [], ...rest } = database;
  const settings = changed(old, command);
  context.put(settings.length === 0 ? rest : { ...rest, settings });
}

function requireDatabase(context: DefinitionContext, name: string): DatabaseObject {
  const database = context.snapshot.database(name);
  if (database === undefined) throw new DbError({ sqlstate: "3D000", message: `database "${name}" does not exist` });
  return database;
}

/** `value` null: RESET, of all with the name "all". */
function changed(
  old: readonly StoredSetting[],
  { name: written, value }: { readonly name: string; readonly value: string | null },
): StoredSetting[] {
  const name = written.toLowerCase();
  const others = old.filter((s) => s.name.toLowerCase() !== name);
  if (value === null) return name === "all" ? [] : others;
  const definition = settingsByName.get(name);
  if (definition === undefined && !name.includes(".")) throw unknownSetting(written);
  if (definition?.context === "internal") throw settingIsFixed(definition.name);
  if (definition?.context === "postmaster" || definition?.context === "sighup") throw settingNeedsRestart(definition.name);
  if (definition !== undefined) validateSetting(definition, value);
  // In its place, as PostgreSQL keeps the order in which they were first set.
  const next = { name: definition?.name ?? name, value };
  return others.length === old.length ? [...old, next] : old.map((s) => (s.name.toLowerCase() === name ? next : s));
}
