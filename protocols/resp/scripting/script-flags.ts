/** The first line of a script or library, `#!lua name=… flags=…`: engine, name and flags, with Redis' errors. */

export interface ScriptFlags {
  readonly noWrites: boolean;
  readonly allowOom: boolean;
  readonly allowStale: boolean;
  readonly noCluster: boolean;
  readonly allowCrossSlot: boolean;
  /** EVAL without a first line: runs as before Redis 7, each command decides. */
  readonly isCompatible: boolean;
}
export const compatibleFlags: ScriptFlags = {
  noWrites: false,
  allowOom: false,
  allowStale: false,
  noCluster: false,
  allowCrossSlot: false,
  isCompatible: true,
};

const flagNames: Readonly<Record<string, keyof ScriptFlags>> = {
  "no-writes": "noWrites",
  "allow-oom": "allowOom",
  "allow-stale": "allowStale",
  "no-cluster": "noCluster",
  "allow-cross-slot-keys": "allowCrossSlot",
};

/** Undefined: a name that is no flag. */
export function flagsOf(names: readonly string[]): ScriptFlags | undefined {
  const flags: { -readonly [K in keyof ScriptFlags]: boolean } = { ...compatibleFlags, isCompatible: false };
  for (const name of names) {
    const flag = flagNames[name];
    if (flag === undefined) return undefined;
    flags[flag] = true;
  }
  return flags;
}
export const flagTexts = (flags: ScriptFlags): string[] =>
  Object.keys(flagNames).filter((name) => flags[flagNames[name] as keyof ScriptFlags]);

export interface ParsedScript {
  readonly flags: ScriptFlags;
  /** What is compiled: the first line is empty, so that line numbers stay. */
  readonly body: Buffer;
}

/** The error's text (with its code) or the script. */
export function parseScript(source: Buffer): ParsedScript | string {
  if (source[0] !== 0x23 || source[1] !== 0x21) return { flags: compatibleFlags, body: source };
  const end = source.indexOf(10);
  if (end < 0) return "ERR Invalid script shebang";
  const [engine = "", ...options] = source.toString("latin1", 0, end).trim().split(/\s+/);
  if (engine !== "#!lua") return `ERR Unexpected engine in script shebang: ${engine}`;
  let names: string[] = [];
  for (const option of options) {
    if (!option.startsWith("flags=")) return `ERR Unknown lua shebang option: ${option}`;
    names = option
      .slice(6)
      .split(",")
      .filter((name) => name !== "");
    const unknown = names.find((name) => flagsOf([name]) === undefined);
    if (unknown !== undefined) return `ERR Unexpected flag in script shebang: ${unknown}`;
  }
  return { flags: flagsOf(names) ?? compatibleFlags, body: source.subarray(end) };
}
