/** Object identifiers. Built-in objects have PostgreSQL's numbers; ours start at `FIRST_USER_OID`. */
export type Oid = number;

export const FIRST_USER_OID = 16384;

/** PostgreSQL's type OIDs (pg_type.dat). `vector` has a fixed number of ours: pgvector's differs per database. */
export const TypeOid = {
  bool: 16, bytea: 17, char: 18, name: 19, int8: 20, int2: 21, int2vector: 22, int4: 23, regproc: 24, text: 25, oid: 26,
  tid: 27, xid: 28, cid: 29, oidvector: 30, json: 114, xml: 142, pgNodeTree: 194, float4: 700, float8: 701, unknown: 705,
  money: 790, aclitem: 1033, bpchar: 1042, varchar: 1043, date: 1082, time: 1083, timestamp: 1114, timestamptz: 1184,
  interval: 1186, timetz: 1266, bit: 1560, varbit: 1562, numeric: 1700, refcursor: 1790, regprocedure: 2202,
  regoper: 2203, regoperator: 2204, regclass: 2205, regtype: 2206, cstring: 2275, any: 2276, anyarray: 2277, void: 2278,
  trigger: 2279, record: 2249, recordArray: 2287, anyelement: 2283, uuid: 2950, jsonb: 3802, regconfig: 3734, regnamespace: 4089, regrole: 4096,
  anycompatible: 5077, anycompatiblearray: 5078, anynonarray: 2776,
  boolArray: 1000, byteaArray: 1001, charArray: 1002, nameArray: 1003, int2Array: 1005, int4Array: 1007, textArray: 1009,
  bpcharArray: 1014, varcharArray: 1015, int8Array: 1016, float4Array: 1021, float8Array: 1022, oidArray: 1028,
  aclitemArray: 1034, timestampArray: 1115, dateArray: 1182, timeArray: 1183, timestamptzArray: 1185, intervalArray: 1187,
  numericArray: 1231, uuidArray: 2951, jsonArray: 199, jsonbArray: 3807, cstringArray: 1263, regtypeArray: 2211,
  vector: 16001, vectorArray: 16002,
} as const satisfies Record<string, Oid>;
