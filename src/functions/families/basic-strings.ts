/** Casts between the string types and concatenation. */
import { type Datum, type NetworkAddress, type Oid, TypeOid } from "../../types/index.js";
import { formatAddress } from "../network/address.js";
import { type EvaluationContext, type FunctionRegistry, type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { bitType, varbitType } from "../types/bits.js";
import { charText, coerceBpchar, coerceVarchar, cutName, parseChar, trimSpacesRight } from "../types/strings.js";

/** The cast to text, which differs from the type's output for these alone. */
function printer(registry: FunctionRegistry, oid: Oid): (value: Exclude<Datum, null>, context: EvaluationContext) => string {
  if (oid === TypeOid.bool) return (value) => (value === true ? "true" : "false");
  const type = registry.typeByOid(oid)!;
  if (oid === TypeOid.inet) return (value) => formatAddress(value as NetworkAddress, true);
  if (oid === TypeOid.bpchar) return (value) => trimSpacesRight(value as string);
  return (value, context) => type.output(value, context);
}

const scalars: Record<string, ScalarBody | TypedBody<ScalarBody>> = {
  textcat: (_c, a: string, b: string) => a + b,
  textanycat: new TypedBody<ScalarBody>((call, registry) => {
    const print = printer(registry, call.argTypes[1]!);
    return (context, a: string, b: Exclude<Datum, null>) => a + print(b, context);
  }),
  anytextcat: new TypedBody<ScalarBody>((call, registry) => {
    const print = printer(registry, call.argTypes[0]!);
    return (context, a: Exclude<Datum, null>, b: string) => print(a, context) + b;
  }),
  "text(bool)": (_c, a: boolean) => (a ? "true" : "false"),
  "text(bpchar)": (_c, a: string) => trimSpacesRight(a),
  "text(name)": (_c, a: string) => a,
  "text(char)": (_c, a: string) => charText(a),
  "name(text)": (_c, a: string) => cutName(a),
  "name(bpchar)": (_c, a: string) => cutName(trimSpacesRight(a)),
  "name(varchar)": (_c, a: string) => cutName(a),
  "varchar(name)": (_c, a: string) => a,
  "bpchar(name)": (_c, a: string) => a,
  "bpchar(char)": (_c, a: string) => charText(a),
  "char(text)": (_c, a: string) => parseChar(a),
  "bit(bit,int4,bool)": (_c, a: string, typmod: number, explicit: boolean) => bitType.coerceModifier!(a, typmod, explicit),
  "varbit(varbit,int4,bool)": (_c, a: string, typmod: number, explicit: boolean) => varbitType.coerceModifier!(a, typmod, explicit),
  "bpchar(bpchar,int4,bool)": (_c, a: string, typmod: number, explicit: boolean) => coerceBpchar(a, typmod, explicit),
  "varchar(varchar,int4,bool)": (_c, a: string, typmod: number, explicit: boolean) => coerceVarchar(a, typmod, explicit),
};

export const basicStringFamily: Family = { scalars };
