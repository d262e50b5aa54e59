/** pg_opclass for the access methods we have: btree's default classes and pgvector's for hnsw and ivfflat. oid|method|name|type|default|family. */
import { defaultVectorOperatorClass, hasVectorOperatorClass, vectorOperatorClasses } from "../../src/functions/vector/index.js";
import type { Oid } from "../../src/types/index.js";
import { TypeOid } from "../../src/types/index.js";

export interface OperatorClass {
  readonly oid: Oid;
  readonly method: Oid;
  readonly name: string;
  readonly type: Oid;
  readonly isDefault: boolean;
  readonly family: Oid;
}

const btree = `1978 int4_ops 23 t 1976;1979 int2_ops 21 t 1976;1981 oid_ops 26 t 1989;3122 date_ops 1082 t 434;3123 float8_ops 701 t 1970;3124 int8_ops 20 t 1976;3125 numeric_ops 1700 t 1988;
3126 text_ops 25 t 1994;3127 timestamptz_ops 1184 t 434;3128 timestamp_ops 1114 t 434;4217 text_pattern_ops 25 f 2095;4218 varchar_pattern_ops 25 f 2095;4219 bpchar_pattern_ops 1042 f 2097;
10003 bool_ops 16 t 424;10004 bpchar_ops 1042 t 426;10006 bytea_ops 17 t 428;10007 char_ops 18 t 429;10012 float4_ops 700 t 1970;10022 interval_ops 1186 t 1982;10028 name_ops 19 t 1994;
10038 time_ops 1083 t 1996;10044 varchar_ops 25 f 1994;10065 uuid_ops 2950 t 2968`;

export const operatorClasses: readonly OperatorClass[] = [
  ...btree.split(";").map((entry) => {
    const [oid, name, type, isDefault, family] = entry.trim().split(" ") as [string, string, string, string, string];
    return { oid: Number(oid), method: 403, name, type: Number(type), isDefault: isDefault === "t", family: Number(family) };
  }),
  ...["hnsw", "ivfflat"].flatMap((method, place) =>
    [...vectorOperatorClasses.values()]
      .filter(({ name }) => hasVectorOperatorClass(method, name))
      .map(({ name, type }, i) => ({
        oid: 16020 + 40 * place + i,
        method: 16010 + place,
        name,
        type,
        isDefault: defaultVectorOperatorClass(method, type) === name,
        family: 16040 + 40 * place + i,
      })),
  ),
];
const defaults = new Map(operatorClasses.filter((c) => c.isDefault && c.method === 403).map((c) => [c.type, c.oid]));

export function btreeClassOf(type: Oid): Oid {
  return defaults.get(type === TypeOid.varchar ? TypeOid.text : type) ?? 0;
}
