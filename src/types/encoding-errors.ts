/** Errors of text that cannot be read or written in an encoding, as PostgreSQL words them. */
import { DbError } from "./errors.js";

const inHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(" ");

export const invalidBytes = (bytes: Uint8Array, encoding: string) =>
  new DbError({ sqlstate: "22021", message: `invalid byte sequence for encoding "${encoding}": ${inHex(bytes)}` });
export const noEquivalent = (bytes: Uint8Array, from: string, to: string) =>
  new DbError({
    sqlstate: "22P05",
    message: `character with byte sequence ${inHex(bytes)} in encoding "${from}" has no equivalent in encoding "${to}"`,
  });
export const noConversion = (from: string, to: string) =>
  new DbError({ sqlstate: "42883", message: `default conversion function for encoding "${from}" to "${to}" does not exist` });
