/** CREATE TYPE … AS RANGE: waits for the machinery of the built-in ranges. */
import type { RangeObject } from "../../catalog/index.js";
import { notSupported, type Oid, type SqlType } from "../../types/index.js";
import type { FunctionRegistry } from "../registry.js";

export function makeRangeTypes(
  _object: RangeObject,
  _oid: Oid,
  _facts: Pick<SqlType, "oid" | "name" | "displayName">,
  _registry: FunctionRegistry,
  _displayName: (name: string, oid: Oid) => string,
): SqlType {
  throw notSupported("CREATE TYPE AS RANGE");
}
