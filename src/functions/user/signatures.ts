/**
 * Signatures of the catalog's functions. Their ids end in the OID, so that bodies are found without a name, and begin with a colon, so that
 * no function of the catalog is taken for a built-in one of its name: `:count()#16390`.
 */
import type { FunctionObject, FunctionParameter } from "../../catalog/index.js";
import { type FunctionSignature, type Oid, type SqlType, TypeOid } from "../../types/index.js";

export const routineId = {
  of: (object: { readonly name: string; readonly oid: Oid }): string => `:${object.name}()#${object.oid}`,
  oidOf: (id: string): Oid | undefined => {
    const at = id.lastIndexOf(")#");
    if (at < 0) return undefined;
    const oid = Number(id.slice(at + 2));
    return Number.isSafeInteger(oid) ? oid : undefined;
  },
};

export const isInput = (p: FunctionParameter): boolean => p.mode === "in" || p.mode === "inout" || p.mode === "variadic";
export const isOutput = (p: FunctionParameter): boolean => p.mode === "out" || p.mode === "inout" || p.mode === "table";

/** Parameters that a call gives values for; a procedure's OUT parameters are written in CALL too, but are not these. */
export const inputParameters = (object: FunctionObject): readonly FunctionParameter[] => object.parameters.filter(isInput);

export function signatureOf(object: FunctionObject, schema: string, typeByOid: (oid: Oid) => SqlType | undefined): FunctionSignature {
  // CALL names every parameter of a procedure, OUT ones with any value.
  const inputs = object.kind === "procedure" ? object.parameters.filter((p) => p.mode !== "table") : inputParameters(object);
  const outputs = object.parameters.filter(isOutput);
  const last = inputs.at(-1);
  const variadic =
    last?.mode === "variadic" ? (last.type === TypeOid.any ? TypeOid.any : variadicElement(last.type, typeByOid)) : undefined;
  const defaults = inputs.flatMap((p) => (p.defaultSql === undefined ? [] : [p.defaultSql]));
  const returnType = object.returnType;
  const composite = typeByOid(returnType)?.fields;
  const outColumns =
    outputs.length > 1 || (object.kind === "procedure" && outputs.length === 1)
      ? outputs.map((p, i) => ({ name: p.name === "" ? `column${i + 1}` : p.name, type: p.type }))
      : object.parameters.some((p) => p.mode === "table") && outputs.length === 1
        ? undefined
        : object.returnsSet && composite !== undefined
          ? composite.map((f) => ({ name: f.name, type: f.type }))
          : undefined;
  return {
    id: routineId.of(object),
    oid: object.oid,
    schema,
    name: object.name,
    argTypes: inputs.map((p) => p.type),
    ...(variadic === undefined ? {} : { variadic }),
    ...(defaults.length === 0 ? {} : { defaults }),
    ...(inputs.some((p) => p.name !== "") ? { argNames: inputs.map((p) => p.name) } : {}),
    returnType,
    ...(outputs.length === 1 && outputs[0]!.name !== "" ? { outName: outputs[0]!.name } : {}),
    ...(outColumns === undefined ? {} : { outColumns }),
    kind: object.kind === "aggregate" ? "aggregate" : object.kind === "procedure" ? "procedure" : object.returnsSet ? "set" : "function",
    strict: object.strict,
    volatility: object.volatility,
  };
}

function variadicElement(array: Oid, typeByOid: (oid: Oid) => SqlType | undefined): Oid {
  if (array === TypeOid.anyarray) return TypeOid.anyelement;
  if (array === TypeOid.anycompatiblearray) return TypeOid.anycompatible;
  return typeByOid(array)?.elementType ?? 0;
}
