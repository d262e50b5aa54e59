/**
 * Runs what the catalog defines in SQL: the checks of domains, functions and procedures in LANGUAGE sql. Their texts are bound once per
 * catalog version of the session and kept with that version's registry.
 *
 * A function's statements run inside the calling statement's transaction, synchronously. What must wait leaves as a signal through the
 * calling statement, which is undone to where it began and runs again (statement-attempts.ts); so nothing here may keep state over a call.
 */
import type { DomainObject, FunctionObject, SessionCatalogReader } from "../catalog/index.js";
import type { PhysicalPlan } from "../execution/index.js";
import { builtInCheck, type CallTypes, inputParameters, type RoutineService, routineId, type ScopedRegistry } from "../functions/index.js";
import { compileExpression, type EvaluateExpression } from "../optimizer/index.js";
import type { BoundStatement, Expression, RoutineOutcome } from "../plan/index.js";
import {
  assert,
  type Datum,
  DbError,
  type Oid,
  type Row,
  RowValue,
  readOnlyTransaction,
  stackDepthExceeded,
  TypeOid,
} from "../types/index.js";
import type { DefinitionContext } from "./commands/context.js";
import { runCommand } from "./commands/index.js";
import { checkStatementAccess } from "./plan-access.js";
import { planLocks } from "./plan-locks.js";
import type { EngineSession } from "./session.js";
import { StatementContext } from "./statement-context.js";

interface CompiledDomain {
  readonly name: string;
  readonly schema: string;
  readonly typeName: string;
  readonly notNull: boolean;
  readonly checks: readonly { readonly name: string; readonly evaluate: EvaluateExpression }[];
}
interface CompiledStatement {
  readonly bound: BoundStatement;
  physical: PhysicalPlan | undefined;
}
interface CompiledRoutine {
  readonly statements: readonly CompiledStatement[];
  /** The whole body is one expression. */
  readonly evaluate: EvaluateExpression | undefined;
  /** How a row of the last statement becomes the result; undefined: there is none. */
  readonly result:
    | {
        readonly convert: (row: Row, execution: StatementContext) => Datum[];
        readonly isRow: boolean;
        readonly types: readonly Oid[];
        readonly names: readonly string[];
      }
    | undefined;
}
interface Compiled {
  readonly domains: Map<Oid, CompiledDomain>;
  readonly routines: Map<string, CompiledRoutine>;
}
const compiledBy = new WeakMap<ScopedRegistry, Compiled>();

/** Calls inside of calls; JavaScript's stack may end before. */
const DEPTH_MAX = 1_000;

export function routineService(session: EngineSession, context: StatementContext | undefined): RoutineService {
  return {
    checkDomain: (domain, value) => checkDomain(session, context, domain, value),
    call: (_evaluation, routine, args, call) => firstOf(session, context, routine, args, call),
    callSet: (_evaluation, routine, args, call) => rowsOf(session, context, routine, args, call),
  };
}

function cacheOf(registry: ScopedRegistry): Compiled {
  let compiled = compiledBy.get(registry);
  if (compiled === undefined) {
    compiled = { domains: new Map(), routines: new Map() };
    compiledBy.set(registry, compiled);
  }
  return compiled;
}

// ---- domains

function checkDomain(session: EngineSession, context: StatementContext | undefined, oid: Oid, value: Datum): void {
  const catalog = context?.catalog ?? session.catalog();
  const registry = session.registry(catalog);
  const cache = cacheOf(registry).domains;
  let domain = cache.get(oid);
  if (domain === undefined) {
    domain = compileDomain(session, registry, oid);
    cache.set(oid, domain);
  }
  if (value === null && domain.notNull)
    throw new DbError({
      sqlstate: "23502",
      message: `domain ${domain.typeName} does not allow null values`,
      schema: domain.schema,
      dataType: domain.name,
    });
  if (domain.checks.length === 0) return;
  const statement = new StatementContext(session, context?.transaction ?? session.block, catalog, [value]);
  for (const check of domain.checks) {
    if (check.evaluate(statement) === false)
      throw new DbError({
        sqlstate: "23514",
        message: `value for domain ${domain.typeName} violates check constraint "${check.name}"`,
        schema: domain.schema,
        dataType: domain.name,
        constraint: check.name,
      });
  }
}

