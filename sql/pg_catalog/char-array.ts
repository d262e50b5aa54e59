/** "char"[] values of catalog columns. */
import { ArrayValue, TypeOid } from "../../src/types/index.js";

export const charArray = (values: readonly string[]) => new ArrayValue(TypeOid.char, values);
