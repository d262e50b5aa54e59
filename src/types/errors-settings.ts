/** Errors of SET, SHOW and RESET, as PostgreSQL 15 words them. */
import { DbError } from "./errors.js";

export const unknownSetting = (name: string) =>
  new DbError({ sqlstate: "42704", message: `unrecognized configuration parameter "${name}"` });
export const invalidSettingName = (name: string) =>
  new DbError({
    sqlstate: "42602",
    message: `invalid configuration parameter name "${name}"`,
    detail: "Custom parameter names must be two or more simple identifiers separated by dots.",
  });
export const invalidSettingValue = (name: string, value: string, hint?: string, detail?: string) =>
  new DbError({
    sqlstate: "22023",
    message: `invalid value for parameter "${name}": "${value}"`,
    ...(hint === undefined ? {} : { hint }),
    ...(detail === undefined ? {} : { detail }),
  });
export const settingNeedsBoolean = (name: string) =>
  new DbError({ sqlstate: "22023", message: `parameter "${name}" requires a Boolean value` });
export const settingOutOfRange = (name: string, value: string, min: string, max: string) =>
  new DbError({ sqlstate: "22023", message: `${value} is outside the valid range for parameter "${name}" (${min} .. ${max})` });
export const settingIsFixed = (name: string) => new DbError({ sqlstate: "55P02", message: `parameter "${name}" cannot be changed` });
export const settingNeedsRestart = (name: string) =>
  new DbError({ sqlstate: "55P02", message: `parameter "${name}" cannot be changed without restarting the server` });
export const settingIsServerWide = (name: string) =>
  new DbError({ sqlstate: "55P02", message: `parameter "${name}" cannot be changed now` });
export const settingIsOfConnections = (name: string) =>
  new DbError({ sqlstate: "55P02", message: `parameter "${name}" cannot be set after connection start` });
