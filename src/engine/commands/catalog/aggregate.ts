/** CREATE AGGREGATE. */
import type { FunctionObject, FunctionParameter } from "../../../catalog/index.js";
import { inputParameters } from "../../../functions/index.js";
import type { Command, QualifiedName } from "../../../plan/index.js";
import { DbError, type FunctionSignature, notSupported, type Oid } from "../../../types/index.js";
import { type DefinitionContext, displayName } from "../context.js";
import { defaultAcl, requireCreateOn } from "./grant.js";
import { sameTypes } from "./objects.js";
import { isPolymorphicType } from "./routine.js";

const invalid = (message: string) => new DbError({ sqlstate: "42P13", message });

export function createAggregate(context: DefinitionContext, command: Extract<Command, { kind: "CreateAggregate" }>): void {
  const { options, functions } = command;
  const schema = context.creationSchema(command.name);
  requireCreateOn(context, schema);
  for (const key of Object.keys(options))
    if (key.startsWith("unrecognized "))
      context.session.notice("WARNING", "42601", `aggregate attribute "${key.slice(13)}" not recognized`);
  if (options.oldstyle !== undefined && command.types.basetype === undefined) throw invalid("aggregate input type must be specified");
  const stateType = command.types.stype;
  if (stateType === undefined) throw invalid("aggregate stype must be specified");
  if (functions.sfunc === undefined) throw invalid("aggregate sfunc must be specified");
  if (options.sortop !== undefined && command.parameters.length !== 1)
    throw invalid("sort operator can only be specified for single-argument aggregates");
  const kind = command.directArguments < 0 ? "normal" : options.hypothetical === "true" ? "hypothetical" : "ordered";
  if (kind !== "normal") throw notSupported("CREATE AGGREGATE with ORDER BY arguments");
  if (functions.serialfunc !== undefined || functions.deserialfunc !== undefined)
    throw notSupported("CREATE AGGREGATE with serialization functions");
  const typeName = (oid: Oid) => context.registry.typeByOid(oid)?.displayName ?? "???";
  const inputs = command.parameters.map((p) => p.type);
  const state = context.registry.typeByOid(stateType);
  if (state?.category === "P" && !isPolymorphicType(stateType))
    throw invalid(`aggregate transition data type cannot be ${typeName(stateType)}`);
  if (isPolymorphicType(stateType) && !inputs.some(isPolymorphicType))
    throw new DbError({
      sqlstate: "42P13",
      message: "cannot determine transition data type",
      detail: `A result of type ${typeName(stateType)} requires at least one input of type anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange.`,
    });
  const step = lookup(context, functions.sfunc, [stateType, ...inputs]);
  // A polymorphic result is of the type of the argument that is declared like it.
  const alike = isPolymorphicType(step.returnType) ? step.argTypes.indexOf(step.returnType) : -1;
  const stepResult = alike < 0 ? step.returnType : ([stateType, ...inputs][alike] ?? step.returnType);
  if (!compatible(context, stepResult, stateType))
    throw new DbError({
      sqlstate: "42804",
      message: `return type of transition function ${functions.sfunc.name} is not ${typeName(stateType)}`,
    });
  if (step.strict && options.initcond === undefined) {
    const first = inputs[0];
    if (first === undefined || !compatible(context, first, stateType))
      throw invalid("must not omit initial value when transition function is strict and transition type is not compatible with input type");
  }
  const extra = options.finalfunc_extra !== undefined && options.finalfunc_extra !== "false";
  const final = functions.finalfunc === undefined ? undefined : lookup(context, functions.finalfunc, [stateType, ...(extra ? inputs : [])]);
  const combine = functions.combinefunc === undefined ? undefined : lookup(context, functions.combinefunc, [stateType, stateType]);
  if (combine !== undefined && combine.returnType !== stateType)
    throw new DbError({
      sqlstate: "42804",
      message: `return type of combine function ${functions.combinefunc?.name} is not ${typeName(stateType)}`,
    });
  const returnType = final === undefined ? stateType : isPolymorphicType(final.returnType) ? final.returnType : final.returnType;
  if (options.initcond !== undefined && state !== undefined && state.category !== "P")
    state.input(options.initcond, -1, context.session.format);
  const existing = context.snapshot.functionsNamed(command.name.name).find(
    (f) =>
      f.schema === schema.oid &&
      sameTypes(
        inputParameters(f).map((p) => p.type),
        inputs,
      ),
  );
  if (existing !== undefined) {
    if (!command.replace)
      throw new DbError({ sqlstate: "42723", message: `function "${command.name.name}" already exists with same argument types` });
    if (existing.kind !== "aggregate")
      throw new DbError({
        sqlstate: "42809",
        message: "cannot change routine kind",
        detail: `"${existing.name}" is ${existing.kind === "procedure" ? "a procedure" : "a function"}.`,
      });
    if (existing.returnType !== returnType)
      throw new DbError({
        sqlstate: "42P13",
        message: "cannot change return type of existing function",
        hint: `Use DROP AGGREGATE ${existing.name}(${inputs.map(typeName).join(",")}) first.`,
      });
  }
  const acl = existing === undefined ? defaultAcl(context, "f", schema.oid) : existing.acl;
  const object: FunctionObject = {
    class: "function",
    oid: existing?.oid ?? context.newOid(),
    schema: schema.oid,
    name: command.name.name,
    owner: existing?.owner ?? context.owner,
    kind: "aggregate",
    parameters: command.parameters as readonly FunctionParameter[],
    returnType,
    returnsSet: false,
    // PostgreSQL's aggregates are not strict themselves: their transition function is.
    strict: false,
    volatility: "immutable",
    leakproof: false,
    securityDefiner: false,
    parallel: options.parallel === "safe" ? "safe" : options.parallel === "restricted" ? "restricted" : "unsafe",
    cost: 1,
    rows: 0,
    settings: [],
    ...(acl === undefined ? {} : { acl }),
    body: {
      language: "aggregate",
      aggregateKind: kind,
      directArguments: 0,
      step: step.id,
      stepOid: step.oid,
      stateType,
      ...(final === undefined ? {} : { final: final.id, finalOid: final.oid }),
      finalExtra: extra,
      ...(combine === undefined ? {} : { combine: combine.oid }),
      ...movingOf(context, command, inputs),
      ...(options.initcond === undefined ? {} : { initial: options.initcond }),
    },
  };
  context.put(object);
}

