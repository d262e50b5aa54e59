/** PostgreSQL 15's parameters as definitions, for those that definitions.ts does not define itself. */
import type { SettingDefinition } from "./definitions.js";
import { postgresSettings } from "./postgres-settings.js";

/** Parameters that change what statements mean or do, which here stay as they are: other values are refused. */
export const unchangeable: ReadonlySet<string> = new Set([
  "array_nulls", "transform_null_equals", "quote_all_identifiers", "session_preload_libraries", "local_preload_libraries", "temp_tablespaces",
  "zero_damaged_pages", "ignore_checksum_failure", "lo_compat_privileges", "allow_system_table_mods", "default_with_oids",
]); // biome-ignore format: a list

const contexts: Readonly<Record<string, SettingDefinition["context"]>> = {
  internal: "internal",
  postmaster: "postmaster",
  sighup: "sighup",
  backend: "backend",
  "superuser-backend": "backend",
};

export const knownSettings: readonly SettingDefinition[] = postgresSettings
  .trim()
  .split("\n")
  .map((line) => {
    const [name, type, context, unit, min, max, values, initial, category, description, more] = line.split("|") as string[] as [
      string, string, string, string, string, string, string, string, string, string, string,
    ]; // biome-ignore format: one line of the facts
    return {
      name,
      type: type as SettingDefinition["type"],
      initial,
      context: contexts[context] ?? "user",
      shownContext: context,
      category,
      description,
      ...(more === "" ? {} : { more }),
      ...(unit === "" ? {} : { unit: unit as NonNullable<SettingDefinition["unit"]> }),
      ...(min === "" ? {} : { min: Number(min), minText: min }),
      ...(max === "" ? {} : { max: Number(max), maxText: max }),
      ...(values === "" ? {} : { values: values.split(",") }),
    };
  });
