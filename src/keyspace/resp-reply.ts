/** A RESP2 reply's bytes to a value, for callers inside the process (SQL functions, the embedded API). */
import { DbError } from "../types/index.js";

export type RespValue = null | number | string | readonly RespValue[];

/** Throws the DbError of an error reply. */
export function parseReply(bytes: Buffer): RespValue {
  let at = 0;
  const line = (): string => {
    const end = bytes.indexOf("\r\n", at);
    const text = bytes.toString("utf8", at, end);
    at = end + 2;
    return text;
  };
  const value = (): RespValue => {
    const head = line();
    const rest = head.slice(1);
    switch (head[0]) {
      case "+":
        return rest;
      case ":":
        return Number(rest);
      case "-":
        throw replyError(rest);
      case "$": {
        const length = Number(rest);
        if (length < 0) return null;
        const text = bytes.toString("utf8", at, at + length);
        at += length + 2;
        return text;
      }
      default: {
        const count = Number(rest);
        if (count < 0) return null;
        return Array.from({ length: count }, value);
      }
    }
  };
  return value();
}

const sqlstates: Readonly<Record<string, string>> = { WRONGTYPE: "42809", READONLY: "25006" };

function replyError(text: string): DbError {
  const space = text.indexOf(" ");
  const prefix = text.slice(0, space);
  const sqlstate = sqlstates[prefix] ?? (/overflow|out of range/.test(text) ? "22003" : "22023");
  return new DbError({ sqlstate, resp: prefix, message: text.slice(space + 1) });
}
