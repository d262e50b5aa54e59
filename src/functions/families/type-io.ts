/** Input, output and send functions called by name: int4in, textout, numeric_send, … each from its type's own. */
import { type ArrayValue, type Datum, type SqlType, TypeOid } from "../../types/index.js";
import { readFunctionFacts } from "../facts/index.js";
import { type FunctionRegistry, type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";

type Value = Exclude<Datum, null>;

/** anyarray_out is array_out, but anyelement_out refuses: these show a value as its own type. */
const CONTAINERS: ReadonlySet<string> = new Set(
  "array_out array_send anyarray_out anyarray_send anycompatiblearray_out anycompatiblearray_send record_out record_send range_out range_send anyrange_out multirange_out multirange_send anymultirange_out anycompatiblerange_out anycompatiblemultirange_out enum_out enum_send anyenum_out".split(
    " ",
  ),
);
/** Their result has a type that only the value knows; or they are no type's. */
const REFUSED: ReadonlySet<string> = new Set(
  "array_in range_in multirange_in enum_in record_in domain_in shell_in shell_out unknownin internal_in internal_out".split(" "),
);

const scalars: Record<string, ScalarBody | TypedBody<ScalarBody>> = {};
const typeOf = (registry: FunctionRegistry, oid: number): SqlType => registry.typeByOid(oid)!;

for (const { name, argTypes, returnType } of readFunctionFacts((name) => /(in|out|send)$/.test(name) && !REFUSED.has(name))) {
  const [first] = argTypes;
  if (first === TypeOid.cstring && name.endsWith("in"))
    scalars[name] = new TypedBody<ScalarBody>((_call, registry) => {
      const type = typeOf(registry, returnType);
      return (c, text: string, _element: number, typmod = -1) => type.input(text, typmod, c);
    });
  else if (argTypes.length !== 1 || /typmod(in|out)$/.test(name)) continue;
  else if (returnType === TypeOid.cstring && name.endsWith("out"))
    scalars[name] = new TypedBody<ScalarBody>((call, registry) => {
      const type = typeOf(registry, CONTAINERS.has(name) ? call.argTypes[0]! : first!);
      return (c, value: Value) => type.output(value, c);
    });
  else if (returnType === TypeOid.bytea && name.endsWith("send"))
    scalars[name] = new TypedBody<ScalarBody>((call, registry) => {
      const type = typeOf(registry, CONTAINERS.has(name) ? call.argTypes[0]! : first!);
      return (_c, value: Value) => type.send(value);
    });
}

/** Modifiers of types whose written form is what format_type puts behind the name. */
for (const name of ["bpchar", "varchar", "numeric", "bit", "varbit"]) {
  scalars[`${name}typmodin`] = new TypedBody<ScalarBody>((_call, registry) => {
    const type = registry.typeByName(name)!;
    return (_c, written: ArrayValue) => type.parseModifier!(written.elements as readonly string[]);
  });
  scalars[`${name}typmodout`] = new TypedBody<ScalarBody>((_call, registry) => {
    const type = registry.typeByName(name)!;
    return (_c, typmod: number) => type.formatModifier(typmod);
  });
}

export const typeIoFamily: Family = { scalars };
