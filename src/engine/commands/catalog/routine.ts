/** CREATE and ALTER FUNCTION and PROCEDURE. */
import type { FunctionObject, FunctionParameter } from "../../../catalog/index.js";
import { inputParameters } from "../../../functions/index.js";
import type { Command, RoutineFacts } from "../../../plan/index.js";
import { DbError, notSupported, type Oid, TypeOid } from "../../../types/index.js";
import { checkRoutineBody } from "../../routines.js";
import type { DefinitionContext } from "../context.js";
import { defaultAcl, requireCreateOn } from "./grant.js";
import { requireObject, sameTypes } from "./objects.js";
import { requireOwner } from "./ownership.js";

const ARGUMENTS_MAX = 100;
const invalid = (message: string, more: { detail?: string; hint?: string } = {}) => new DbError({ sqlstate: "42P13", message, ...more });

type Create = Extract<Command, { kind: "CreateRoutine" }>;

export function createRoutine(context: DefinitionContext, command: Create): void {
  const schema = context.creationSchema(command.name);
  requireCreateOn(context, schema);
  const what = command.isProcedure ? "procedure" : "function";
  if (command.parameters.filter((p) => p.mode !== "out" && p.mode !== "table").length > ARGUMENTS_MAX)
    throw new DbError({ sqlstate: "54023", message: `${what}s cannot have more than ${ARGUMENTS_MAX} arguments` });
  const body = bodyOf(context, command);
  const { facts } = command;
  if (facts.window === true) throw notSupported("WINDOW functions in this language");
  if (facts.support !== undefined) throw notSupported("SUPPORT functions");
  const parameters = command.parameters as readonly FunctionParameter[];
  const types = parameters.filter((p) => p.mode !== "out" && p.mode !== "table").map((p) => p.type);
  const existing = context.snapshot.functionsNamed(command.name.name).find(
    (f) =>
      f.schema === schema.oid &&
      sameTypes(
        inputParameters(f).map((p) => p.type),
        types,
      ),
  );
  if (existing !== undefined) {
    if (!command.replace)
      throw new DbError({ sqlstate: "42723", message: `function "${command.name.name}" already exists with same argument types` });
    requireOwner(context, existing);
    requireReplaceable(context, existing, command);
  }
  checkFacts(facts, command.returnsSet);
  const oid = existing?.oid ?? context.newOid();
  const acl = existing === undefined ? defaultAcl(context, "f", schema.oid) : existing.acl;
  let object: FunctionObject = {
    class: "function",
    oid,
    schema: schema.oid,
    name: command.name.name,
    owner: existing?.owner ?? context.owner,
    kind: what,
    parameters,
    returnType: command.returnType,
    returnsSet: command.returnsSet,
    strict: facts.strict ?? false,
    volatility: facts.volatility ?? "volatile",
    leakproof: facts.leakproof ?? false,
    securityDefiner: facts.securityDefiner ?? false,
    parallel: parallelOf(facts.parallel ?? "unsafe"),
    cost: facts.cost ?? (body.language === "internal" ? 1 : 100),
    rows: facts.rows ?? (command.returnsSet ? 1000 : 0),
    settings: settingsOf(context, [], facts),
    ...(acl === undefined ? {} : { acl }),
    body,
  };
  if (facts.leakproof === true && context.snapshot.role(context.session.user)?.superuser !== true)
    throw new DbError({ sqlstate: "42501", message: "only superuser can define a leakproof function" });
  context.put(object);
  if (body.language === "sql") {
    const { dependsOn, statements } = checkRoutineBody(context, object);
    // RETURN is kept as a SELECT that no semicolon ends.
    const isReturn = !/;\s*$/.test(body.source);
    const source = statements === undefined ? body.source : isReturn ? (statements[0] ?? "") : statements.map((s) => `${s};`).join("\n");
    object = { ...object, body: { ...body, source, dependsOn: body.atomic ? dependsOn : [] } };
    context.put(object);
  }
}