/** The domain's own constraints after those of the domains below it, each level by name. */
function compileDomain(session: EngineSession, registry: ScopedRegistry, oid: Oid): CompiledDomain {
  const { snapshot } = registry.catalog;
  const levels: DomainObject[] = [];
  for (let at = snapshot.object(oid); at?.class === "type" && at.kind === "domain"; at = snapshot.object(at.base)) levels.push(at);
  const own = levels[0];
  assert(own !== undefined, "a domain check names a domain");
  const plan = session.view.planContext(registry.catalog);
  const checks = levels
    .toReversed()
    .flatMap((level) =>
      level.checks
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map((check) => ({ name: check.name, evaluate: compileExpression(bindCheck(session, registry, level.base, check.sql), plan) })),
    );
  // A domain over one of information_schema's.
  for (let below = registry.typeByOid(levels.at(-1)!.base); below?.base !== undefined; below = registry.typeByOid(below.base.type)) {
    const builtIn = builtInCheck(below.oid);
    if (builtIn === undefined) continue;
    checks.unshift({
      name: builtIn.name,
      evaluate: (statement) => statement.parameters[0] === null || builtIn.holds(statement.parameters[0]!),
    });
  }
  return {
    name: own.name,
    schema: registry.catalog.schemaByOid(own.schema)?.name ?? "",
    typeName: registry.typeByOid(oid)?.displayName ?? own.name,
    notNull: levels.some((l) => l.notNull),
    checks,
  };
}

/** The check over $1, which it calls VALUE. */
function bindCheck(session: EngineSession, registry: ScopedRegistry, base: Oid, sql: string): Expression {
  const { frontEnd } = session.database;
  const [statement] = frontEnd.parse(`SELECT (${sql})`);
  assert(statement !== undefined, "a stored check parses");
  const bound = frontEnd.bind(statement, {
    ...bindBase(session, registry),
    parameterTypes: [base],
    parameterNames: { routine: "", names: ["value"] },
  });
  const expression = onlyExpression(bound);
  assert(expression !== undefined, "a check is one expression");
  return expression;
}
function bindBase(session: EngineSession, registry: ScopedRegistry) {
  return {
    catalog: registry.catalog,
    registry,
    format: session.format,
    currentUser: session.user,
    currentDatabase: session.databaseName,
    policiesFor: session.view.policiesIn(registry.catalog),
  };
}
/** The expression of a SELECT without FROM and with one column. */
function onlyExpression(bound: BoundStatement): Expression | undefined {
  if (bound.body.kind !== "Plan") return undefined;
  const { plan } = bound.body;
  if (plan.kind === "Values" && plan.rows.length === 1 && plan.columns.length === 1) return plan.rows[0]?.[0];
  if (plan.kind !== "Project" || plan.expressions.length !== 1) return undefined;
  const { input } = plan;
  return input.kind === "Values" && input.rows.length === 1 && input.columns.length === 0 ? plan.expressions[0] : undefined;
}

// ---- functions

function findRoutine(catalog: SessionCatalogReader, oid: Oid): FunctionObject {
  const object = catalog.snapshot.object(oid);
  if (object?.class !== "function") throw new DbError({ sqlstate: "42883", message: `function with OID ${oid} does not exist` });
  return object;
}

function compileRoutine(session: EngineSession, registry: ScopedRegistry, object: FunctionObject, call: CallTypes): CompiledRoutine {
  const cache = cacheOf(registry).routines;
  // Rights and row level security are those of whoever calls (or of the owner, for whom it runs).
  const key = `${object.oid} ${call.argTypes.join()} ${call.returnType} ${session.user} ${session.settings.raw("row_security")}`;
  let compiled = cache.get(key);
  if (compiled === undefined) {
    compiled = compile(session, registry, object, call);
    cache.set(key, compiled);
  }
  return compiled;
}

