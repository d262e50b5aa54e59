/** WITH (…) of CREATE INDEX and ALTER INDEX … SET, as PostgreSQL's reloptions.c checks it; a right one changes nothing here. */
import type { IndexMethod } from "../../catalog/index.js";
import { parseHnswOptions, parseIvfflatOptions } from "../../functions/vector/index.js";
import { DbError, optionOutOfRange, optionUnknown } from "../../types/index.js";

type Rule =
  | { readonly kind: "boolean" }
  | { readonly kind: "integer" | "floating point"; readonly min: number; readonly max: number }
  | { readonly kind: "enum"; readonly values: readonly string[] };

const boolean: Rule = { kind: "boolean" };
const integer = (min: number, max: number): Rule => ({ kind: "integer", min, max });
const fillfactor = integer(10, 100);
const rules: Partial<Record<IndexMethod | "spgist", Readonly<Record<string, Rule>>>> = {
  btree: { fillfactor, deduplicate_items: boolean, vacuum_cleanup_index_scale_factor: { kind: "floating point", min: 0, max: 1e10 } },
  hash: { fillfactor },
  gist: { fillfactor, buffering: { kind: "enum", values: ["on", "off", "auto"] } },
  spgist: { fillfactor },
  gin: { fastupdate: boolean, gin_pending_list_limit: integer(64, 2147483647) },
  brin: { pages_per_range: integer(1, 131072), autosummarize: boolean },
};

export function requireIndexOptions(options: Readonly<Record<string, string>>, method: IndexMethod): void {
  if (method === "hnsw") return void parseHnswOptions(options);
  if (method === "ivfflat") return void parseIvfflatOptions(options);
  for (const [name, value] of Object.entries(options)) {
    const rule = rules[method]?.[name];
    if (rule === undefined) throw optionUnknown(name);
    check(name, value, rule);
  }
}

function check(name: string, value: string, rule: Rule): void {
  const invalid = (detail?: string) =>
    new DbError({
      sqlstate: "22023",
      message: `invalid value for ${rule.kind} option "${name}": ${value}`,
      ...(detail === undefined ? {} : { detail }),
    });
  switch (rule.kind) {
    case "boolean":
      if (!isBoolean(value)) throw invalid();
      return;
    case "enum":
      if (!rule.values.includes(value.toLowerCase()))
        throw invalid(
          `Valid values are ${rule.values
            .slice(0, -1)
            .map((v) => `"${v}"`)
            .join(", ")}, and "${rule.values.at(-1)}".`,
        );
      return;
    case "integer": {
      // A fraction is rounded.
      const n = Math.round(Number(value));
      if (value.trim() === "" || Number.isNaN(n) || n > 2147483647 || n < -2147483648) throw invalid();
      if (n < rule.min || n > rule.max) throw optionOutOfRange(name, value, rule.min, rule.max);
      return;
    }
    case "floating point": {
      const n = Number(value);
      if (value.trim() === "" || Number.isNaN(n)) throw invalid();
      if (n < rule.min || n > rule.max)
        throw new DbError({
          sqlstate: "22023",
          message: `value ${value} out of bounds for option "${name}"`,
          detail: `Valid values are between "${rule.min.toFixed(6)}" and "${rule.max.toFixed(6)}".`,
        });
      return;
    }
  }
}

/** parse_bool: any beginning of a word that no other word shares. */
function isBoolean(value: string): boolean {
  const text = value.toLowerCase();
  if (text === "1" || text === "0" || text === "on" || text === "of" || text === "off") return true;
  return text !== "" && ["true", "false", "yes", "no"].some((word) => word.startsWith(text));
}
