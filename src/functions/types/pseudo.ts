/** Types that only signatures name, and void, whose one value is the empty string. */
import { DbError, PhysicalType, type SqlType } from "../../types/index.js";
import { makePseudoType, makeType } from "./define-type.js";

const refusal = (name: string) => (verb: string) => {
  throw new DbError({ sqlstate: "0A000", message: `cannot ${verb} a value of type ${name}` });
};
const pseudo = (name: string, more: Partial<SqlType> = {}): SqlType => ({
  ...makePseudoType(name, PhysicalType.varlen, undefined, refusal(name)),
  ...more,
});
/** Types without values that sort and group all the same: by operator classes of their own or of bytea, whose bytes they have. */
const ordered: Partial<SqlType> = { compare: () => 0, hashKey: () => 0, writeKey: () => {} };

export const pseudoTypes: readonly SqlType[] = [
  ...[
    "any",
    "anyelement",
    "anyarray",
    "anynonarray",
    "anyenum",
    "anycompatible",
    "anycompatiblearray",
    "anycompatiblenonarray",
    "anycompatiblerange",
    "anycompatiblemultirange",
    "internal",
    "pg_ddl_command",
  ].map((name) => pseudo(name)),
  // The last three are no pseudo-types, but what makes their values is not here: statistics of several columns.
  ...["anyrange", "anymultirange", "pg_ndistinct", "pg_dependencies", "pg_mcv_list"].map((name) => pseudo(name, ordered)),
  ...["trigger", "event_trigger", "language_handler", "fdw_handler", "index_am_handler", "table_am_handler", "tsm_handler"].map((name) =>
    pseudo(name, { refusesNull: true }),
  ),
  // Summaries of BRIN: their input functions leave the prefix away.
  ...["brin_bloom_summary", "brin_minmax_multi_summary"].map((name) => ({
    ...makePseudoType(`pg_${name}`, PhysicalType.varlen, undefined, refusal(name)),
    ...ordered,
  })),
  makeType("void", {
    physical: PhysicalType.varlen,
    keyKind: undefined,
    input: () => "",
    output: () => "",
    receive: () => "",
    send: () => new Uint8Array(0),
  }),
];
