/**
 * From a statement's text to its plan, through the thread's cache: split and parsed, bound in the session's view, planned when it first
 * runs, and again when the catalog or the session's settings moved on.
 */
import type { PhysicalPlan } from "../execution/index.js";
import { foldWith, planStatement } from "../optimizer/index.js";
import type { LogicalPlan } from "../plan/index.js";
import { cachedPlanChanged, type Datum, DbError, type Oid, transactionFailed } from "../types/index.js";
import { commandColumns } from "./commands/index.js";
import {
  arePlain,
  type Coerce,
  isPlainPlan,
  isSharedMoment,
  type LiftedText,
  type LiftedValue,
  type LiteralModifier,
  liftLiterals,
  literalCalls,
  literalModifiers,
  literalTypes,
  samePlan,
} from "./literals.js";
import { longNames } from "./long-names.js";
import { mayPause, mayWrite } from "./may-write.js";
import { checkStatementAccess } from "./plan-access.js";
import type { PlannedStatement } from "./plan-cache.js";
import { planLocks } from "./plan-locks.js";
import { PlanSizes } from "./plan-sizes.js";
import type { RelationLock } from "./relation-locks.js";
import type { EngineSession } from "./session.js";
import { SessionStatement } from "./session-statement.js";
import type { LiftedStatement, ParsedStatement, ResultColumn } from "./types.js";

const RECENT_MAX = 64;
const RECENT_LENGTH_MAX = 4096;

export class StatementPlanner {
  readonly #session: EngineSession;
  /** Plans of texts that were prepared without types of parameters: the cache's key, text and settings in one, need not be made for them. */
  readonly #recent = new Map<string, PlannedStatement>();
  constructor(session: EngineSession) {
    this.#session = session;
  }

