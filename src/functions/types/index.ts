/** Every type of the registry. Array types follow from the facts; reg types and record look others up when they are used. */
import { ArrayValue, type Datum, invalidInput, type SqlType, TypeOid } from "../../types/index.js";
import { typeFactsByName } from "../facts/index.js";
import { makeBuiltinRangeTypes } from "../ranges/range-types.js";
import type { FunctionRegistry } from "../registry.js";
import { aclitemType } from "./acl-item.js";
import { compareOidVectors, makeArrayType } from "./array.js";
import { bitType, varbitType } from "./bits.js";
import { boolType } from "./bool.js";
import { byteaType, uuidType } from "./bytea.js";
import { dateType, intervalType, timestampType, timestamptzType, timeType, timetzType } from "./datetime.js";
import { float4Type, float8Type } from "./floats.js";
import { boxType, circleType, lineType, lsegType, pathType, pointType, polygonType } from "./geometric.js";
import { pgLsnType, pgSnapshotType, tidType, txidSnapshotType, xid8Type } from "./identifiers.js";
import { makeInformationSchemaTypes } from "./information-schema.js";
import { int2Type, int4Type, int8Type, makeOidType, oidType, parseTransactionId } from "./integers.js";
import { jsonbType, jsonType } from "./json.js";
import { jsonpathType } from "./jsonpath.js";
import { moneyType } from "./money.js";
import { cidrType, inetType, macaddr8Type, macaddrType } from "./network.js";
import { numericType } from "./numeric.js";
import { pseudoTypes } from "./pseudo.js";
import { makeRecordType } from "./record.js";
import { makeRegisteredTypes } from "./registered.js";
import { bpcharType, charType, cstringType, nameType, pgNodeTreeType, textType, unknownType, varcharType } from "./strings.js";

/** int2vector and oidvector: arrays with lower bound 0 that print with blanks. */
function makeVectorType(name: string, element: SqlType): SqlType {
  const base = makeArrayType(name, element);
  return {
    ...base,
    input: (text, _typmod, context): Datum => {
      const items = text.trim() === "" ? [] : text.trim().split(/\s+/);
      const wrong = items.find((item) => !/^-?\d+$/.test(item));
      if (wrong !== undefined) throw invalidInput(element.displayName, wrong);
      return new ArrayValue(
        element.oid,
        items.map((item) => element.input(item, -1, context)),
        [items.length],
        [0],
      );
    },
    output: (value) => (value as ArrayValue).elements.join(" "),
  };
}

/** oidvectors order by their length first, and have no bounds to tell apart. */
function makeOidVectorType(element: SqlType): SqlType {
  return {
    ...makeVectorType("oidvector", element),
    compare: (left, right) => compareOidVectors(left as ArrayValue, right as ArrayValue),
    hashKey: (value) => (value as ArrayValue).elements.join(" "),
    writeKey: (value, out) => {
      const { elements } = value as ArrayValue;
      out.uint32(elements.length);
      for (const item of elements) out.uint32(item as number);
    },
  };
}

export function makeBuiltinTypes(registry: FunctionRegistry): readonly SqlType[] {
  const scalars: SqlType[] = [
    boolType,
    int2Type,
    int4Type,
    int8Type,
    oidType,
    makeOidType("xid", { input: parseTransactionId }),
    makeOidType("cid", { input: parseTransactionId }),
    float4Type,
    float8Type,
    numericType,
    textType,
    varcharType,
    bpcharType,
    nameType,
    charType,
    unknownType,
    cstringType,
    tidType,
    bitType,
    varbitType,
    moneyType,
    inetType,
    cidrType,
    macaddrType,
    macaddr8Type,
    pointType,
    lsegType,
    boxType,
    lineType,
    pathType,
    polygonType,
    circleType,
    pgLsnType,
    xid8Type,
    pgSnapshotType,
    txidSnapshotType,
    aclitemType,
    pgNodeTreeType,
    byteaType,
    uuidType,
    dateType,
    timeType,
    timetzType,
    timestampType,
    timestamptzType,
    intervalType,
    jsonType,
    jsonbType,
    jsonpathType,
    makeVectorType("int2vector", int2Type),
    makeOidVectorType(oidType),
    makeRecordType((oid) => registry.typeByOid(oid)),
    ...makeRegisteredTypes(registry),
  ];
  scalars.push(...makeBuiltinRangeTypes((name) => scalars.find((type) => type.name === name)!));
  const names = new Map([...typeFactsByName.values()].map((fact) => [fact.oid, fact.name]));
  const arrays = scalars
    .filter((type) => type.arrayType !== 0 && type.oid !== TypeOid.unknown)
    .map((type) => makeArrayType(names.get(type.arrayType)!, type, type === boxType ? ";" : ","));
  const ofInformationSchema = makeInformationSchemaTypes((name) => scalars.find((type) => type.name === name)!);
  return [...scalars, ...pseudoTypes, ...arrays, ...ofInformationSchema];
}
