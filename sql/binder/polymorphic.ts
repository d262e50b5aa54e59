/** Polymorphism: what the types of a call's arguments make of the types that its function declares. */

import { type DbError, datatypeMismatch, type Oid, type RangeRules, TypeOid } from "../../src/types/index.js";
import type { Binder } from "./binder.js";
import { commonType } from "./coerce.js";

const ANYENUM: Oid = 3500;
const ANYRANGE: Oid = 3831;
const ANYMULTIRANGE: Oid = 4537;
const ANYCOMPATIBLERANGE: Oid = 5080;
const ANYCOMPATIBLEMULTIRANGE: Oid = 4538;

/**
 * Declared types with the polymorphic ones replaced, and the result type; undefined when the arguments disagree.
 *
 * @param result  0: only whether the arguments agree is asked
 */
export function resolvePolymorphic(
  binder: Binder,
  inputs: readonly Oid[],
  declared: readonly Oid[],
  result: Oid,
): { readonly argTypes: readonly Oid[]; readonly result: Oid } | undefined {
  let element: Oid = 0;
  const compatible: Oid[] = [];
  let sawArray = false;
  // The array type that was given: int2vector and oidvector are arrays of their own kind.
  let array: Oid | undefined;
  // A range type of the element, when a range or a multirange was given.
  let range: RangeRules | undefined;
  let compatibleRange: RangeRules | undefined;
  for (const [i, type] of declared.entries()) {
    const given = inputs[i]!;
    if (given === TypeOid.unknown) continue;
    // anyelement takes a domain as it is; whoever looks inside a type looks below its domains.
    const input = type === TypeOid.anyelement ? given : binder.baseType(given);
    switch (type) {
      case ANYENUM:
        if (binder.category(input) !== "E" || (element !== 0 && element !== input)) return undefined;
        element = input;
        break;
      case TypeOid.anynonarray:
        if (binder.category(input) === "A") return undefined;
        if (element !== 0 && element !== input) return undefined;
        element = input;
        break;
      case TypeOid.anyelement:
        if (element !== 0 && element !== input) return undefined;
        element = input;
        break;
      case TypeOid.anyarray: {
        sawArray = true;
        // What pg_statistic's columns are declared as: an array of nobody knows what.
        if (input === TypeOid.anyarray && (array === undefined || array === input)) {
          array = input;
          break;
        }
        const inner = arrayElement(binder, input);
        if (inner === 0 || (element !== 0 && element !== inner)) return undefined;
        if (array !== undefined && array !== input) return undefined;
        array = input;
        element = inner;
        break;
      }
      case TypeOid.anycompatible:
      case 5079: // anycompatiblenonarray
        compatible.push(input);
        break;
      case TypeOid.anycompatiblearray: {
        const inner = arrayElement(binder, input);
        if (inner === 0) return undefined;
        compatible.push(inner);
        break;
      }
      case ANYRANGE:
      case ANYMULTIRANGE: {
        const rules = rangeRules(binder, input, type === ANYRANGE);
        if (rules === undefined || (range !== undefined && range.rangeType !== rules.rangeType)) return undefined;
        if (element !== 0 && element !== rules.subtype) return undefined;
        range = rules;
        element = rules.subtype;
        break;
      }
      case ANYCOMPATIBLERANGE:
      case ANYCOMPATIBLEMULTIRANGE: {
        const rules = rangeRules(binder, input, type === ANYCOMPATIBLERANGE);
        if (rules === undefined || (compatibleRange !== undefined && compatibleRange.rangeType !== rules.rangeType)) return undefined;
        compatibleRange = rules;
        compatible.push(rules.subtype);
        break;
      }
    }
  }
  const common: Oid =
    compatible.length === 0
      ? TypeOid.text
      : (commonType(
          binder,
          compatible.map((type) => ({ kind: "CaseOperand", type, typmod: -1 })),
          undefined,
        ) ?? 0);
  if (common === 0) return undefined;
  if (compatibleRange !== undefined && compatibleRange.subtype !== common) return undefined;
  if (array === TypeOid.anyarray) {
    if (result !== 0 && needsElement(declared, result)) return undefined;
    element = TypeOid.anyelement;
  }
  if (
    element === 0 &&
    !sawArray &&
    declared.some((type) => type === TypeOid.anyelement || type === TypeOid.anynonarray || type === TypeOid.anyarray)
  ) {
    element = TypeOid.unknown;
  }
  const map = (type: Oid): Oid => {
    switch (type) {
      case TypeOid.anyelement:
      case TypeOid.anynonarray:
      case ANYENUM:
        return element;
      case TypeOid.anyarray:
        return array ?? (element === TypeOid.unknown ? TypeOid.unknown : binder.arrayType(element));
      case TypeOid.anycompatible:
      case 5079:
        return common;
      case TypeOid.anycompatiblearray:
        return binder.arrayType(common);
      case ANYRANGE:
        return range?.rangeType ?? TypeOid.unknown;
      case ANYMULTIRANGE:
        return range?.multirangeType ?? TypeOid.unknown;
      case ANYCOMPATIBLERANGE:
        return compatibleRange?.rangeType ?? TypeOid.unknown;
      case ANYCOMPATIBLEMULTIRANGE:
        return compatibleRange?.multirangeType ?? TypeOid.unknown;
      default:
        return type;
    }
  };
  return { argTypes: declared.map(map), result: map(result) };
}
function rangeRules(binder: Binder, type: Oid, isRange: boolean): RangeRules | undefined {
  const rules = binder.registry.typeByOid(type)?.range;
  return rules !== undefined && (isRange ? rules.rangeType : rules.multirangeType) === type ? rules : undefined;
}
const arrayElement = (binder: Binder, type: Oid): Oid =>
  binder.category(type) === "A" || type === TypeOid.recordArray ? binder.elementType(type) : 0;
const FIRST_FAMILY: ReadonlySet<Oid> = new Set([
  TypeOid.anyelement,
  TypeOid.anyarray,
  TypeOid.anynonarray,
  ANYENUM,
  ANYRANGE,
  ANYMULTIRANGE,
]);
/** Of a value of type anyarray nobody can say what its elements are. */
const needsElement = (declared: readonly Oid[], result: Oid): boolean =>
  declared.filter((type) => FIRST_FAMILY.has(type)).length > 1 || (result !== TypeOid.anyarray && FIRST_FAMILY.has(result));

/** What enforce_generic_type_consistency says of arguments that have the declared polymorphic types themselves. */
export function polymorphicMismatch(binder: Binder, inputs: readonly Oid[], declared: readonly Oid[]): DbError | undefined {
  const given = (type: Oid): boolean => declared.some((one, i) => one === type && inputs[i] === type);
  const wrong = (type: Oid, kind: string): DbError => {
    const name = binder.typeName(type);
    return datatypeMismatch(`argument declared ${name} is not ${kind} but type ${name}`);
  };
  if (given(TypeOid.anycompatiblearray)) return wrong(TypeOid.anycompatiblearray, "an array");
  if (given(ANYCOMPATIBLERANGE)) return wrong(ANYCOMPATIBLERANGE, "a range type");
  if (given(ANYCOMPATIBLEMULTIRANGE)) return wrong(ANYCOMPATIBLEMULTIRANGE, "a multirange type");
  if (given(TypeOid.anyarray)) return datatypeMismatch('cannot determine element type of "anyarray" argument');
  if (given(ANYMULTIRANGE)) return wrong(ANYMULTIRANGE, "a multirange type");
  return given(ANYRANGE) ? wrong(ANYRANGE, "a range type") : undefined;
}
