/** Types that only signatures name, and void, whose one value is the empty string. */
import { DbError, PhysicalType, type SqlType } from "../../types/index.js";
import { makePseudoType, makeType } from "./define-type.js";

const pseudo = (name: string): SqlType =>
  makePseudoType(name, PhysicalType.varlen, undefined, (verb) => {
    throw new DbError({ sqlstate: "0A000", message: `cannot ${verb} a value of type ${name}` });
  });

export const pseudoTypes: readonly SqlType[] = [
  ...[
    "any",
    "anyelement",
    "anyarray",
    "anynonarray",
    "anyenum",
    "anycompatible",
    "anycompatiblearray",
    "anycompatiblenonarray",
    "anyrange",
    "anymultirange",
    "anycompatiblerange",
    "anycompatiblemultirange",
  ].map(pseudo),
  makeType("void", {
    physical: PhysicalType.varlen,
    keyKind: undefined,
    input: () => "",
    output: () => "",
    receive: () => "",
    send: () => new Uint8Array(0),
  }),
];
