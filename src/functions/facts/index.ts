/** PostgreSQL's catalog facts as objects. Read once at start-up; only what has a body reaches the registry. */
import type { CastSignature, FunctionSignature, Oid, OperatorSignature } from "../../types/index.js";
import { castFacts } from "./cast-facts.js";
import { functionFacts } from "./function-facts.js";
import { laterFunctionFacts } from "./later-function-facts.js";
import { operatorFacts } from "./operator-facts.js";
import { typeFacts } from "./type-facts.js";

export interface TypeFact {
  readonly oid: Oid;
  readonly name: string;
  readonly displayName: string;
  readonly category: string;
  readonly preferred: boolean;
  readonly length: number;
  readonly elementType: Oid;
  readonly arrayType: Oid;
}

export const typeFactsByName: ReadonlyMap<string, TypeFact> = new Map(
  lines(typeFacts).map((line) => {
    const [oid, name, displayName, category, preferred, length, elementType, arrayType] = line.split("|") as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    return [
      name,
      {
        oid: Number(oid),
        name,
        displayName,
        category,
        preferred: preferred === "1",
        length: Number(length),
        elementType: Number(elementType),
        arrayType: Number(arrayType),
      },
    ];
  }),
);

export function typeOid(name: string): Oid {
  const fact = typeFactsByName.get(name);
  if (fact === undefined) throw new Error(`assertion failed: no facts about type ${name}`);
  return fact.oid;
}

/** Signatures of the functions whose line `wanted` accepts by name and id; the rest of a line is read only then. */
export function* readFunctionFacts(wanted: (name: string, id: string) => boolean): Iterable<FunctionSignature> {
  const kinds: Record<string, FunctionSignature["kind"]> = { f: "function", s: "set", a: "aggregate", w: "window" };
  const volatilities: Record<string, FunctionSignature["volatility"]> = { i: "immutable", s: "stable", v: "volatile" };
  for (const line of [...lines(functionFacts), ...lines(laterFunctionFacts)]) {
    const nameAt = line.indexOf("|") + 1;
    const argumentsAt = line.indexOf("|", nameAt) + 1;
    const lineName = line.slice(nameAt, argumentsAt - 1);
    if (!wanted(lineName, `${lineName}(${line.slice(argumentsAt, line.indexOf("|", argumentsAt))})`)) continue;
    const [oid, name, args, result, flags, variadic, defaults, parameters] = line.split("|") as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const argTypes = args === "" ? [] : args.split(",").map(typeOid);
    const named = parameters === "" ? [] : parameters.split(",").map((p) => p.split(":") as [string, string, string]);
    const outs = named.filter(([mode]) => mode === "o" || mode === "t");
    const ins = named.filter(([mode]) => mode === "i" || mode === "v" || mode === "b");
    yield {
      id: `${name}(${args})`,
      oid: Number(oid),
      schema: "pg_catalog",
      name,
      argTypes,
      returnType: typeOid(result),
      kind: kinds[flags[0] as string]!,
      strict: flags[1] === "s",
      volatility: volatilities[flags[2] as string]!,
      ...(variadic === "" ? {} : { variadic: typeOid(variadic) }),
      ...(defaults === "" ? {} : { defaults: defaults.split(", ") }),
      ...(ins.length > 0 && ins.every(([, n]) => n !== "") ? { argNames: ins.map(([, n]) => n) } : {}),
      ...(outs.length > 1 ? { outColumns: outs.map(([, n, t]) => ({ name: n, type: typeOid(t) })) } : {}),
      ...(outs.length === 1 ? { outName: outs[0]![1] } : {}),
    };
  }
}

export function* readOperatorFacts(): Iterable<OperatorSignature> {
  for (const line of lines(operatorFacts)) {
    const [oid, name, left, right, result, functionId, commutator, negator] = line.split(" ") as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    yield {
      oid: Number(oid),
      schema: "pg_catalog",
      name,
      left: left === "-" ? 0 : typeOid(left),
      right: typeOid(right),
      result: typeOid(result),
      functionId,
      ...(commutator === "none" ? {} : { commutator }),
      ...(negator === "none" ? {} : { negator }),
    };
  }
}

export function* readCastFacts(): Iterable<CastSignature> {
  const contexts: Record<string, CastSignature["context"]> = { i: "implicit", a: "assignment", e: "explicit" };
  for (const line of lines(castFacts)) {
    const [source, target, context, method, functionId] = line.split("|") as [string, string, string, string, string];
    yield {
      source: typeOid(source),
      target: typeOid(target),
      context: contexts[context]!,
      method: method === "f" ? { kind: "function", functionId } : { kind: method === "b" ? "binary" : "inout" },
    };
  }
}

function lines(text: string): string[] {
  return text.trim().split("\n");
}
