/** CREATE and ALTER OPERATOR, CREATE CAST. */
import type { OperatorObject } from "../../../catalog/index.js";
import type { Command, QualifiedName } from "../../../plan/index.js";
import { DbError, type Oid, type OperatorSignature, TypeOid } from "../../../types/index.js";
import { type DefinitionContext, displayName } from "../context.js";
import { compatible, lookup } from "./aggregate.js";
import { requireCreateOn } from "./grant.js";
import { requireObject } from "./objects.js";
import { requireOwner } from "./ownership.js";

const invalid = (message: string) => new DbError({ sqlstate: "42P13", message });

type Create = Extract<Command, { kind: "CreateOperator" }>;

export function createOperator(context: DefinitionContext, command: Create): void {
  const schema = context.creationSchema(command.name);
  requireCreateOn(context, schema);
  const name = command.name.name;
  if (name === "=>") throw new DbError({ sqlstate: "42601", message: 'syntax error at or near "=>"' });
  if (command.function === undefined) throw invalid("operator function must be specified");
  if (command.left === 0 && command.right === 0) throw invalid("operator argument types must be specified");
  if (command.right === 0)
    throw new DbError({
      sqlstate: "42P13",
      message: "operator right argument type must be specified",
      detail: "Postfix operators are not supported.",
    });
  const types = command.left === 0 ? [command.right] : [command.left, command.right];
  const found = lookup(context, command.function, types);
  const result = found.returnType;
  if (result !== TypeOid.bool) {
    if (command.negator !== undefined) throw invalid("only boolean operators can have negators");
    if (command.restrict !== "") throw invalid("only boolean operators can have restriction selectivity");
    if (command.join !== "") throw invalid("only boolean operators can have join selectivity");
    if (command.merges) throw invalid("only boolean operators can merge join");
    if (command.hashes) throw invalid("only boolean operators can hash");
  }
  if (command.left === 0) {
    if (command.commutator !== undefined) throw invalid("only binary operators can have commutators");
    if (command.join !== "") throw invalid("only binary operators can have join selectivity");
    if (command.merges) throw invalid("only binary operators can merge join");
    if (command.hashes) throw invalid("only binary operators can hash");
  }
  for (const estimator of [command.restrict, command.join])
    if (
      estimator !== "" &&
      context.registry.functionsByName(estimator).length === 0 &&
      !/^(eq|neq|scalar\w+|contsel|contjoinsel|areasel|positionsel|match\w*|like\w*|regex\w*|ic\w+|n(like|iclike|regex|icregex)\w+|range\w+|array\w+|ts\w+|networksel|networkjoinsel|prefix\w+)(sel|joinsel)?$/.test(
        estimator,
      )
    )
      throw new DbError({ sqlstate: "42883", message: `function ${estimator}(internal, oid, internal, integer) does not exist` });
  const existing = existingOperator(context, schema.oid, name, command.left, command.right);
  if (existing !== undefined && existing.functionId !== "")
    throw new DbError({ sqlstate: "42723", message: `operator ${name} already exists` });
  const oid = existing?.oid ?? context.newOid();
  const commutator = linked(context, command.commutator, command.right, command.left);
  const negator = linked(context, command.negator, command.left, command.right);
  const object: OperatorObject = {
    class: "operator",
    oid,
    schema: schema.oid,
    name,
    owner: context.owner,
    left: command.left,
    right: command.right,
    result,
    functionId: found.id,
    functionOid: found.oid,
    commutator: isItself(command.commutator, name) && command.left === command.right ? oid : (commutator?.oid ?? 0),
    negator: negator?.oid ?? 0,
    hashes: command.hashes,
    merges: command.merges,
    restrict: command.restrict,
    join: command.join,
  };
  context.put(object);
  // The other side may have been defined first, when this one was not there to be linked.
  const own = (other: Oid | undefined): OperatorObject | undefined => {
    const found = other === undefined ? undefined : context.snapshot.object(other);
    return found?.class === "operator" && found.oid !== oid ? found : undefined;
  };
  const [back, opposite] = [own(commutator?.oid), own(negator?.oid)];
  if (back?.commutator === 0) context.put({ ...back, commutator: oid });
  if (opposite?.negator === 0) context.put({ ...opposite, negator: oid });
}
const isItself = (written: QualifiedName | undefined, name: string): boolean => written?.name === name;
function existingOperator(context: DefinitionContext, schema: Oid, name: string, left: Oid, right: Oid): OperatorObject | undefined {
  return context.snapshot.operatorsNamed(name).find((o) => o.schema === schema && o.left === left && o.right === right);
}
/** A commutator or negator that is defined later links itself when it comes. */
function linked(context: DefinitionContext, name: QualifiedName | undefined, left: Oid, right: Oid): OperatorSignature | undefined {
  if (name === undefined) return undefined;
  return context.registry
    .operatorsByName(name.name)
    .find((o) => o.left === left && o.right === right && (name.schema === undefined || o.schema === name.schema));
}

