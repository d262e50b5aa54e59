/** SQL text kept in the catalog, parsed again when it is used. Texts repeat, so their trees are kept. */

import { parseExpressionText, parseQueryText } from "../parser/parse.js";
import type { Expr, Query } from "../parser/syntax-tree.js";

const CACHE_ENTRIES_MAX = 2000;

function cached<Value>(parse: (sql: string) => Value): (sql: string) => Value {
  const cache = new Map<string, Value>();
  return (sql) => {
    let value = cache.get(sql);
    if (value === undefined) {
      value = parse(sql);
      if (cache.size >= CACHE_ENTRIES_MAX) cache.clear();
      cache.set(sql, value);
    }
    return value;
  };
}
export const parseStoredExpression: (sql: string) => Expr = cached(parseExpressionText);
export const parseStoredQuery: (sql: string) => Query = cached(parseQueryText);