type AggregateBody = Extract<FunctionObject["body"], { language: "aggregate" }>;
function movingOf(
  context: DefinitionContext,
  { options, functions, types }: Extract<Command, { kind: "CreateAggregate" }>,
  inputs: readonly Oid[],
): Pick<AggregateBody, "moving"> {
  const { msfunc, minvfunc, mfinalfunc } = functions;
  const stateType = types.mstype;
  if (stateType === undefined) {
    for (const name of ["msfunc", "minvfunc", "mfinalfunc"])
      if (functions[name] !== undefined) throw invalid(`aggregate ${name} must not be specified without mstype`);
    if (options.minitcond !== undefined) throw invalid("aggregate minitcond must not be specified without mstype");
    return {};
  }
  if (msfunc === undefined) throw invalid("aggregate msfunc must be specified when mstype is specified");
  if (minvfunc === undefined) throw invalid("aggregate minvfunc must be specified when mstype is specified");
  return {
    moving: {
      step: lookup(context, msfunc, [stateType, ...inputs]).oid,
      inverse: lookup(context, minvfunc, [stateType, ...inputs]).oid,
      ...(mfinalfunc === undefined ? {} : { final: lookup(context, mfinalfunc, [stateType]).oid }),
      stateType,
      ...(options.minitcond === undefined ? {} : { initial: options.minitcond }),
    },
  };
}

/** The function by name that takes these types, as they are or in other clothes of the same bytes. */
export function lookup(context: DefinitionContext, name: QualifiedName, types: readonly Oid[]): FunctionSignature {
  const typeName = (oid: Oid) => context.registry.typeByOid(oid)?.displayName ?? "???";
  const schemas = name.schema === undefined ? context.catalog.searchPath.map((oid) => context.schemaName(oid)) : [name.schema];
  const candidates = context.registry.functionsByName(name.name).filter((f) => schemas.includes(f.schema) && f.kind === "function");
  const fits = (f: FunctionSignature, test: (declared: Oid, given: Oid) => boolean): boolean => {
    // VARIADIC parameters take as many as are left.
    if (f.variadic !== undefined && f.argTypes.length <= types.length) {
      const fixed = f.argTypes.length - 1;
      return types.every((t, i) =>
        i < fixed ? test(f.argTypes[i] as Oid, t) : test(f.variadic as Oid, t) || test(f.argTypes[fixed] as Oid, t),
      );
    }
    return f.argTypes.length === types.length && types.every((t, i) => test(f.argTypes[i] as Oid, t));
  };
  const found =
    candidates.find((f) => fits(f, (a, b) => a === b)) ??
    candidates.find((f) => fits(f, (a, b) => compatible(context, b, a))) ??
    candidates.find((f) => fits(f, (a, b) => compatible(context, b, a) || (isPolymorphicType(a) && !isPolymorphicType(b))));
  if (found === undefined)
    throw new DbError({ sqlstate: "42883", message: `function ${displayName(name)}(${types.map(typeName).join(", ")}) does not exist` });
  return found;
}
export function compatible(context: DefinitionContext, source: Oid, target: Oid): boolean {
  if (source === target) return true;
  const cast = context.registry.cast(source, target);
  return cast?.method.kind === "binary" && cast.context === "implicit";
}
