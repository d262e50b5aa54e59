/** CREATE TYPE … AS RANGE: the machinery of the built-in ranges over any ordered subtype, and the constructors that go with it. */
import type { RangeObject } from "../../catalog/index.js";
import { assert, type FunctionSignature, type Oid, type SqlType } from "../../types/index.js";
import { multirangeConstructor, rangeConstructor } from "../families/ranges.js";
import { makeRangeTypes as rangeTypesOver } from "../ranges/range-types.js";
import type { CallTypes, FunctionRegistry, ScalarBody } from "../registry.js";

/** The range type or its multirange type, whichever has `oid`. */
export function makeRangeTypes(
  object: RangeObject,
  oid: Oid,
  registry: FunctionRegistry,
  displayName: (name: string, oid: Oid) => string,
): SqlType {
  const subtype = registry.typeByOid(object.subtype);
  assert(subtype !== undefined, "a range's subtype exists");
  const { multirange } = object;
  const [range, many] = rangeTypesOver(
    { oid: object.oid, name: object.name, displayName: displayName(object.name, object.oid), arrayType: object.arrayOid },
    {
      oid: multirange.oid,
      name: multirange.name,
      displayName: displayName(multirange.name, multirange.oid),
      arrayType: multirange.arrayOid,
    },
    subtype,
  );
  return oid === object.oid ? { ...range, kind: "range" } : { ...many, kind: "multirange" };
}

const constructorId = /^range constructor (\d+) of (\d+)$/;

/** `r(a, b)` and `r(a, b, '[)')`; `mr()`, `mr(r)` and `mr(VARIADIC r[])`. */
export function constructorsOf(object: RangeObject, schema: string, name: string): FunctionSignature[] {
  const make = (form: number, argTypes: readonly Oid[], returnType: Oid, strict: boolean, variadic?: Oid): FunctionSignature => ({
    id: `range constructor ${form} of ${object.oid}`,
    // Numbers of the catalog's own; nobody asks for them by OID.
    oid: object.oid,
    schema,
    name,
    argTypes,
    ...(variadic === undefined ? {} : { variadic }),
    returnType,
    kind: "function",
    strict,
    volatility: "immutable",
  });
  const { multirange, subtype } = object;
  if (name === object.name) return [make(2, [subtype, subtype], object.oid, false), make(3, [subtype, subtype, TEXT], object.oid, false)];
  return [
    make(0, [], multirange.oid, true),
    make(1, [object.oid], multirange.oid, true),
    make(4, [object.arrayOid], multirange.oid, true, object.oid),
  ];
}
const TEXT: Oid = 25;

/** undefined: not such an id. */
export function constructorBody(id: string, call: CallTypes, registry: FunctionRegistry): ScalarBody | undefined {
  const form = constructorId.exec(id)?.[1];
  if (form === undefined) return undefined;
  return (form === "2" || form === "3" ? rangeConstructor : multirangeConstructor).make(call, registry);
}
export function constructorSignature(
  id: string,
  objectOf: (oid: Oid) => RangeObject | undefined,
  schemaOf: (oid: Oid) => string,
): FunctionSignature | undefined {
  const match = constructorId.exec(id);
  const object = match === null ? undefined : objectOf(Number(match[2]));
  if (object === undefined) return undefined;
  const schema = schemaOf(object.schema);
  return [...constructorsOf(object, schema, object.name), ...constructorsOf(object, schema, object.multirange.name)].find(
    (f) => f.id === id,
  );
}
