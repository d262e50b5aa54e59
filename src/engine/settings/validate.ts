/** From what was written in SET to the value kept: PostgreSQL's spellings, units and error texts. */
import { findZone } from "../../functions/index.js";
import {
  DbError,
  encodingName,
  encodingNumber,
  invalidSettingValue,
  notSupported,
  settingNeedsBoolean,
  settingOutOfRange,
} from "../../types/index.js";
import type { SettingDefinition } from "./definitions.js";
import { unchangeable } from "./known-settings.js";

/** `current` fills in what a value leaves open: DateStyle says a style, an order or both. `written`: the name as the statement has it. */
export function validateSetting(definition: SettingDefinition, value: string, current = "ISO, MDY", written = definition.name): string {
  if (unchangeable.has(definition.name) && value !== definition.initial && !isSameBoolean(definition, value))
    throw notSupported(`${definition.name} = ${value}`);
  switch (definition.type) {
    case "bool":
      return refuse(definition, boolean(value, written));
    case "integer":
    case "real":
      return number(definition, value, written);
    case "enum":
      return refuse(definition, enumeration(definition, value, written));
    case "string":
      return text(definition, value, current);
  }
}

/** Units from the smallest up, and how many of each make the next. */
const timeUnits: readonly (readonly [string, number])[] = [
  ["ms", 1000],
  ["s", 60],
  ["min", 60],
  ["h", 24],
  ["d", Infinity],
];
const memoryUnitsUp: readonly (readonly [string, number])[] = [
  ["B", 1024],
  ["kB", 1024],
  ["MB", 1024],
  ["GB", 1024],
  ["TB", Infinity],
];

/** As SHOW prints it: numbers with a unit in the largest unit that divides them. */
export function showSetting(definition: SettingDefinition, value: string): string {
  if (definition.unit === undefined || value === "0" || value === "-1") return value;
  const isTime = definition.unit === "ms" || definition.unit === "s" || definition.unit === "min";
  const chain = isTime ? timeUnits : memoryUnitsUp;
  const base = definition.unit === "8kB" ? "kB" : definition.unit;
  let n = Number(value) * (definition.unit === "8kB" ? 8 : 1);
  const steps = chain.slice(chain.findIndex(([unit]) => unit === base));
  for (const [unit, next] of steps) {
    if (n % next !== 0) return `${n}${unit}`;
    n /= next;
  }
  return value;
}

export function parseBoolean(value: string): boolean | undefined {
  const v = value.trim().toLowerCase();
  if (v === "") return undefined;
  if (v === "on" || v === "1" || "true".startsWith(v) || "yes".startsWith(v)) return true;
  if (v === "of" || v === "off" || v === "0" || "false".startsWith(v) || "no".startsWith(v)) return false;
  return undefined;
}

const isSameBoolean = (definition: SettingDefinition, value: string): boolean =>
  definition.type === "bool" && parseBoolean(value) === (definition.initial === "on");

function boolean(value: string, written: string): string {
  const parsed = parseBoolean(value);
  if (parsed === undefined) throw settingNeedsBoolean(written);
  return parsed ? "on" : "off";
}

function enumeration(definition: SettingDefinition, value: string, written: string): string {
  const values = definition.values ?? [];
  // A spelling that is taken and not listed.
  if (value.toLowerCase() === "debug" && values.includes("debug2")) return "debug2";
  const found = values.find((v) => v === value.toLowerCase());
  if (found !== undefined) return found;
  if (values.includes("on")) {
    const asBoolean = parseBoolean(value);
    if (asBoolean !== undefined) return asBoolean ? "on" : "off";
  }
  throw invalidSettingValue(written, value, `Available values: ${values.join(", ")}.`);
}

const unitFactors: Record<string, Record<string, number>> = {
  ms: { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 },
  s: { us: 0.000001, ms: 0.001, s: 1, min: 60, h: 3600, d: 86_400 },
  min: { us: 1 / 60_000_000, ms: 1 / 60_000, s: 1 / 60, min: 1, h: 60, d: 1440 },
  B: { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 },
  kB: { B: 1 / 1024, kB: 1, MB: 1024, GB: 1024 ** 2, TB: 1024 ** 3 },
  "8kB": { B: 1 / 8192, kB: 1 / 8, MB: 128, GB: 131_072, TB: 134_217_728 },
  MB: { B: 1 / 1024 ** 2, kB: 1 / 1024, MB: 1, GB: 1024, TB: 1024 ** 2 },
};

const INT4_MAX = 2_147_483_647;
const memoryUnits = 'Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".';

function number(definition: SettingDefinition, value: string, written: string): string {
  const match = /^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?0[xX][0-9a-fA-F]+)\s*([a-zA-Z]*)\s*$/.exec(value);
  if (match === null) throw invalidSettingValue(written, value);
  const factors = definition.unit === undefined ? undefined : unitFactors[definition.unit];
  const unit = match[2] as string;
  let factor = 1;
  if (unit !== "") {
    const known = factors?.[unit];
    if (known === undefined) {
      const hint =
        definition.unit === undefined
          ? undefined
          : unitFactors.kB === factors || /B$/.test(definition.unit)
            ? memoryUnits
            : 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".';
      throw invalidSettingValue(written, value, hint);
    }
    factor = known;
  }
  let n = Number(match[1]) * factor;
  if (definition.type === "integer") n = Math.round(n);
  if (definition.type === "integer" && Math.abs(n) > INT4_MAX) throw invalidSettingValue(written, value, "Value exceeds integer range.");
  const suffix = definition.unit === undefined ? "" : ` ${definition.unit}`;
  if (n < (definition.min ?? -Infinity) || n > (definition.max ?? Infinity))
    throw settingOutOfRange(written, `${n}${suffix}`, boundText(definition.min), boundText(definition.max));
  return String(n);
}

