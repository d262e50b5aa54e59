import type { Oid } from "./oid.js";

/**
 * A collation as stored definitions name it: a built-in one by its name (they do not change between versions), a user's by its OID. Absent
 * or "default": the database's, which orders by bytes.
 */
export type CollationReference = string | Oid;

/** Collation OIDs that every database has. */
export const CollationOid = { none: 0, default: 100, c: 950, posix: 951 } as const;
