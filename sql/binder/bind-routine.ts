/** CREATE FUNCTION and PROCEDURE, ALTER, CALL: parameters, result types and options, as functioncmds.c judges them. */
import type { Command, ObjectReference, RoutineFacts, RoutineParameter } from "../../src/plan/index.js";
import { DbError, notSupported, type Oid, syntaxError, TypeOid } from "../../src/types/index.js";
import { deparseExpression } from "../parser/deparse.js";
import type { Expr, TypeName } from "../parser/syntax-tree.js";
import type { CatalogStatement, ParameterSyntax, RoutineOptionsSyntax } from "../parser/syntax-tree-catalog.js";
import { type BoundCatalogCommand, nameOf } from "./bind-catalog.js";
import { bindExpression, resolveTypeName } from "./bind-expression.js";
import { bindCallArguments } from "./bind-function.js";
import { at, type Binder } from "./binder.js";
import { isPolymorphic, tryCoerce } from "./coerce.js";
import { Scope } from "./scope.js";

const invalid = (message: string, position?: number, more: { detail?: string } = {}): DbError =>
  new DbError({ sqlstate: "42P13", message, ...(position === undefined || position === 0 ? {} : { position }), ...more });

const isIn = (p: { readonly mode: string }): boolean => p.mode === "in" || p.mode === "inout" || p.mode === "variadic";
const isOut = (p: { readonly mode: string }): boolean => p.mode === "out" || p.mode === "inout" || p.mode === "table";

export function bindParameters(
  binder: Binder,
  written: readonly ParameterSyntax[],
  what: "function" | "procedure" | "aggregate",
): RoutineParameter[] {
  let sawDefault = false;
  let sawVariadic = false;
  const result: RoutineParameter[] = [];
  for (const [i, parameter] of written.entries()) {
    const { type } = resolveTypeName(binder, parameter.type);
    if (parameter.type.setOf) throw invalid(`${what}s cannot accept set arguments`);
    if (what === "aggregate" && parameter.defaultValue !== undefined) throw invalid("aggregates cannot have default arguments");
    if (what === "aggregate" && parameter.mode !== "in" && parameter.mode !== "variadic")
      throw invalid("aggregates cannot have output arguments");
    if (isIn(parameter) || (what === "procedure" && parameter.mode === "out")) {
      if (sawVariadic) throw invalid("VARIADIC parameter must be the last input parameter");
    }
    if (parameter.mode === "variadic") {
      sawVariadic = true;
      const isArray =
        type === TypeOid.any || type === TypeOid.anyarray || type === TypeOid.anycompatiblearray || binder.category(type) === "A";
      if (!isArray) throw invalid("VARIADIC parameter must be an array");
    }
    if (parameter.name !== "") {
      const sameSide = written.slice(0, i).some(
        (other) =>
          other.name === parameter.name &&
          // An IN and an OUT parameter may share a name; in a procedure they may not.
          !((isPureIn(other) && isPureOut(parameter)) || (isPureOut(other) && isPureIn(parameter))),
      );
      if (sameSide) throw invalid(`parameter name "${parameter.name}" used more than once`);
    }
    let defaultSql: string | undefined;
    if (parameter.defaultValue !== undefined) {
      if (!isIn(parameter)) throw invalid("only input parameters can have default values");
      defaultSql = bindDefault(binder, parameter.defaultValue, type);
      sawDefault = true;
    } else if (sawDefault && isIn(parameter)) throw invalid("input parameters after one with a default value must also have defaults");
    else if (sawDefault && what === "procedure" && parameter.mode === "out")
      throw invalid("procedure OUT parameters cannot appear after one with a default value");
    result.push({ mode: parameter.mode, name: parameter.name, type, ...(defaultSql === undefined ? {} : { defaultSql }) });
  }
  return result;
}
const isPureIn = (p: ParameterSyntax): boolean => p.mode === "in" || p.mode === "variadic";
const isPureOut = (p: ParameterSyntax): boolean => p.mode === "out" || p.mode === "table";

function bindDefault(binder: Binder, expr: Expr, type: Oid): string {
  const scope = new Scope(undefined);
  scope.clause = "DEFAULT expressions";
  const allowed = binder.parametersAllowed;
  binder.parametersAllowed = false;
  try {
    const bound = bindExpression(binder, scope, expr);
    if (!isPolymorphic(type) && tryCoerce(binder, bound, type, "assignment") === undefined)
      throw new DbError({
        sqlstate: "42804",
        message: `argument of DEFAULT must be type ${binder.typeName(type)}, not type ${binder.typeName(bound.type)}`,
        ...(expr.position === 0 ? {} : { position: expr.position }),
      });
  } finally {
    binder.parametersAllowed = allowed;
  }
  return deparseExpression(expr);
}

/** The language is looked for before any type. */
function requireLanguage(written: string | undefined): void {
  const language = written?.toLowerCase() ?? "sql";
  if (language === "plpgsql" || language === "c") throw notSupported(`LANGUAGE ${language}`);
  if (language !== "sql" && language !== "internal")
    throw new DbError({ sqlstate: "42704", message: `language "${written}" does not exist` });
}