export function alterOperator(context: DefinitionContext, command: Extract<Command, { kind: "AlterOperator" }>): void {
  const { object } = requireObject(context, command.object);
  if (object.class !== "operator") return;
  requireOwner(context, object);
  context.put({
    ...object,
    restrict: command.restrict === undefined ? object.restrict : (command.restrict ?? ""),
    join: command.join === undefined ? object.join : (command.join ?? ""),
  });
}

export function createCast(context: DefinitionContext, command: Extract<Command, { kind: "CreateCast" }>): void {
  const { source, target } = command;
  const type = (oid: Oid) => context.registry.typeByOid(oid);
  const name = (oid: Oid) => type(oid)?.displayName ?? "???";
  const bad = (message: string) => new DbError({ sqlstate: "42P17", message });
  for (const [oid, side] of [
    [source, "source"],
    [target, "target"],
  ] as const)
    if (type(oid)?.category === "P") throw new DbError({ sqlstate: "42809", message: `${side} data type ${name(oid)} is a pseudo-type` });
  for (const oid of [source, target])
    if (type(oid)?.kind === "domain") {
      context.session.notice(
        "WARNING",
        "42809",
        `cast will be ignored because the ${oid === source ? "source" : "target"} data type is a domain`,
      );
      break;
    }
  const refuseSecond = (): void => {
    if (context.registry.cast(source, target) !== undefined)
      throw new DbError({ sqlstate: "42710", message: `cast from type ${name(source)} to type ${name(target)} already exists` });
  };
  const base = { class: "cast" as const, oid: context.newOid(), source, target, context: command.context, method: command.method };
  if (command.method === "function" && command.function !== undefined) {
    const ref = command.function;
    const args = ref.args ?? [];
    const found = context.registry
      .functionsByName(ref.name.name)
      .find(
        (f) =>
          (ref.name.schema === undefined || f.schema === ref.name.schema) &&
          (ref.args === undefined || (f.argTypes.length === args.length && f.argTypes.every((t, i) => t === args[i]))),
      );
    if (found === undefined)
      throw new DbError({ sqlstate: "42883", message: `function ${displayName(ref.name)}(${args.map(name).join(", ")}) does not exist` });
    if (found.argTypes.length < 1 || found.argTypes.length > 3) throw bad("cast function must take one to three arguments");
    if (!compatible(context, source, found.argTypes[0] as Oid))
      throw bad("argument of cast function must match or be binary-coercible from source data type");
    if (found.argTypes.length > 1 && found.argTypes[1] !== TypeOid.int4) throw bad("second argument of cast function must be type integer");
    if (found.argTypes.length > 2 && found.argTypes[2] !== TypeOid.bool) throw bad("third argument of cast function must be type boolean");
    if (!compatible(context, found.returnType, target))
      throw bad("return data type of cast function must match or be binary-coercible to target data type");
    if (found.kind !== "function")
      throw bad(found.kind === "set" ? "cast function must not return a set" : "cast function must be a normal function");
    refuseSecond();
    context.put({ ...base, functionId: found.id, functionOid: found.oid });
    return;
  }
  if (source === target) throw bad("source data type and target data type are the same");
  if (command.method === "binary") {
    const [from, to] = [type(source), type(target)];
    if (context.snapshot.role(context.session.user)?.superuser !== true)
      throw new DbError({ sqlstate: "42501", message: "must be superuser to create a cast WITHOUT FUNCTION" });
    if (from?.length !== to?.length || from?.physical !== to?.physical)
      throw bad("source and target data types are not physically compatible");
    if (from?.kind === "composite" || to?.kind === "composite") throw bad("composite data types are not binary-compatible");
    if (from?.category === "A" || to?.category === "A") throw bad("array data types are not binary-compatible");
    if (from?.kind === "range" || to?.kind === "range") throw bad("range data types are not binary-compatible");
    if (from?.kind === "enum" || to?.kind === "enum") throw bad("enum data types are not binary-compatible");
    if (from?.kind === "domain" || to?.kind === "domain") throw bad("domain data types must not be marked binary-compatible");
  }
  refuseSecond();
  context.put(base);
}
