/** pg_type of PostgreSQL 15, a line each: oid|typname|format_type|typcategory|typispreferred|typlen|typelem|typarray|typtype. */
export const typeFacts = `
16|bool|boolean|B|1|1|0|1000|b
17|bytea|bytea|U|0|-1|0|1001|b
18|char|"char"|Z|0|1|0|1002|b
19|name|name|S|0|64|18|1003|b
20|int8|bigint|N|0|8|0|1016|b
21|int2|smallint|N|0|2|0|1005|b
22|int2vector|int2vector|A|0|-1|21|1006|b
23|int4|integer|N|0|4|0|1007|b
24|regproc|regproc|N|0|4|0|1008|b
25|text|text|S|1|-1|0|1009|b
26|oid|oid|N|1|4|0|1028|b
27|tid|tid|U|0|6|0|1010|b
28|xid|xid|U|0|4|0|1011|b
29|cid|cid|U|0|4|0|1012|b
30|oidvector|oidvector|A|0|-1|26|1013|b
114|json|json|U|0|-1|0|199|b
194|pg_node_tree|pg_node_tree|Z|0|-1|0|0|b
199|_json|json[]|A|0|-1|114|0|b
271|_xid8|xid8[]|A|0|-1|5069|0|b
700|float4|real|N|0|4|0|1021|b
701|float8|double precision|N|1|8|0|1022|b
705|unknown|unknown|X|0|-2|0|0|p
1000|_bool|boolean[]|A|0|-1|16|0|b
1001|_bytea|bytea[]|A|0|-1|17|0|b
1002|_char|"char"[]|A|0|-1|18|0|b
1003|_name|name[]|A|0|-1|19|0|b
1005|_int2|smallint[]|A|0|-1|21|0|b
1006|_int2vector|int2vector[]|A|0|-1|22|0|b
1007|_int4|integer[]|A|0|-1|23|0|b
1008|_regproc|regproc[]|A|0|-1|24|0|b
1009|_text|text[]|A|0|-1|25|0|b
1010|_tid|tid[]|A|0|-1|27|0|b
1011|_xid|xid[]|A|0|-1|28|0|b
1012|_cid|cid[]|A|0|-1|29|0|b
1013|_oidvector|oidvector[]|A|0|-1|30|0|b
1014|_bpchar|character[]|A|0|-1|1042|0|b
1015|_varchar|character varying[]|A|0|-1|1043|0|b
1016|_int8|bigint[]|A|0|-1|20|0|b
1021|_float4|real[]|A|0|-1|700|0|b
1022|_float8|double precision[]|A|0|-1|701|0|b
1028|_oid|oid[]|A|0|-1|26|0|b
1033|aclitem|aclitem|U|0|12|0|1034|b
1034|_aclitem|aclitem[]|A|0|-1|1033|0|b
1042|bpchar|character|S|0|-1|0|1014|b
1043|varchar|character varying|S|0|-1|0|1015|b
1082|date|date|D|0|4|0|1182|b
1083|time|time without time zone|D|0|8|0|1183|b
1114|timestamp|timestamp without time zone|D|0|8|0|1115|b
1115|_timestamp|timestamp without time zone[]|A|0|-1|1114|0|b
1182|_date|date[]|A|0|-1|1082|0|b
1183|_time|time without time zone[]|A|0|-1|1083|0|b
1184|timestamptz|timestamp with time zone|D|1|8|0|1185|b
1185|_timestamptz|timestamp with time zone[]|A|0|-1|1184|0|b
1186|interval|interval|T|1|16|0|1187|b
1187|_interval|interval[]|A|0|-1|1186|0|b
1231|_numeric|numeric[]|A|0|-1|1700|0|b
1263|_cstring|cstring[]|A|0|-1|2275|0|b
1266|timetz|time with time zone|D|0|12|0|1270|b
1270|_timetz|time with time zone[]|A|0|-1|1266|0|b
1700|numeric|numeric|N|0|-1|0|1231|b
2202|regprocedure|regprocedure|N|0|4|0|2207|b
2203|regoper|regoper|N|0|4|0|2208|b
2204|regoperator|regoperator|N|0|4|0|2209|b
2205|regclass|regclass|N|0|4|0|2210|b
2206|regtype|regtype|N|0|4|0|2211|b
2207|_regprocedure|regprocedure[]|A|0|-1|2202|0|b
2208|_regoper|regoper[]|A|0|-1|2203|0|b
2209|_regoperator|regoperator[]|A|0|-1|2204|0|b
2210|_regclass|regclass[]|A|0|-1|2205|0|b
2211|_regtype|regtype[]|A|0|-1|2206|0|b
2249|record|record|P|0|-1|0|2287|p
2275|cstring|cstring|P|0|-2|0|1263|p
2276|any|"any"|P|0|4|0|0|p
2277|anyarray|anyarray|P|0|-1|0|0|p
2278|void|void|P|0|4|0|0|p
2283|anyelement|anyelement|P|0|4|0|0|p
2287|_record|record[]|P|0|-1|2249|0|p
2776|anynonarray|anynonarray|P|0|4|0|0|p
2950|uuid|uuid|U|0|16|0|2951|b
2951|_uuid|uuid[]|A|0|-1|2950|0|b
3734|regconfig|regconfig|N|0|4|0|3735|b
3735|_regconfig|regconfig[]|A|0|-1|3734|0|b
3802|jsonb|jsonb|U|0|-1|0|3807|b
3807|_jsonb|jsonb[]|A|0|-1|3802|0|b
4072|jsonpath|jsonpath|U|0|-1|0|4073|b
4073|_jsonpath|jsonpath[]|A|0|-1|4072|0|b
4089|regnamespace|regnamespace|N|0|4|0|4090|b
4090|_regnamespace|regnamespace[]|A|0|-1|4089|0|b
4096|regrole|regrole|N|0|4|0|4097|b
4097|_regrole|regrole[]|A|0|-1|4096|0|b
5069|xid8|xid8|U|0|8|0|271|b
5077|anycompatible|anycompatible|P|0|4|0|0|p
5078|anycompatiblearray|anycompatiblearray|P|0|-1|0|0|p
5079|anycompatiblenonarray|anycompatiblenonarray|P|0|4|0|0|p
`;
