/** sql_features and its kin: what the standard asks an implementation to say about itself. PostgreSQL's answers, by which clients know it. */
import type { Datum } from "../../src/types/index.js";
import { provide } from "./provider.js";
import { sqlFeatures, sqlImplementationInfo, sqlParts, sqlSizing } from "./standard-tables-facts.js";

/** `integers`: columns that are numbers. */
function fromLines(name: string, columns: readonly string[], lines: string, integers: ReadonlySet<string> = new Set()): void {
  provide(`information_schema.${name}`, function* () {
    for (const line of lines.trim().split("\n")) {
      const cells = line.split("|");
      yield Object.fromEntries(
        columns.map((column, i): [string, Datum] => {
          const cell = cells[i] ?? "";
          return [column, cell === "∅" ? null : integers.has(column) ? Number(cell) : cell];
        }),
      );
    }
  });
}
fromLines(
  "sql_features",
  ["feature_id", "feature_name", "sub_feature_id", "sub_feature_name", "is_supported", "is_verified_by", "comments"],
  sqlFeatures,
);
fromLines("sql_parts", ["feature_id", "feature_name", "is_supported", "is_verified_by", "comments"], sqlParts);
fromLines(
  "sql_implementation_info",
  ["implementation_info_id", "implementation_info_name", "integer_value", "character_value", "comments"],
  sqlImplementationInfo,
  new Set(["integer_value"]),
);
fromLines("sql_sizing", ["sizing_id", "sizing_name", "supported_value", "comments"], sqlSizing, new Set(["sizing_id", "supported_value"]));
