/** Comparisons and functions of every enum type. A value is its sort order (src/functions/user/enum-type.ts). */
import { ArrayValue, type Datum, DbError, type Oid } from "../../types/index.js";
import { type CallTypes, type FunctionRegistry, type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { type EnumType, isEnumType } from "../user/enum-type.js";
import { namesOf, primitiveComparisons } from "./comparisons.js";

function empty(_type: Oid, name: string): never {
  throw new DbError({ sqlstate: "55000", message: `enum ${name} contains no values` });
}
const labelsOf = (registry: FunctionRegistry, call: CallTypes): { type: Oid; labels: EnumType["labels"] } => {
  // enum_first and its kind take their type from the argument, whose value may be NULL.
  const type = call.argTypes.map((oid) => registry.typeByOid(oid)).find(isEnumType);
  return { type: type?.oid ?? 0, labels: type?.labels ?? [] };
};
const overLabels = (body: (labels: EnumType["labels"], type: Oid, args: readonly Datum[], name: string) => Datum): TypedBody<ScalarBody> =>
  new TypedBody<ScalarBody>((call, registry) => {
    const { type, labels } = labelsOf(registry, call);
    const name = registry.typeByOid(type)?.displayName ?? "???";
    return ((_context: unknown, ...args: Datum[]) => body(labels, type, args, name)) as ScalarBody;
  });
const between = (labels: EnumType["labels"], type: Oid, low: Datum | undefined, high: Datum | undefined): Datum =>
  new ArrayValue(
    type,
    labels
      .filter(
        (l) =>
          (low === null || low === undefined || l.order >= (low as number)) &&
          (high === null || high === undefined || l.order <= (high as number)),
      )
      .map((l) => l.order),
  );

export const enumFamily: Family = {
  scalars: {
    ...primitiveComparisons(namesOf("enum", "_"), "enum_cmp"),
    enum_larger: (_c, a: number, b: number) => Math.max(a, b),
    enum_smaller: (_c, a: number, b: number) => Math.min(a, b),
    enum_first: overLabels((labels, type, _args, name) => labels[0]?.order ?? empty(type, name)),
    enum_last: overLabels((labels, type, _args, name) => labels.at(-1)?.order ?? empty(type, name)),
    "enum_range(anyenum)": overLabels((labels, type) => between(labels, type, null, null)),
    "enum_range(anyenum,anyenum)": overLabels((labels, type, [low, high]) => between(labels, type, low, high)),
  },
};