function compile(session: EngineSession, registry: ScopedRegistry, object: FunctionObject, call: CallTypes): CompiledRoutine {
  const bound = bindBody(session, registry, object, call);
  for (const statement of bound) checkStatementAccess(statement, registry.catalog, session.access(registry.catalog), session.user);
  const statements = bound.map((b): CompiledStatement => ({ bound: b, physical: undefined }));
  const last = bound.at(-1);
  const result = last?.routine;
  const plan = session.view.planContext(registry.catalog);
  let evaluate: EvaluateExpression | undefined;
  if (
    statements.length === 1 &&
    result?.mode === "value" &&
    !object.returnsSet &&
    object.settings.length === 0 &&
    !object.securityDefiner
  ) {
    const expression = last === undefined ? undefined : onlyExpression(last);
    if (expression !== undefined && !returnsSet(registry, expression)) {
      const coercion = result.coercions[0] ?? null;
      const inner = compileExpression(expression, plan);
      if (coercion === null) evaluate = inner;
      else {
        const outer = compileExpression(coercion, plan);
        evaluate = (execution) => {
          const { session: own, transaction, catalog } = execution as StatementContext;
          return outer(new StatementContext(own, transaction, catalog, [inner(execution)]));
        };
      }
    }
  }
  return { statements, evaluate, result: result === undefined ? undefined : converter(result, (e) => compileExpression(e, plan)) };
}
function returnsSet(registry: ScopedRegistry, expression: Expression): boolean {
  return expression.kind === "FunctionCall" && registry.functionById(expression.functionId)?.kind === "set";
}
function converter(result: RoutineOutcome, compileOne: (e: Expression) => EvaluateExpression): NonNullable<CompiledRoutine["result"]> {
  const coercions = result.coercions.map((e) => (e === null ? undefined : compileOne(e)));
  const plain = coercions.every((c) => c === undefined);
  return {
    isRow: result.mode === "row",
    types: result.types,
    names: result.names,
    convert: (row, execution) => {
      if (plain) return row;
      const { session, transaction, catalog } = execution;
      return coercions.map((coerce, i) =>
        coerce === undefined ? (row[i] as Datum) : coerce(new StatementContext(session, transaction, catalog, [row[i] as Datum])),
      );
    },
  };
}

/** Parses and binds every statement; the last one's rows are checked against what the function returns. */
function bindBody(
  session: EngineSession,
  registry: ScopedRegistry,
  object: FunctionObject,
  call: CallTypes,
  resolvesNames = false,
): BoundStatement[] {
  const { body } = object;
  assert(body.language === "sql", "only LANGUAGE sql has statements");
  const { frontEnd } = session.database;
  const inputs = inputParameters(object);
  const outputs = object.parameters.filter((p) => p.mode === "out" || p.mode === "inout" || p.mode === "table");
  try {
    const parsed = frontEnd.parse(body.source);
    const bound = parsed.map((statement, i) =>
      frontEnd.bind(statement, {
        ...bindBase(session, registry),
        parameterTypes: call.argTypes.slice(0, inputs.length),
        parameterNames: { routine: object.name, names: inputs.map((p) => p.name) },
        ...(resolvesNames ? { resolvesNames } : {}),
        ...(i === parsed.length - 1
          ? {
              routineResult: {
                type: call.returnType,
                isProcedure: object.kind === "procedure",
                outputs: outputs.map((p) => ({ name: p.name, type: resolveOutput(registry, object, call, p.type) })),
              },
            }
          : {}),
      }),
    );
    if (parsed.length === 0 && call.returnType !== TypeOid.void && object.kind !== "procedure")
      throw new DbError({
        sqlstate: "42P13",
        message: `return type mismatch in function declared to return ${registry.typeByOid(call.returnType)?.displayName ?? "???"}`,
        detail: "Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.",
      });
    return bound;
  } catch (error) {
    // A place in the body is none in the statement that the client sent.
    if (error instanceof DbError && error.fields.position !== undefined) {
      const { position: _position, ...fields } = error.fields;
      throw new DbError(fields);
    }
    throw error;
  }
}

/** A polymorphic OUT parameter's type in this call. */
function resolveOutput(registry: ScopedRegistry, object: FunctionObject, call: CallTypes, declared: Oid): Oid {
  const wantsArray = declared === TypeOid.anyarray || declared === TypeOid.anycompatiblearray;
  const wantsElement =
    declared === TypeOid.anyelement || declared === TypeOid.anynonarray || declared === TypeOid.anycompatible || declared === ANYENUM;
  if (!wantsArray && !wantsElement) return declared;
  for (const [i, parameter] of inputParameters(object).entries()) {
    const actual = registry.typeByOid(call.argTypes[i] ?? 0);
    if (actual === undefined) continue;
    const isArray = parameter.type === TypeOid.anyarray || parameter.type === TypeOid.anycompatiblearray;
    const isElement =
      parameter.type === TypeOid.anyelement ||
      parameter.type === TypeOid.anynonarray ||
      parameter.type === TypeOid.anycompatible ||
      parameter.type === ANYENUM;
    if (isArray) return wantsArray ? actual.oid : actual.elementType;
    if (isElement) return wantsArray ? actual.arrayType : actual.oid;
  }
  return declared;
}
const ANYENUM: Oid = 3500;

