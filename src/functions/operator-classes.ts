/** Operator classes by access method: PostgreSQL's own (facts), pgvector's for hnsw and ivfflat; which one a type gets, and what it accepts. */
import {
  hasOrderedKey,
  noOperatorClass,
  type Oid,
  operatorClassMismatch,
  operatorClassMissing,
  type SqlType,
  TypeOid,
} from "../types/index.js";
import { operatorClassFacts } from "./facts/operator-class-facts.js";
import { defaultVectorOperatorClass, hasVectorOperatorClass, vectorOperatorClasses } from "./vector/index.js";

export interface OperatorClass {
  readonly oid: Oid;
  readonly method: Oid;
  readonly name: string;
  readonly type: Oid;
  readonly isDefault: boolean;
  readonly family: Oid;
  /** The type of the keys where it is not the column's: 0 for none. */
  readonly keyType: Oid;
}

export const accessMethodOids: Readonly<Record<string, Oid>> = {
  btree: 403,
  hash: 405,
  gist: 783,
  gin: 2742,
  brin: 3580,
  spgist: 4000,
  hnsw: 16010,
  ivfflat: 16011,
};

export const operatorClasses: readonly OperatorClass[] = [
  ...operatorClassFacts
    .trim()
    .split("\n")
    .map((line) => {
      const [oid, method, name = "", family, type, isDefault, keyType] = line.split("|");
      return {
        oid: Number(oid),
        method: Number(method),
        name,
        type: Number(type),
        isDefault: isDefault === "t",
        family: Number(family),
        keyType: Number(keyType),
      };
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
        keyType: 0,
      })),
  ),
];

/** pgvector's types, whose order needs no class to be named. */
const FIRST_EXTENSION_OID = 16000;
const ANY_ARRAY = 2277;
const ANY_ENUM = 3500;
const ANY_RANGE = 3831;
const ANY_MULTIRANGE = 4537;
const RECORD = 2249;
const TEXTS: ReadonlySet<Oid> = new Set([TypeOid.text, TypeOid.varchar, TypeOid.bpchar]);
const INET = 869;
const CIDR = 650;
const BIT = 1560;
const VARBIT = 1562;
/** Types that read as another one with no change of a byte (pg_cast, method b), where a class is over that one. */
const coercible: Readonly<Record<Oid, readonly Oid[]>> = {
  [TypeOid.text]: [TypeOid.bpchar],
  [TypeOid.varchar]: [TypeOid.text, TypeOid.bpchar],
  [CIDR]: [INET],
  [BIT]: [VARBIT],
  [VARBIT]: [BIT],
  [TypeOid.int4]: [TypeOid.oid],
};

function polymorphicOf(type: SqlType): Oid | undefined {
  if (type.kind === "enum") return ANY_ENUM;
  if (type.range !== undefined) return type.range.rangeType === type.oid ? ANY_RANGE : ANY_MULTIRANGE;
  if (type.fields !== undefined) return RECORD;
  return type.elementType !== 0 && type.name.startsWith("_") ? ANY_ARRAY : undefined;
}

function accepts(operatorClass: OperatorClass, type: SqlType): boolean {
  return (
    operatorClass.type === type.oid ||
    operatorClass.type === polymorphicOf(type) ||
    coercible[type.oid]?.includes(operatorClass.type) === true ||
    (/^reg[a-z]+$/.test(type.name) && operatorClass.type === TypeOid.oid)
  );
}

/** undefined: the type has none there. A class of the very type comes before one it only reads as. */
export function defaultOperatorClass(method: string, type: SqlType): OperatorClass | undefined {
  const candidates = operatorClasses.filter((c) => c.isDefault && c.method === accessMethodOids[method] && accepts(c, type));
  const own = candidates.find((c) => c.type === type.oid);
  return own ?? candidates.find((c) => !TEXTS.has(type.oid) || c.type === TypeOid.text) ?? candidates[0];
}

/**
 * The class of an index column; undefined where the type has an order of ours and no class of PostgreSQL's (vectors in a btree).
 * @throws DbError 42704 no such class, none by default; 42804 it does not accept the type
 */
export function operatorClassOf(method: string, type: SqlType, written: string | undefined): OperatorClass | undefined {
  if (written === undefined) {
    const found = defaultOperatorClass(method, type);
    if (found === undefined && !(method === "btree" && type.oid >= FIRST_EXTENSION_OID && hasOrderedKey(type)))
      throw noOperatorClass(type.displayName, method);
    return found;
  }
  const named = operatorClasses.filter((c) => c.name === written && c.method === accessMethodOids[method]);
  if (named.length === 0) throw operatorClassMissing(written, method);
  const found = named.find((c) => accepts(c, type));
  if (found === undefined) throw operatorClassMismatch(written, type.displayName);
  return found;
}
