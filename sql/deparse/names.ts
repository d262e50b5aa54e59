/** Names of FROM entries, made unique within their query and the queries around it (set_rtable_names). */
import { outputName } from "../binder/output-name.js";
import type { FromItem } from "../parser/syntax-tree.js";

/** Identifiers of a longer name are cut: NAMEDATALEN - 1 bytes. */
const NAME_BYTES_MAX = 63;

export class Names {
  readonly #names = new Map<FromItem, string>();
  readonly #used: Set<string>;
  /** Joins whose own alias is not in force: the one being printed hides nothing from its ON clause. */
  readonly openJoins = new Set<FromItem>();
  /** Column references say whose column it is. */
  readonly qualified: boolean;

  constructor(
    readonly parent: Names | undefined,
    entries: readonly FromItem[],
    options: { readonly qualified: boolean; readonly reserved?: readonly string[] },
  ) {
    this.qualified = options.qualified;
    this.#used = new Set(parent === undefined ? (options.reserved ?? []) : parent.#used);
    for (const entry of entries) this.#name(entry);
  }
  /** Of an entry of this query or of one around it. */
  of(entry: FromItem): string | undefined {
    return this.#names.get(entry) ?? this.parent?.of(entry);
  }
  /** This query or one around it reads something. */
  get hasEntries(): boolean {
    return this.#names.size > 0 || this.parent?.hasEntries === true;
  }
  isOpen(entry: FromItem): boolean {
    return this.openJoins.has(entry) || this.parent?.isOpen(entry) === true;
  }

  #name(entry: FromItem): void {
    if (entry.kind === "JoinItem") {
      this.#name(entry.left);
      this.#name(entry.right);
    }
    const name = ownName(entry);
    if (name === undefined) return;
    let unique = name;
    for (let i = 1; this.#used.has(unique); i++) unique = withSuffix(name, `_${i}`);
    this.#used.add(unique);
    this.#names.set(entry, unique);
  }
}

function withSuffix(name: string, suffix: string): string {
  let base = name;
  while (Buffer.byteLength(base + suffix) > NAME_BYTES_MAX) base = base.slice(0, -1);
  return base + suffix;
}
/** The entry's name as it was written; an unnamed join has none. */
export function ownName(entry: FromItem): string | undefined {
  switch (entry.kind) {
    case "Relation":
      return entry.relation.alias?.name ?? entry.relation.name;
    case "FunctionItem":
      return entry.alias?.name ?? outputName(entry.functions[0]!.call);
    case "SubqueryItem":
      return entry.alias?.name ?? (entry.query.kind === "Values" ? "*VALUES*" : "unnamed_subquery");
    case "JsonTableItem":
      return entry.alias?.name ?? "json_table";
    case "JoinItem":
      return entry.alias?.name;
  }
}