/** CREATE FUNCTION's look at the body. Returns what a standard body depends on. */
export function checkRoutineBody(context: DefinitionContext, object: FunctionObject): CheckedBody {
  const { session } = context;
  const registry = session.registry(context.catalog);
  const typeName = (oid: Oid) => registry.typeByOid(oid)?.displayName ?? "???";
  const returns = registry.typeByOid(object.returnType);
  const isPseudo = (oid: Oid) => registry.typeByOid(oid)?.category === "P";
  const polymorphic: ReadonlySet<Oid> = new Set([2283, 2277, 2776, 3500, 3831, 4537, 5077, 5078, 5079, 5080, 4538]);
  if (
    returns?.category === "P" &&
    object.returnType !== TypeOid.record &&
    object.returnType !== TypeOid.void &&
    !polymorphic.has(object.returnType)
  )
    throw new DbError({ sqlstate: "42P13", message: `SQL functions cannot return type ${typeName(object.returnType)}` });
  const inputs = inputParameters(object);
  let hasPolymorphic = polymorphic.has(object.returnType);
  for (const p of inputs) {
    if (polymorphic.has(p.type)) hasPolymorphic = true;
    else if (isPseudo(p.type))
      throw new DbError({ sqlstate: "42P13", message: `SQL functions cannot have arguments of type ${typeName(p.type)}` });
  }
  const isAtomic = object.body.language === "sql" && object.body.atomic;
  // A standard body is understood when it is written, whatever the setting.
  if (session.setting("check_function_bodies") === "off" && !isAtomic) return UNCHECKED;
  if (hasPolymorphic) {
    if (object.body.language === "sql") session.database.frontEnd.parse(object.body.source);
    return UNCHECKED;
  }
  const call = { argTypes: inputs.map((p) => p.type), returnType: object.returnType };
  const bound = bindBody(session, registry, object, call, isAtomic);
  const dependsOn = [...new Set(bound.flatMap((b) => b.dependsOn ?? []))].filter((oid) => oid !== object.oid);
  return isAtomic ? { dependsOn, statements: bound.map((b) => b.resolvedSql as string) } : { dependsOn };
}
/** `statements`: of a standard body, with their names resolved. */
interface CheckedBody {
  readonly dependsOn: readonly Oid[];
  readonly statements?: readonly string[];
}
const UNCHECKED: CheckedBody = { dependsOn: [] };

// ---- running

/** Enters a routine: depth, SECURITY DEFINER, SET; leaves it however `work` ends. */
function entering<T>(session: EngineSession, context: StatementContext | undefined, object: FunctionObject, work: () => T): T {
  if (session.routineDepth >= DEPTH_MAX) throw stackDepthExceeded();
  session.routineDepth++;
  const leave: (() => void)[] = [];
  try {
    if (object.settings.length > 0) leave.push(session.applyLocally(object.settings));
    if (object.securityDefiner) {
      const owner = (context?.catalog ?? session.catalog()).snapshot.object(object.owner);
      if (owner?.class === "role") leave.push(session.view.actAs(owner.name));
    }
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw stackDepthExceeded();
    throw error;
  } finally {
    for (const undo of leave.reverse()) undo();
    session.routineDepth--;
  }
}

function prepare(session: EngineSession, context: StatementContext | undefined, object: FunctionObject, call: CallTypes) {
  const catalog =
    object.settings.length > 0 || object.securityDefiner
      ? session.catalogIn(context?.transaction ?? session.block)
      : (context?.catalog ?? session.catalog());
  const registry = session.registry(catalog);
  return { catalog, compiled: compileRoutine(session, registry, object, call) };
}

function firstOf(
  session: EngineSession,
  context: StatementContext | undefined,
  routine: Oid,
  args: readonly Datum[],
  call: CallTypes,
): Datum {
  const object = findRoutine(context?.catalog ?? session.catalog(), routine);
  return entering(session, context, object, () => {
    const { catalog, compiled } = prepare(session, context, object, call);
    const transaction = context?.transaction ?? session.block;
    if (compiled.evaluate !== undefined) return compiled.evaluate(new StatementContext(session, transaction, catalog, args));
    const rows = runStatements(session, context, object, compiled, args, 1);
    const first = rows[0];
    const { result } = compiled;
    if (result === undefined || first === undefined || call.returnType === TypeOid.void) return null;
    const values = result.convert(first, new StatementContext(session, transaction, catalog, args));
    return result.isRow ? new RowValue(values, result.types, result.names) : (values[0] ?? null);
  });
}

