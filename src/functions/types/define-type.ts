/** A SqlType from PostgreSQL's facts and the bodies that are ours. */
import { assert, type KeyKind, type PhysicalType, type SqlType } from "../../types/index.js";
import { typeFactsByName } from "../facts/index.js";

export type TypeBodies = Partial<Omit<SqlType, "physical" | "keyKind" | "input" | "output" | "receive" | "send">> &
  Pick<SqlType, "physical" | "keyKind" | "input" | "output" | "receive" | "send">;

export function makeType(name: string, bodies: TypeBodies): SqlType {
  const fact = typeFactsByName.get(name);
  assert(fact !== undefined, "a type of PostgreSQL has facts");
  return { ...fact, formatModifier: () => "", ...bodies };
}

/** A type that only signatures mention: any value of it is a mistake. */
export function makePseudoType(
  name: string,
  physical: PhysicalType,
  keyKind: KeyKind | undefined,
  refuse: (verb: string) => never,
): SqlType {
  return makeType(name, {
    physical,
    keyKind,
    input: () => refuse("accept"),
    output: () => refuse("display"),
    receive: () => refuse("accept"),
    send: () => refuse("display"),
  });
}
