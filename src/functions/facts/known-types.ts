/** PostgreSQL 15's own types, whether a value can be of them here or not. */
import type { Oid } from "../../types/index.js";
import { typeFacts } from "./type-facts.js";

export interface KnownType {
  readonly oid: Oid;
  readonly name: string;
  readonly category: string;
  readonly preferred: boolean;
  readonly length: number;
  readonly elementType: Oid;
  readonly arrayType: Oid;
}

export const knownTypes: readonly KnownType[] = typeFacts
  .trim()
  .split("\n")
  .map((line) => {
    const [oid, name = "", , category = "", preferred, length, elementType, arrayType] = line.split("|");
    return {
      oid: Number(oid),
      name,
      category,
      preferred: preferred === "1",
      length: Number(length),
      elementType: Number(elementType),
      arrayType: Number(arrayType),
    };
  });