/** As C's %g prints a bound of a real parameter. */
function boundText(bound: number | undefined): string {
  const text = String(bound);
  return bound !== undefined && Math.abs(bound) >= 1e6 && !Number.isInteger(Math.log10(bound)) && Math.abs(bound) > INT4_MAX
    ? bound.toPrecision(6).replace(/0+e/, "e").replace("e+", "e+")
    : text;
}

/** Settings whose other values would change results that we do not change. */
function refuse(definition: SettingDefinition, value: string): string {
  const onlyValue: Record<string, string> = {
    standard_conforming_strings: "on",
    default_with_oids: "off",
    transaction_deferrable: value,
    xmloption: value,
  };
  const only = onlyValue[definition.name];
  if (only !== undefined && only !== value) throw notSupported(`${definition.name} = ${value}`);
  return value;
}

function text(definition: SettingDefinition, value: string, current: string): string {
  switch (definition.name) {
    case "TimeZone":
      return timeZone(value);
    case "DateStyle":
      return dateStyle(value, current);
    case "client_encoding":
      return encoding(value);
    case "default_tablespace":
      if (value !== "" && value !== "pg_default")
        throw invalidSettingValue(definition.name, value, undefined, `Tablespace "${value}" does not exist.`);
      return value;
    case "default_table_access_method":
      if (value !== "heap") throw invalidSettingValue(definition.name, value);
      return value;
    default:
      return value;
  }
}

function encoding(value: string): string {
  const name = encodingName(encodingNumber(value));
  if (name === undefined) throw invalidSettingValue("client_encoding", value);
  if (name === "MULE_INTERNAL")
    throw new DbError({
      ...invalidSettingValue("client_encoding", value, undefined, `Conversion between ${name} and UTF8 is not supported.`).fields,
      sqlstate: "0A000",
    });
  return name;
}

let zones: ReadonlyMap<string, string> | undefined;
function timeZone(value: string): string {
  const trimmed = value.trim();
  const lower = trimmed.toLowerCase();
  if (lower === "local" || lower === "default") return "UTC";
  zones ??= new Map(
    [...Intl.supportedValuesOf("timeZone"), "UTC", "GMT", "Etc/UTC", "Etc/GMT", "UCT", "Zulu", "Universal", "EST", "MST", "HST"].map(
      (z) => [z.toLowerCase(), z],
    ),
  );
  const listed = zones.get(lower);
  if (listed !== undefined) return listed;
  const hours = /^[-+]?\d{1,2}(\.\d+)?$/.exec(trimmed);
  if (hours !== null) return offsetZone(Number(trimmed) * 3600);
  if (findZone(trimmed) !== undefined)
    return trimmed
      .split("/")
      .map((part) => (part === part.toLowerCase() && /^[a-z]{4}/.test(part) ? part[0]?.toUpperCase() + part.slice(1) : part))
      .join("/");
  throw invalidSettingValue("TimeZone", value);
}
/** PostgreSQL shows SET TIME ZONE 3 as a POSIX zone, whose sign runs the other way. */
function offsetZone(seconds: number): string {
  const sign = seconds < 0 ? "-" : "+";
  const total = Math.abs(seconds);
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const minutes = total % 3600 === 0 ? "" : `:${two((total % 3600) / 60)}`;
  return `<${sign}${two(total / 3600)}${minutes}>${sign === "-" ? "+" : "-"}${two(total / 3600)}${minutes}`;
}

function dateStyle(value: string, current: string): string {
  const invalid = (detail: string) => invalidSettingValue("DateStyle", value, undefined, detail);
  let style: string | undefined;
  let order: string | undefined;
  let orderOfStyle: string | undefined;
  const set = (part: "style" | "order", to: string): void => {
    const before = part === "style" ? style : order;
    if (before !== undefined && before !== to) throw invalid('Conflicting "datestyle" specifications.');
    if (part === "style") style = to;
    else order = to;
  };
  for (const part of value
    .split(",")
    .map((p) => p.trim().toLowerCase())
    .filter((p) => p !== "")) {
    if (part === "iso") set("style", "ISO");
    else if (part === "sql") set("style", "SQL");
    else if (part.startsWith("postgres")) set("style", "Postgres");
    else if (part.startsWith("german")) {
      set("style", "German");
      orderOfStyle = "DMY"; // unless an order is said too
    } else if (part === "ymd") set("order", "YMD");
    else if (part === "dmy" || part.startsWith("euro")) set("order", "DMY");
    else if (part === "mdy" || part === "us" || part.startsWith("noneuro")) set("order", "MDY");
    else if (part === "default") {
      style ??= "ISO";
      order ??= "MDY";
    } else throw invalid(`Unrecognized key word: "${part}".`);
  }
  const [currentStyle, currentOrder] = current.split(", ") as [string, string];
  return `${style ?? currentStyle}, ${order ?? orderOfStyle ?? currentOrder}`;
}
