import type { SqlType } from "../../types/index.js";
import { boolType } from "./bool.js";
import { float4Type, float8Type } from "./floats.js";
import { int2Type, int4Type, int8Type, makeOidType, oidType } from "./integers.js";
import { numericType } from "./numeric.js";
import { pseudoTypes } from "./pseudo.js";
import {
  aclitemType, bpcharType, charType, cstringType, nameType, pgNodeTreeType, textType, tidType, unknownType, varcharType,
} from "./strings.js";

export const builtinTypes: readonly SqlType[] = [
  boolType, int2Type, int4Type, int8Type, oidType, makeOidType("xid"), makeOidType("cid"), float4Type, float8Type, numericType,
  textType, varcharType, bpcharType, nameType, charType, unknownType, cstringType, tidType, aclitemType, pgNodeTreeType,
  ...pseudoTypes,
];