function parallelOf(text: string): FunctionObject["parallel"] {
  if (text === "safe" || text === "restricted" || text === "unsafe") return text;
  throw new DbError({ sqlstate: "42601", message: 'parameter "parallel" must be SAFE, RESTRICTED, or UNSAFE' });
}
function checkFacts(facts: RoutineFacts, returnsSet: boolean): void {
  if (facts.cost !== undefined && facts.cost <= 0) throw new DbError({ sqlstate: "22023", message: "COST must be positive" });
  if (facts.rows !== undefined && facts.rows <= 0) throw new DbError({ sqlstate: "22023", message: "ROWS must be positive" });
  if (facts.rows !== undefined && !returnsSet)
    throw new DbError({ sqlstate: "22023", message: "ROWS is not applicable when function does not return a set" });
}

function bodyOf(context: DefinitionContext, command: Create): FunctionObject["body"] {
  const language = command.language?.toLowerCase() ?? (command.atomic === undefined ? undefined : "sql");
  if (language === undefined) throw invalid("no language specified");
  switch (language) {
    case "sql":
      break;
    case "internal":
      return internalBody(context, command);
    default:
      throw notSupported(`LANGUAGE ${language}`);
  }
  if (command.atomic !== undefined && command.source !== undefined) throw invalid("duplicate function body specified");
  if (command.linkSymbol !== undefined) throw invalid(`only one AS item needed for language "sql"`);
  const source = command.atomic ?? command.source;
  if (source === undefined) throw invalid("no function body specified");
  const isAtomic = command.atomic !== undefined;
  const inputs = command.parameters.filter((p) => p.mode !== "out" && p.mode !== "table");
  if (isAtomic && inputs.some((p) => isPolymorphicType(p.type)))
    throw invalid("SQL function with unquoted function body cannot have polymorphic arguments");
  return { language: "sql", source, atomic: isAtomic, dependsOn: [] };
}
const POLYMORPHIC: ReadonlySet<Oid> = new Set([2276, 2283, 2277, 2776, 3500, 3831, 4537, 5077, 5078, 5079, 5080, 4538]);
export const isPolymorphicType = (type: Oid): boolean => POLYMORPHIC.has(type);

/** AS 'name': the built-in function of that name, which must take and give the same types. */
function internalBody(context: DefinitionContext, command: Create): FunctionObject["body"] {
  const source = command.source ?? command.name.name;
  const named = context.session.database.registry.functionsByName(source);
  if (named.length === 0) throw new DbError({ sqlstate: "42883", message: `there is no built-in function named "${source}"` });
  const types = command.parameters.filter((p) => p.mode !== "out" && p.mode !== "table").map((p) => p.type);
  const found =
    named.find((f) => f.argTypes.length === types.length && f.argTypes.every((t, i) => t === types[i])) ??
    named.find((f) => f.argTypes.length === types.length);
  if (found === undefined || found.kind !== "function") throw notSupported(`LANGUAGE internal for ${source} with these arguments`);
  return { language: "internal", source, functionId: found.id };
}

