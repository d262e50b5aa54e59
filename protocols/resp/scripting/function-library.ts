/** The first line of a function library: `#!lua name=mylib`. */
const badName = "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";
export const isFunctionName = (name: string) => /^[A-Za-z0-9_]+$/.test(name);

export interface LibraryHead {
  readonly name: string;
  /** The code with an empty first line. */
  readonly body: Buffer;
}

/** The error's text after "ERR " or the head. */
export function parseLibrary(code: Buffer): LibraryHead | string {
  if (code[0] !== 0x23 || code[1] !== 0x21) return "Missing library metadata";
  const end = code.indexOf(10);
  if (end < 0) return "Invalid library metadata";
  const [engine = "", ...options] = code.toString("latin1", 0, end).trim().split(/\s+/);
  let name: string | undefined;
  for (const option of options) {
    if (!/^name=/i.test(option)) return `Invalid metadata value given: ${option}`;
    if (name !== undefined) return "Invalid metadata value, name argument was given multiple times";
    name = option.slice(5);
  }
  if (name === undefined) return "Library name was not given";
  if (!isFunctionName(name)) return badName;
  if (engine.slice(2).toLowerCase() !== "lua") return `Engine '${engine.slice(2)}' not found`;
  return { name, body: code.subarray(end) };
}
export { badName as badFunctionName };
