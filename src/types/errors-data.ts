/** Errors of values: input, conversion, arithmetic. Texts are PostgreSQL 15's. */
import { DbError } from "./errors.js";

export const invalidInput = (type: string, text: string, detail?: string) =>
  new DbError({
    sqlstate: "22P02",
    message: `invalid input syntax for type ${type}: "${text}"`,
    ...(detail === undefined ? {} : { detail }),
  });
export const inputOutOfRange = (type: string, text: string) =>
  new DbError({ sqlstate: "22003", message: `value "${text}" is out of range for type ${type}` });
/** `type` as PostgreSQL says it: smallint, integer, bigint, oid, interval… */
export const outOfRange = (type: string) => new DbError({ sqlstate: "22003", message: `${type} out of range` });
export const floatOverflow = () => outOfRange("value");
export const floatRangeError = (kind: "overflow" | "underflow") =>
  new DbError({ sqlstate: "22003", message: `value out of range: ${kind}` });
export const divisionByZero = () => new DbError({ sqlstate: "22012", message: "division by zero" });
export const numericOverflow = () => new DbError({ sqlstate: "22003", message: "value overflows numeric format" });
export const numericFieldOverflow = (detail: string) => new DbError({ sqlstate: "22003", message: "numeric field overflow", detail });
export const cannotConvert = (value: string, type: string) =>
  new DbError({ sqlstate: "0A000", message: `cannot convert ${value} to ${type}` });
export const invalidDatetime = (type: string, text: string) =>
  new DbError({ sqlstate: "22007", message: `invalid input syntax for type ${type}: "${text}"` });
export const datetimeFieldOverflow = (text: string, hint?: string) =>
  new DbError({ sqlstate: "22008", message: `date/time field value out of range: "${text}"`, ...(hint === undefined ? {} : { hint }) });
export const datetimeOutOfRange = (type: string, text?: string) =>
  new DbError({ sqlstate: "22008", message: text === undefined ? `${type} out of range` : `${type} out of range: "${text}"` });
export const intervalOutOfRange = () => new DbError({ sqlstate: "22008", message: "interval out of range" });
export const unknownTimeZone = (name: string) => new DbError({ sqlstate: "22023", message: `time zone "${name}" not recognized` });
export const invalidParameter = (message: string, hint?: string) =>
  new DbError({ sqlstate: "22023", message, ...(hint === undefined ? {} : { hint }) });
export const stringTooLong = (type: string, limit: number) =>
  new DbError({ sqlstate: "22001", message: `value too long for type ${type}(${limit})` });
export const malformedArray = (text: string, detail?: string) =>
  new DbError({ sqlstate: "22P02", message: `malformed array literal: "${text}"`, ...(detail === undefined ? {} : { detail }) });
export const arraySubscriptError = (message: string) => new DbError({ sqlstate: "2202E", message });
export const nullNotAllowed = (message: string) => new DbError({ sqlstate: "22004", message });
const INCORRECT_BINARY = "incorrect binary data format";
/** A type's receive function has not read the whole value: whoever called it knows which value that is. */
export const incorrectBinary = () => invalidBinary(INCORRECT_BINARY);
export const isIncorrectBinary = (error: unknown): boolean => error instanceof DbError && error.message === INCORRECT_BINARY;
export const invalidBinary = (message: string) => new DbError({ sqlstate: "22P03", message });
export const protocolViolation = (message: string) => new DbError({ sqlstate: "08P01", message });
export const invalidRegex = (reason: string) => new DbError({ sqlstate: "2201B", message: `invalid regular expression: ${reason}` });
export const invalidEscape = (message: string, hint?: string) =>
  new DbError({ sqlstate: "22025", message, ...(hint === undefined ? {} : { hint }) });
export const invalidJson = (type: string, detail: string, where: string) =>
  new DbError({ sqlstate: "22P02", message: `invalid input syntax for type ${type}`, detail, where });
export const undefinedObject = (sqlstate: string, message: string) => new DbError({ sqlstate, message });
export const dataError = (sqlstate: string, message: string, detail?: string, hint?: string) =>
  new DbError({ sqlstate, message, ...(detail === undefined ? {} : { detail }), ...(hint === undefined ? {} : { hint }) });

/** `key`: as JSON, where the text names it. */
export const duplicateJsonKey = (key?: string) =>
  new DbError({ sqlstate: "22030", message: `duplicate JSON object key value${key === undefined ? "" : `: ${key}`}` });
