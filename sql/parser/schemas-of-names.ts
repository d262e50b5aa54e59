/**
 * What binding found the names of functions, types, operators and collations to mean, so that stored SQL names them with their schema and
 * means the same under another search path, and so that they are found in it when they are renamed. PostgreSQL's own are found under every
 * path and are not here.
 *
 * Keys are the syntax tree's: the list of a name's parts, or the expression of an operator. Binding the tree again replaces what is known.
 */
interface Found {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}
const found = new WeakMap<object, Found>();

/** Another name for some of what is found, while `print` runs. */
export type Rename = (object: Found) => { readonly schema: string; readonly name: string } | undefined;
let renamed: Rename = () => undefined;
export function withRenamed<Result>(rename: Rename, print: () => Result): Result {
  const outer = renamed;
  renamed = rename;
  try {
    return print();
  } finally {
    renamed = outer;
  }
}

/** Called for every name that is bound. `written`: the parts of the name, or what an operator stands in. */
export function noteName(written: object, oid: number, schema: string | undefined, name: string): void {
  if (schema !== undefined && schema !== "pg_catalog") found.set(written, { oid, schema, name });
}
export function qualified(parts: readonly string[]): readonly string[] {
  const object = found.get(parts);
  if (object === undefined) return parts;
  const other = renamed(object);
  if (other !== undefined) return [other.schema, other.name];
  return parts.length === 1 ? [object.schema, ...parts] : parts;
}
/** `schema.name`, or the name alone. */
export function qualifiedOperator(written: object, name: string): string {
  const object = found.get(written);
  if (object === undefined) return name;
  const { schema } = renamed(object) ?? object;
  return `${schema}.${object.name}`;
}