function rowsOf(
  session: EngineSession,
  context: StatementContext | undefined,
  routine: Oid,
  args: readonly Datum[],
  call: CallTypes,
): Iterable<Datum | Row> {
  const object = findRoutine(context?.catalog ?? session.catalog(), routine);
  return entering(session, context, object, () => {
    const { catalog, compiled } = prepare(session, context, object, call);
    const rows = runStatements(session, context, object, compiled, args, 0);
    const { result } = compiled;
    if (result === undefined || call.returnType === TypeOid.void) return [];
    const execution = new StatementContext(session, context?.transaction ?? session.block, catalog, args);
    const width = session.registry(catalog).functionById(routineId.of(object))?.outColumns?.length;
    return rows.map((row): Datum | Row => {
      const values = result.convert(row, execution);
      if (result.isRow) return width === undefined ? new RowValue(values, result.types, result.names) : values;
      const only = values[0] ?? null;
      if (width === undefined) return only;
      return only instanceof RowValue ? [...only.fields] : new Array<Datum>(width).fill(null);
    });
  });
}

/** Runs all; the rows of the last one, at most `maxRows` when it only reads. */
function runStatements(
  session: EngineSession,
  context: StatementContext | undefined,
  object: FunctionObject,
  compiled: CompiledRoutine,
  args: readonly Datum[],
  maxRows: number,
): Row[] {
  const transaction = context?.transaction ?? session.block;
  const isVolatile = object.volatility === "volatile";
  let rows: Row[] = [];
  for (const [i, statement] of compiled.statements.entries()) {
    const isLast = i === compiled.statements.length - 1;
    context?.checkCancel();
    const { bound } = statement;
    if (isVolatile && transaction !== undefined) transaction.startStatement();
    if (bound.body.kind === "Empty") continue;
    if (bound.body.kind === "Command") {
      runNested(session, object, bound, transaction, args);
      rows = [];
      continue;
    }
    const catalog = session.catalogIn(transaction);
    statement.physical ??= session.planLogical(bound.body.plan, catalog);
    const { physical } = statement;
    // Others run where nothing could wait: they see what their snapshot shows.
    if (isVolatile) transaction?.relations.require(planLocks(bound.body.plan, bound.reads ?? [], catalog.snapshot));
    if (physical.writes && !isVolatile)
      throw new DbError({ sqlstate: "0A000", message: `${bound.tag} is not allowed in a non-volatile function` });
    if (physical.writes && transaction?.readOnly === true) throw readOnlyTransaction(bound.tag);
    const execution = physical.open(new StatementContext(session, transaction, catalog, args));
    try {
      rows = [];
      const enough = isLast && maxRows > 0 && !physical.writes ? maxRows : 0;
      for (let batch = execution.next(enough); batch.length > 0; batch = execution.next(enough)) {
        if (isLast) for (const row of batch) rows.push(row);
        if (enough > 0 && rows.length >= enough) break;
      }
    } finally {
      execution.close();
    }
  }
  return rows;
}

function runNested(
  session: EngineSession,
  object: FunctionObject,
  bound: BoundStatement,
  transaction: StatementContext["transaction"],
  args: readonly Datum[],
): void {
  assert(bound.body.kind === "Command", "a command runs here");
  const { command } = bound.body;
  const refused = new Set([
    "Transaction",
    "Copy",
    "Fetch",
    "DeclareCursor",
    "ClosePortal",
    "Vacuum",
    "Checkpoint",
    "Prepare",
    "Execute",
    "Explain",
    "ShowVariable",
  ]);
  if (refused.has(command.kind)) throw new DbError({ sqlstate: "0A000", message: `${bound.tag} is not allowed in an SQL function` });
  if (object.volatility !== "volatile")
    throw new DbError({ sqlstate: "0A000", message: `${bound.tag} is not allowed in a non-volatile function` });
  assert(transaction !== undefined, "a volatile function runs in a transaction");
  session.runner.runInside(transaction, () =>
    runCommand(session, command, args, {
      parsed: { text: "", offset: 0, tree: null, transactionAction: undefined },
      bound,
      columns: bound.columns,
      catalogVersion: 0,
      contextKey: "",
      calls: 0,
      physical: undefined,
      mayWrite: true,
      mayPause: true,
    }),
  );
}