/** What CREATE OR REPLACE may not change. */
function requireReplaceable(context: DefinitionContext, old: FunctionObject, command: Create): void {
  const { name } = command.name;
  const typeName = (oid: Oid) => context.registry.typeByOid(oid)?.displayName ?? "???";
  const signature = `${name}(${inputParameters(old)
    .map((p) => typeName(p.type))
    .join(",")})`;
  const drop = `Use DROP ${old.kind.toUpperCase()} ${signature} first.`;
  const kind = command.isProcedure ? "procedure" : "function";
  if (old.kind !== kind)
    throw new DbError({
      sqlstate: "42809",
      message: "cannot change routine kind",
      detail: `"${name}" is ${old.kind === "aggregate" ? "an aggregate function" : old.kind === "procedure" ? "a procedure" : "a function"}.`,
    });
  if (old.returnType !== command.returnType || old.returnsSet !== command.returnsSet)
    throw command.isProcedure
      ? invalid("cannot change whether a procedure has output parameters", { hint: drop })
      : invalid("cannot change return type of existing function", { hint: drop });
  const outputs = (list: readonly { mode: string; name: string; type: Oid }[]) =>
    list.filter((p) => p.mode === "out" || p.mode === "inout" || p.mode === "table");
  if (command.returnType === TypeOid.record) {
    const [before, after] = [outputs(old.parameters), outputs(command.parameters)];
    const same = before.length === after.length && before.every((p, i) => p.type === after[i]?.type && p.name === after[i]?.name);
    if (!same)
      throw invalid("cannot change return type of existing function", {
        detail: "Row type defined by OUT parameters is different.",
        hint: drop,
      });
  }
  const inputs = command.parameters.filter((p) => p.mode !== "out" && p.mode !== "table");
  for (const [i, before] of inputParameters(old).entries()) {
    const after = inputs[i];
    if (before.name !== "" && after !== undefined && before.name !== after.name)
      throw invalid(`cannot change name of input parameter "${before.name}"`, { hint: drop });
  }
  const count = (list: readonly { defaultSql?: string }[]) => list.filter((p) => p.defaultSql !== undefined).length;
  if (count(inputs) < count(inputParameters(old))) throw invalid("cannot remove parameter defaults from existing function", { hint: drop });
}

function settingsOf(context: DefinitionContext, old: FunctionObject["settings"], facts: RoutineFacts): FunctionObject["settings"] {
  let settings = [...old];
  for (const change of facts.settings ?? []) {
    const name = change.name.toLowerCase();
    if (name === "all" && change.value === null) {
      settings = [];
      continue;
    }
    settings = settings.filter((s) => s.name !== name);
    if (change.fromCurrent === true) settings.push({ name, value: context.session.setting(name) });
    else if (change.value !== null) {
      if (!context.session.hasSetting(name) && !name.includes("."))
        throw new DbError({ sqlstate: "42704", message: `unrecognized configuration parameter "${change.name}"` });
      settings.push({ name, value: change.value });
    }
  }
  return settings;
}

export function alterRoutine(context: DefinitionContext, command: Extract<Command, { kind: "AlterRoutine" }>): void {
  const { object } = requireObject(context, command.object);
  if (object.class !== "function") throw notSupported(`ALTER ${command.object.kind.toUpperCase()}`);
  requireOwner(context, object);
  if (object.kind === "aggregate") throw new DbError({ sqlstate: "42809", message: `"${object.name}" is an aggregate function` });
  const { facts } = command;
  if (
    object.kind === "procedure" &&
    (facts.strict !== undefined ||
      facts.volatility !== undefined ||
      facts.leakproof !== undefined ||
      facts.cost !== undefined ||
      facts.rows !== undefined ||
      facts.parallel !== undefined)
  )
    throw invalid("invalid attribute in procedure definition");
  checkFacts(facts, object.returnsSet);
  if (facts.leakproof === true && context.snapshot.role(context.session.user)?.superuser !== true)
    throw new DbError({ sqlstate: "42501", message: "only superuser can define a leakproof function" });
  if (facts.support !== undefined) throw notSupported("SUPPORT functions");
  context.put({
    ...object,
    strict: facts.strict ?? object.strict,
    volatility: facts.volatility ?? object.volatility,
    leakproof: facts.leakproof ?? object.leakproof,
    securityDefiner: facts.securityDefiner ?? object.securityDefiner,
    parallel: facts.parallel === undefined ? object.parallel : parallelOf(facts.parallel),
    cost: facts.cost ?? object.cost,
    rows: facts.rows ?? object.rows,
    settings: settingsOf(context, object.settings, facts),
  });
}