  split(text: string): readonly ParsedStatement[] {
    const { planCache, frontEnd } = this.#session.database;
    const known = planCache.parsed(text);
    for (const { written, kept } of longNames(text))
      this.#session.notice("NOTICE", "42622", `identifier "${written}" will be truncated to "${kept}"`);
    if (known !== undefined) return known;
    const statements = frontEnd.parse(text);
    planCache.setParsed(text, statements);
    return statements;
  }
  prepare(text: string, parameterTypes: readonly Oid[]): SessionStatement {
    const planned = this.#session.hasFailed ? undefined : this.#kept(text, parameterTypes);
    if (planned !== undefined) return new SessionStatement(text, parameterTypes, planned);
    const statements = this.split(text);
    if (statements.length > 1)
      throw new DbError({ sqlstate: "42601", message: "cannot insert multiple commands into a prepared statement" });
    const [statement] = statements;
    return this.prepareParsed(statement ?? { text, offset: 0, tree: null, transactionAction: undefined }, parameterTypes);
  }
  /** The plan of a text that was prepared before, where it still holds. */
  #kept(text: string, parameterTypes: readonly Oid[]): PlannedStatement | undefined {
    const mayBeRecent = parameterTypes.length === 0 && text.length <= RECENT_LENGTH_MAX;
    const recent = mayBeRecent ? this.#recent.get(text) : undefined;
    if (recent !== undefined && this.#isCurrent(recent)) return recent;
    const planned = this.#session.database.planCache.get(this.#key(text, parameterTypes));
    if (planned === undefined || !this.#isCurrent(planned)) return undefined;
    if (mayBeRecent) {
      if (this.#recent.size === RECENT_MAX) this.#recent.clear();
      this.#recent.set(text, planned);
    }
    return planned;
  }
  #isCurrent({ contextKey, catalogVersion }: PlannedStatement): boolean {
    const session = this.#session;
    return contextKey === session.view.now.contextKey && catalogVersion === session.catalog().version;
  }
  /** `parameterTypes` is null for a simple query, which has no parameters. */
  prepareParsed(statement: ParsedStatement, parameterTypes: readonly Oid[] | null): SessionStatement {
    this.#refuseWhenFailed(statement);
    return new SessionStatement(statement.text, parameterTypes, this.#plan(statement, parameterTypes));
  }
  #refuseWhenFailed(statement: ParsedStatement): void {
    if (!this.#session.hasFailed) return;
    const action = statement.transactionAction;
    if (action !== "commit" && action !== "rollback" && action !== "rollbackTo" && action !== "prepare" && statement.tree !== null)
      throw transactionFailed();
  }

  /**
   * A query text whose literals can be parameters of a plan that texts with other literals share; undefined: prepare it as it is.
   * Where anything about the statement is wrong the usual way finds it, so that its error names the right place.
   */
  prepareLifted(text: string): LiftedStatement | undefined {
    const session = this.#session;
    if (session.hasFailed) return undefined;
    const lifted = liftLiterals(text);
    if (lifted === undefined) return undefined;
    const cache = session.database.planCache;
    const key = `${lifted.kinds}\0${lifted.text}\0${session.view.now.contextKey}`;
    let plan = cache.lifted(key);
    if (plan === undefined) {
      cache.setLifted(key, "seen");
      return undefined;
    }
    const catalogVersion = session.catalog().version;
    if (plan === "seen" || plan.catalogVersion !== catalogVersion) {
      plan = this.#planLifted(text, lifted) ?? { refused: true, catalogVersion };
      cache.setLifted(key, plan);
    }
    if ("refused" in plan) return undefined;
    const types = plan.bound.parameterTypes;
    const parameters = this.#literalDatums(types, lifted.values);
    if (parameters === undefined || !this.#fit(parameters, plan)) return undefined;
    return { prepared: new SessionStatement(text, types, plan), parameters, text: lifted.text, kinds: lifted.kinds };
  }
  planningError(text: string): DbError | undefined {
    try {
      const [statement] = this.split(text);
      if (statement === undefined) return undefined;
      const planned = this.bind(statement, null);
      if (planned.bound.body.kind === "Plan") this.physical(planned, planned.bound.body.plan);
      return undefined;
    } catch (error) {
      if (error instanceof DbError) return error;
      throw error;
    }
  }
  #planLifted(text: string, lifted: LiftedText): PlannedStatement | undefined {
    try {
      const [statement, second] = this.split(text);
      if (statement === undefined || second !== undefined) return undefined;
      const original = this.bind(statement, []);
      const withoutLiterals = this.#session.database.frontEnd.parse(lifted.text)[0] as ParsedStatement;
      const planned = this.bind(withoutLiterals, literalTypes(lifted.values));
      // A moment as a constant depends on the session; as a parameter it is read each time.
      if (!planned.bound.cacheable) return undefined;
      const [from, to] = [original.bound.body, planned.bound.body];
      const types = planned.bound.parameterTypes;
      if (from.kind !== "Plan" || to.kind !== "Plan" || types.length !== lifted.values.length) return undefined;
      if (!arePlain(types, (type) => this.#session.typeOf(type))) return undefined;
      const parameters = this.#literalDatums(types, lifted.values);
      if (parameters === undefined || !isPlainPlan(from.plan) || !samePlan(from.plan, to.plan, parameters, this.#coerce)) return undefined;
      if (original.bound.tag !== planned.bound.tag || !sameColumns(original.columns, planned.columns)) return undefined;
      return { ...planned, literalModifiers: literalModifiers(to.plan), literalCalls: literalCalls(to.plan) };
    } catch (error) {
      if (error instanceof DbError) return undefined;
      throw error;
    }
  }
  readonly #coerce: Coerce = (value, { type, typmod }) => {
    const sqlType = this.#session.typeOf(type);
    return value === null ? value : (sqlType.coerceModifier?.(value, typmod, false) ?? value);
  };
  #fit(parameters: readonly Datum[], { literalModifiers = [], literalCalls = [] }: PlannedStatement): boolean {
    try {
      for (const modifier of literalModifiers) this.#coerce(parameters[modifier.index] as Datum, modifier);
      for (const call of literalCalls) foldWith(call, parameters, this.#session.view.registry(this.#session.catalog()));
      return true;
    } catch (error) {
      if (error instanceof DbError) return false;
      throw error;
    }
  }
  #literalDatums(types: readonly Oid[], values: readonly LiftedValue[]): Datum[] | undefined {
    const { format } = this.#session;
    const parameters: Datum[] = [];
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as LiftedValue;
      if (typeof value !== "string") parameters.push(value);
      else {
        if (!isSharedMoment(types[i] as Oid, value)) return undefined;
        try {
          parameters.push(this.#session.typeOf(types[i] as Oid).input(value, -1, format));
        } catch (error) {
          if (error instanceof DbError) return undefined;
          throw error;
        }
      }
    }
    return parameters;
  }

  #plan(statement: ParsedStatement, parameterTypes: readonly Oid[] | null): PlannedStatement {
    const cache = this.#session.database.planCache;
    const key = this.#key(statement.text, parameterTypes);
    const known = cache.get(key);
    if (known !== undefined && known.catalogVersion === this.#session.catalog().version) return known;
    const planned = this.bind(statement, parameterTypes);
    if (planned.bound.cacheable && planned.bound.body.kind === "Plan") cache.set(key, planned);
    return planned;
  }
  #key(text: string, parameterTypes: readonly Oid[] | null): string {
    // Where no parameter can be written a simple query shares the plan of a prepared one.
    const types = parameterTypes?.join() ?? (text.includes("$") ? "none" : "");
    return `${text}\0${types}\0${this.#session.view.now.contextKey}`;
  }
  /** Past the cache. */
  bind(statement: ParsedStatement, parameterTypes: readonly Oid[] | null): PlannedStatement {
    const session = this.#session;
    const { view, database, user } = session;
    const catalog = session.catalog();
    const bound =
      statement.tree === null
        ? { body: { kind: "Empty" as const }, parameterTypes: [], tag: "", columns: [], cacheable: false }
        : database.frontEnd.bind(statement, {
            catalog,
            registry: view.registry(catalog),
            parameterTypes: parameterTypes ?? [],
            parametersAllowed: parameterTypes !== null,
            format: session.format,
            currentUser: user,
            currentDatabase: session.databaseName,
            notice: (message, detail) => session.notice("NOTICE", "00000", message, detail === undefined ? {} : { detail }),
            preparedTypes: (name) => session.preparedByName.get(name)?.parameterTypes,
            policiesFor: view.policiesIn(catalog),
          });
    checkStatementAccess(bound, catalog, session.access(catalog), user);
    const columns = bound.body.kind === "Command" ? commandColumns(session, bound.body.command, bound.columns) : bound.columns;
    return {
      parsed: statement,
      bound,
      columns: view.sentAs(columns, catalog),
      catalogVersion: catalog.version,
      contextKey: view.now.contextKey,
      physical: undefined,
      calls: 0,
      mayWrite: false,
      mayPause: false,
    };
  }

  /** The statement's plan as it is now; `mayChange`: its client has not been told of its columns. */
  current(prepared: SessionStatement, mayChange = false): PlannedStatement {
    const planned = prepared.planned;
    this.#refuseWhenFailed(planned.parsed);
    if (planned.bound.body.kind !== "Plan") return planned;
    if (this.#isCurrent(planned)) return planned;
    const renewed = this.#plan(planned.parsed, prepared.requestedTypes);
    if (!mayChange && !sameColumns(renewed.columns, planned.columns)) throw cachedPlanChanged();
    prepared.planned = renewed;
    return renewed;
  }
  physical(planned: PlannedStatement, plan: LogicalPlan): PhysicalPlan {
    // A plan by a whole key is the same for any size.
    if (planned.physical === undefined || (planned.physical.point === undefined && planned.sizes?.outgrown === true)) {
      const sizes = new PlanSizes(this.#session.database.statistics);
      const { view } = this.#session;
      planned.physical = planStatement(plan, { ...view.planContext(this.#session.catalog()), statistics: sizes });
      planned.sizes = sizes;
      planned.mayWrite = planned.physical.writes || mayWrite(plan);
      planned.mayPause = planned.mayWrite && mayPause(plan);
    }
    return planned.physical;
  }
  locksOf(planned: PlannedStatement, plan: LogicalPlan): readonly RelationLock[] {
    planned.locks ??= planLocks(plan, planned.bound.reads ?? [], this.#session.catalog().snapshot);
    return planned.locks;
  }
}

function sameColumns(a: readonly ResultColumn[], b: readonly ResultColumn[]): boolean {
  return a.length === b.length && a.every((c, i) => c.type === b[i]?.type && c.name === b[i]?.name);
}