export function bindCreateRoutine(binder: Binder, statement: Extract<CatalogStatement, { kind: "CreateRoutine" }>): Command {
  const { options } = statement;
  requireLanguage(options.language);
  const parameters = bindParameters(binder, statement.parameters, statement.isProcedure ? "procedure" : "function");
  const outputs = parameters.filter(isOut);
  const required: Oid = outputs.length === 0 ? 0 : outputs.length === 1 && !statement.isProcedure ? outputs[0]!.type : TypeOid.record;
  let returnType: Oid;
  let returnsSet = false;
  if (statement.isProcedure) {
    returnType = outputs.length > 0 ? TypeOid.record : TypeOid.void;
    if (
      options.strict !== undefined ||
      options.volatility !== undefined ||
      options.window !== undefined ||
      options.leakproof !== undefined ||
      options.cost !== undefined ||
      options.rows !== undefined ||
      options.parallel !== undefined ||
      options.support !== undefined
    )
      throw invalid("invalid attribute in procedure definition");
  } else if (statement.returns !== undefined) {
    returnsSet = statement.returns.setOf;
    const isTable = parameters.some((p) => p.mode === "table");
    returnType = isTable ? required : resolveTypeName(binder, { ...statement.returns, position: 0 }).type;
    if (required !== 0 && returnType !== required)
      throw invalid(`function result type must be ${binder.typeName(required)} because of OUT parameters`);
  } else if (required !== 0) returnType = required;
  else throw invalid("function result type must be specified");
  checkPolymorphicResult(
    binder,
    returnType,
    parameters.filter(isIn).map((p) => p.type),
  );
  for (const p of outputs)
    checkPolymorphicResult(
      binder,
      p.type,
      parameters.filter(isIn).map((x) => x.type),
    );
  const { language, source, linkSymbol } = options;
  return {
    kind: "CreateRoutine",
    isProcedure: statement.isProcedure,
    replace: statement.replace,
    name: nameOf(statement.name),
    parameters,
    returnType,
    returnsSet,
    returnsWritten: statement.returns !== undefined,
    ...(language === undefined ? {} : { language }),
    ...(source === undefined ? {} : { source }),
    ...(linkSymbol === undefined ? {} : { linkSymbol }),
    ...(statement.atomic === undefined ? {} : { atomic: statement.atomic }),
    facts: factsOf(options),
  };
}

const ELEMENT_FAMILY: ReadonlySet<Oid> = new Set([TypeOid.anyelement, TypeOid.anyarray, TypeOid.anynonarray, 3500, 3831, 4537]);
const COMPATIBLE_FAMILY: ReadonlySet<Oid> = new Set([TypeOid.anycompatible, TypeOid.anycompatiblearray, 5079, 5080, 4538]);
function checkPolymorphicResult(binder: Binder, type: Oid, inputs: readonly Oid[]): void {
  const name = binder.typeName(type);
  const fail = (detail: string): DbError => invalid("cannot determine result data type", undefined, { detail });
  const ranges = (member: Oid, other: Oid) => inputs.includes(member) || inputs.includes(other);
  if (type === 3831 || type === 4537) {
    if (!ranges(3831, 4537)) throw fail(`A result of type ${name} requires at least one input of type anyrange or anymultirange.`);
  } else if (type === 5080 || type === 4538) {
    if (!ranges(5080, 4538))
      throw fail(`A result of type ${name} requires at least one input of type anycompatiblerange or anycompatiblemultirange.`);
  } else if (ELEMENT_FAMILY.has(type)) {
    if (!inputs.some((t) => ELEMENT_FAMILY.has(t)))
      throw fail(
        `A result of type ${name} requires at least one input of type anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange.`,
      );
  } else if (COMPATIBLE_FAMILY.has(type)) {
    if (!inputs.some((t) => COMPATIBLE_FAMILY.has(t)))
      throw fail(
        `A result of type ${name} requires at least one input of type anycompatible, anycompatiblearray, anycompatiblenonarray, anycompatiblerange, or anycompatiblemultirange.`,
      );
  }
}

function factsOf(options: RoutineOptionsSyntax): RoutineFacts {
  const { language: _language, source: _source, linkSymbol: _link, ...facts } = options;
  return facts;
}
export function bindAlterRoutine(object: ObjectReference, statement: Extract<CatalogStatement, { kind: "AlterRoutine" }>): Command {
  return { kind: "AlterRoutine", object, facts: factsOf(statement.options) };
}

/** CALL p(…): resolved among procedures like a function call; OUT parameters take any expression, which is not evaluated. */
export function bindCall(binder: Binder, statement: Extract<CatalogStatement, { kind: "Call" }>): BoundCatalogCommand {
  const { call } = statement;
  const scope = new Scope(undefined);
  scope.clause = "CALL arguments";
  const { signature, args } = bindCallArguments(binder, scope, call);
  if (signature.kind !== "procedure")
    throw new DbError({
      sqlstate: "42809",
      message: `${call.name.join(".")}(${args.map((a) => binder.typeName(a.type)).join(", ")}) is not a procedure`,
      hint: "To call a function, use SELECT.",
      ...(call.position === 0 ? {} : { position: call.position }),
    });
  const outputs = signature.outColumns ?? [];
  return {
    command: { kind: "Call", name: call.name, functionId: signature.id, args, outputs },
    tag: "CALL",
    columns: outputs.map((c) => ({ name: c.name, type: c.type, typmod: -1 })),
  };
}

export type { TypeName };
export { at, syntaxError };
