/**
 * Running a prepared statement: its locks, then its rows. What changes nothing runs inline and streams; what may change something runs to
 * its end before its first row leaves (statement-attempts.ts); a lookup by a whole key goes to the addon in one call.
 */
import { type BackgroundWaits, copyFormat, type PhysicalPlan, type PointWrite, RestartSignal } from "../execution/index.js";
import { LockMode } from "../native/index.js";
import type { Command, CopyOptions, LogicalPlan } from "../plan/index.js";
import { assert, type Datum, notSupported, type Row, readOnlyTransaction } from "../types/index.js";
import { runCommand } from "./commands/index.js";
import type { PlannedStatement } from "./plan-cache.js";
import { planLocks } from "./plan-locks.js";
import { EncodedPortal, PointPortal, RowsPortal, StreamPortal } from "./portals.js";
import { type RelationLock, RelationLocks } from "./relation-locks.js";
import type { EngineSession } from "./session.js";
import type { SessionStatement } from "./session-statement.js";
import { StatementAttempts, type StatementWork } from "./statement-attempts.js";
import { StatementContext } from "./statement-context.js";
import type { StatementOutcome } from "./statement-outcome.js";
import type { SessionTransaction } from "./transaction.js";
import { inTurns } from "./turns.js";
import type { ExecuteOptions, ExecuteResult, NativeNearest, NativePoint, NativeWrite, Portal, ResultColumn } from "./types.js";

const BINARY: readonly number[] = [1];

export class StatementRunner {
  readonly #session: EngineSession;
  /** The transaction of the statement whose routine runs a command. */
  #nested: SessionTransaction | undefined;
  /** For pipelines that run on the addon's threads. */
  readonly #backgroundWaits: BackgroundWaits;

  constructor(session: EngineSession) {
    this.#session = session;
    this.#backgroundWaits = {
      newToken: () => session.database.waits.newToken(),
      next: (token) => session.waits.forEvent(token),
    };
  }

  /** The transaction that a statement of now works in; undefined: one of its own. */
  get transaction(): SessionTransaction | undefined {
    return this.#nested ?? this.#session.block;
  }
  /** A routine's command is running. */
  get isNested(): boolean {
    return this.#nested !== undefined;
  }
  /** A routine's command: part of the statement that called the routine, synchronous, its waits are that statement's. */
  runInside<T>(transaction: SessionTransaction, work: () => T): T {
    const outer = this.#nested;
    this.#nested = transaction;
    try {
      return work();
    } finally {
      this.#nested = outer;
    }
  }

  execute(prepared: SessionStatement, parameters: readonly Datum[], options?: ExecuteOptions): ExecuteResult | Promise<ExecuteResult> {
    const session = this.#session;
    const { planner, block, transactionBlock } = session;
    try {
      const planned = planner.current(prepared);
      const body = planned.bound.body;
      switch (body.kind) {
        case "Empty":
          return { kind: "empty" };
        case "Plan":
          return block?.needsSafeSnapshot === true
            ? this.#afterSafeSnapshot(block, () => this.#executePlan(prepared, planned, body.plan, parameters, options))
            : this.#executePlan(prepared, planned, body.plan, parameters, options);
        case "Command": {
          const result = this.#runCommand(planned, body.command, parameters);
          if (!(result instanceof Promise)) return result;
          return result.catch((error) => {
            throw transactionBlock.broken(error);
          });
        }
      }
    } catch (error) {
      throw transactionBlock.broken(error);
    }
  }

  // ---- locks before the work ------------------------------------------------------------------------------------------

  /** A command that runs a query has its locks before it begins. */
  #runCommand(planned: PlannedStatement, command: Command, parameters: readonly Datum[]): ExecuteResult | Promise<ExecuteResult> {
    const session = this.#session;
    const table = command.kind === "Copy" && command.direction === "to" ? command.table : undefined;
    if ((queryOf(command) === undefined && table === undefined) || this.#nested !== undefined)
      return runCommand(session, command, parameters, planned);
    let current = planned;
    const locks = (): readonly RelationLock[] => {
      const catalog = session.catalog();
      if (current.catalogVersion !== catalog.version) current = session.planner.bind(planned.parsed, []);
      const { body } = current.bound;
      assert(body.kind === "Command", "a command stays one");
      const query = queryOf(body.command);
      if (query !== undefined) return planLocks(query, current.bound.reads ?? [], catalog.snapshot);
      const relation = table && catalog.relation(table.schema, table.name);
      return relation?.class === "table" ? [{ relation: relation.oid, mode: LockMode.accessShare }] : [];
    };
    const { transactionBlock } = session;
    return this.#withLocks(locks, (held) => {
      const { body } = current.bound;
      assert(body.kind === "Command", "a command stays one");
      transactionBlock.locksInHand = held;
      try {
        return runCommand(session, body.command, parameters, current);
      } finally {
        // What no transaction took is of no use: the command has run.
        if (transactionBlock.locksInHand !== undefined && session.block === undefined) held.releaseAll();
        transactionBlock.locksInHand = undefined;
      }
    });
  }
  /**
   * `work` once all locks are held, by the block or by something that `work` hands on to a transaction of its own. `wanted` is asked again after
   * each wait: names may mean something else then.
   */
  #withLocks<T>(wanted: () => readonly RelationLock[], work: (locks: RelationLocks) => T | Promise<T>): T | Promise<T> {
    const locks = this.#session.block?.relations ?? new RelationLocks(this.#session);
    const missing = locks.tryAll(wanted());
    return missing === undefined ? work(locks) : this.#afterLock(locks, missing, wanted, work);
  }
  async #afterLock<T>(
    locks: RelationLocks,
    first: RelationLock,
    wanted: () => readonly RelationLock[],
    work: (locks: RelationLocks) => T | Promise<T>,
  ): Promise<T> {
    const block = this.#session.block;
    try {
      // A snapshot for a whole transaction is taken before the wait, as in PostgreSQL.
      if (block?.restartable === false) block.startStatement();
      for (let missing: RelationLock | undefined = first; missing !== undefined; missing = locks.tryAll(wanted()))
        await locks.wait(missing);
    } catch (error) {
      if (block === undefined) locks.releaseAll();
      throw this.#session.transactionBlock.broken(error);
    }
    return work(locks);
  }
  /** READ ONLY DEFERRABLE: the first query begins when its snapshot can show no anomaly. */
  async #afterSafeSnapshot<T>(block: SessionTransaction, work: () => T | Promise<T>): Promise<T> {
    const { waits, transactionBlock } = this.#session;
    try {
      await block.takeSafeSnapshot((blocker) => waits.forTransaction(block.xid, blocker, { type: "IPC", name: "SafeSnapshot" }));
      return await work();
    } catch (error) {
      throw transactionBlock.broken(error);
    }
  }

  // ---- queries --------------------------------------------------------------------------------------------------------

  #executePlan(
    prepared: SessionStatement,
    planned: PlannedStatement,
    plan: LogicalPlan,
    parameters: readonly Datum[],
    options: ExecuteOptions | undefined,
  ): ExecuteResult | Promise<ExecuteResult> {
    const { planner, database, block } = this.#session;
    const physical = planner.physical(planned, plan);
    planned.calls++;
    if (planned.mayWrite) return this.#runToEnd(prepared, planned, physical, parameters, options);
    // A lookup of its own would give its lock back before anybody could ask who has it.
    if (block === undefined && physical.point !== undefined && !database.lockSlots.isContended(physical.point.relation)) {
      const portal = this.#pointPortal(planned, physical, parameters, options);
      if (portal !== undefined) return { kind: "portal", portal };
    }
    const lookup = options === undefined ? this.#lookup(planned, physical, parameters) : undefined;
    if (lookup !== undefined) return { kind: "portal", portal: lookup };
    const locks = block?.relations ?? new RelationLocks(this.#session);
    const missing = locks.tryAll(planner.locksOf(planned, plan));
    if (missing === undefined) return this.#openPlan(planned, physical, parameters, options, locks);
    let now = planned;
    const planNow = (): LogicalPlan => {
      assert(now.bound.body.kind === "Plan", "a statement stays what it is");
      return now.bound.body.plan;
    };
    const wanted = (): readonly RelationLock[] => {
      now = planner.current(prepared, options?.undescribed);
      return planner.locksOf(now, planNow());
    };
    return this.#afterLock(locks, missing, wanted, (held) => {
      const renewed = planner.physical(now, planNow());
      if (!now.mayWrite) return this.#openPlan(now, renewed, parameters, options, held);
      if (this.#session.block === undefined) held.releaseAll();
      return this.#runToEnd(prepared, now, renewed, parameters, options);
    });
  }

  get #isSerializable(): boolean {
    const { block, view } = this.#session;
    return block === undefined ? view.now.defaultsToSerializable : block.isolation === "serializable";
  }

  #pointPortal(
    planned: PlannedStatement,
    physical: PhysicalPlan,
    parameters: readonly Datum[],
    options: ExecuteOptions | undefined,
  ): PointPortal | undefined {
    if (physical.point === undefined || this.#isSerializable || options?.resultFormats === undefined) return undefined;
    const { database, format, block } = this.#session;
    const { native, engine, store } = database;
    if (!physical.point.prepare(native, engine, options.resultFormats, format)) return undefined;
    block?.startStatement();
    const version = block?.overlay.isEmpty === false ? undefined : store.version;
    return new PointPortal(planned.columns, physical.point, native, engine, block?.xid ?? 0, parameters, version);
  }

  /** For who wants datums: one call into the addon for all rows, where the statement is a transaction of its own. */
  #lookup(planned: PlannedStatement, { point, nearest }: PhysicalPlan, parameters: readonly Datum[]): RowsPortal | undefined {
    const select = point ?? nearest;
    const session = this.#session;
    const { database, format, settings } = session;
    if (select === undefined || this.transaction !== undefined || this.#isSerializable) return undefined;
    if (database.lockSlots.isContended(select.relation)) return undefined;
    const { native, engine } = database;
    if (!select.prepare(native, engine, BINARY, format)) return undefined;
    const rows =
      point?.run(native, engine, 0, parameters) ??
      nearest?.run(native, engine, 0, parameters, Number(settings.raw("hnsw.ef_search")), Number(settings.raw("hnsw.recall_target")));
    if (rows === undefined) return undefined;
    const decoded = select.decode(rows, (oid) => session.typeOf(oid));
    return new RowsPortal(planned.columns, decoded, `SELECT ${decoded.length}`, 0);
  }

  /** A search of an index, as I/O threads run it; asked for when its rows have been read. */
  #nativeSearch(
    { search, nearest }: PhysicalPlan,
    options: ExecuteOptions | undefined,
  ): (() => NativePoint | NativeNearest | undefined) | undefined {
    const formats = options?.resultFormats;
    const { database, format, block, settings } = this.#session;
    const { native, engine, store } = database;
    if ((search ?? nearest) === undefined || formats === undefined || this.#isSerializable || block?.overlay.isEmpty === false)
      return undefined;
    const { version: catalogVersion } = store;
    return () => {
      if (nearest?.prepare(native, engine, formats, format) === true && nearest.pipeline !== undefined) {
        const { pipeline, parameter, limit, relation } = nearest;
        const effort = Number(settings.raw("hnsw.ef_search"));
        return {
          kind: "nearest",
          pipeline,
          parameter,
          limit,
          effort,
          recallTarget: Number(settings.raw("hnsw.recall_target")),
          catalogVersion,
          relation,
        };
      }
      const source = search?.parametric;
      if (search === undefined || source === undefined || !search.prepare(native, engine, formats, format)) return undefined;
      const { pipeline, relation } = search;
      return pipeline && { kind: "select", pipeline, keys: source.equals, search: source, catalogVersion, relation };
    };
  }

  /** A read whose locks are held. */
  #openPlan(
    planned: PlannedStatement,
    physical: PhysicalPlan,
    parameters: readonly Datum[],
    options: ExecuteOptions | undefined,
    locks: RelationLocks,
  ): ExecuteResult {
    const session = this.#session;
    const { block, transactionBlock } = session;
    if (block !== undefined) {
      const point = this.#pointPortal(planned, physical, parameters, options);
      if (point !== undefined) return { kind: "portal", portal: point };
    }
    const outputs = options?.resultFormats === undefined ? undefined : physical.encodedOutputs(options.resultFormats, session.format);
    const waits = outputs === undefined ? undefined : this.#backgroundWaits;
    const search = this.#nativeSearch(physical, options);
    const encoded = (stream: StreamPortal): Portal =>
      outputs === undefined ? stream : new EncodedPortal(planned.columns, stream, { fields: outputs, copy: null });
    if (block === undefined && !physical.needsTransaction && !this.#isSerializable) {
      const context = new StatementContext(session, undefined, session.view.catalogJustRead, parameters, waits);
      const owner = {
        finished: (): number => {
          locks.releaseAll();
          return 0;
        },
        failed: (error: unknown): unknown => {
          locks.releaseAll();
          return transactionBlock.broken(error);
        },
      };
      try {
        const stream = new StreamPortal(planned.columns, physical.open(context), owner, "SELECT", search);
        return { kind: "portal", portal: encoded(stream) };
      } catch (error) {
        locks.releaseAll();
        throw error;
      }
    }
    transactionBlock.locksInHand = locks;
    try {
      return { kind: "portal", portal: encoded(this.openStream(planned.columns, physical, parameters, false, waits, search)) };
    } finally {
      transactionBlock.locksInHand = undefined;
    }
  }

  /** A query's rows in COPY's format, from the addon where it can encode them. */
  openCopy(plan: LogicalPlan, parameters: readonly Datum[], options: CopyOptions, framed: boolean): Portal {
    const session = this.#session;
    const physical = session.planLogical(plan, session.catalog());
    const fields = physical.encodedOutputs([options.format === "binary" ? 1 : 0], session.format);
    if (fields === undefined) return this.openStream(plan.columns, physical, parameters);
    const stream = this.openStream(plan.columns, physical, parameters, false, this.#backgroundWaits);
    const names = plan.columns.map((c) => c.name);
    return new EncodedPortal(plan.columns, stream, { fields, copy: copyFormat(options, names, framed) });
  }

  /** A read that streams, in the block or in a transaction of its own that ends with it. */
  openStream(
    columns: readonly ResultColumn[],
    physical: PhysicalPlan,
    parameters: readonly Datum[],
    /** A cursor reads ahead: an error counts when its row is asked for. */
    isCursor = false,
    waits?: BackgroundWaits,
    search?: () => NativePoint | NativeNearest | undefined,
  ): StreamPortal {
    const session = this.#session;
    const { block, transactionBlock } = session;
    const transaction = block ?? transactionBlock.newTransaction();
    if (block !== undefined) session.cursors.settle(block, false);
    transaction.startStatement();
    let portal: StreamPortal;
    const owner = {
      finished: (): number => {
        transaction.untrack(portal);
        transaction.checkSerializable();
        return block === undefined ? transaction.commit() : 0;
      },
      failed: (error: unknown): unknown => {
        transaction.untrack(portal);
        if (block === undefined) transaction.rollback();
        return isCursor ? error : transactionBlock.broken(error);
      },
    };
    try {
      const execution = physical.open(new StatementContext(session, transaction, session.catalogIn(transaction), parameters, waits));
      portal = new StreamPortal(columns, execution, owner, "SELECT", search);
    } catch (error) {
      if (block === undefined) transaction.rollback();
      throw error;
    }
    if (block !== undefined) transaction.track(portal);
    return portal;
  }

  // ---- what may change something --------------------------------------------------------------------------------------

  #runToEnd(
    prepared: SessionStatement,
    first: PlannedStatement,
    firstPhysical: PhysicalPlan,
    parameters: readonly Datum[],
    options: ExecuteOptions | undefined,
  ): ExecuteResult | Promise<ExecuteResult> {
    const session = this.#session;
    const { planner } = session;
    const mayChange = options?.undescribed;
    let planned = first;
    let physical = firstPhysical;
    const run = (transaction: SessionTransaction): StatementOutcome | Promise<StatementOutcome> => {
      assert(planned.bound.body.kind === "Plan", "a statement stays what it is");
      transaction.relations.require(planner.locksOf(planned, planned.bound.body.plan));
      if (session.catalogIn(transaction).version !== planned.catalogVersion) {
        // It has waited for a definition: it means what it means now, and sees what came with it.
        planned = planner.current(prepared, mayChange);
        assert(planned.bound.body.kind === "Plan", "a statement stays what it is");
        physical = planner.physical(planned, planned.bound.body.plan);
        if (transaction.restartable) throw new RestartSignal();
        transaction.relations.require(planner.locksOf(planned, planned.bound.body.plan));
      }
      if (transaction.readOnly && physical.writes) throw readOnlyTransaction(planned.bound.tag);
      const context = new StatementContext(session, transaction, session.catalogIn(transaction), parameters);
      const execution = physical.open(context);
      const end = (): StatementOutcome => {
        const rows: Row[] = [];
        for (let batch = execution.next(0); batch.length > 0; batch = execution.next(0)) for (const row of batch) rows.push(row);
        const tag = commandTag(planned.bound.tag, execution.affectedRows, rows.length);
        return { tag, rows, columns: planned.columns, native: this.#nativeWrite(physical.pointWrite, transaction, options) };
      };
      let others: Promise<void> | undefined;
      try {
        others = !this.isNested ? inTurns(execution.steps(), () => context.checkCancel()) : undefined;
        if (others === undefined) return end();
      } finally {
        if (others === undefined) execution.close();
      }
      return others.then(end).finally(() => execution.close());
    };
    return this.runInTransaction(run, { again: "inPlace", mayPause: planned.mayPause });
  }

  #nativeWrite(
    write: PointWrite | undefined,
    transaction: SessionTransaction,
    options: ExecuteOptions | undefined,
  ): (() => NativeWrite | undefined) | undefined {
    const formats = options?.resultFormats;
    if (write === undefined || formats === undefined || !transaction.overlay.isEmpty) return undefined;
    const catalogVersion = this.#session.database.store.version;
    return () => {
      const keys = write.source.keys.flatMap((key) => ("parameter" in key ? [key.parameter] : []));
      const outputs = keys.length === write.source.keys.length ? write.outputs(formats, this.#session.format) : undefined;
      return outputs && { kind: "write", source: write.source, keys, outputs, catalogVersion, relation: write.source.relation };
    };
  }

  /** Runs `work` as one statement, again after every wait; `again` says what it keeps over one. */
  runInTransaction(
    work: StatementWork,
    { again, mayPause }: { readonly again: "inPlace" | "anew"; readonly mayPause: boolean } = { again: "anew", mayPause: true },
  ): ExecuteResult | Promise<ExecuteResult> {
    if (this.#nested === undefined) return new StatementAttempts(this.#session, work, again, mayPause).run();
    const outcome = work(this.#nested);
    if (outcome instanceof Promise) throw notSupported("this command in a function");
    return { kind: "portal", portal: new RowsPortal(outcome.columns ?? [], outcome.rows ?? [], outcome.tag, 0) };
  }
}

function commandTag(tag: string, affectedRows: number, rowCount: number): string {
  switch (tag) {
    case "INSERT":
      return `INSERT 0 ${affectedRows}`;
    case "UPDATE":
    case "DELETE":
    case "MERGE":
      return `${tag} ${affectedRows}`;
    default:
      return `${tag === "" ? "SELECT" : tag} ${rowCount}`;
  }
}

/** The query that a command runs or explains. */
function queryOf(command: Command): LogicalPlan | undefined {
  switch (command.kind) {
    case "DeclareCursor":
      return command.query;
    case "CreateTableAs":
      return command.execute === undefined ? command.query : undefined;
    case "Copy":
      return command.direction === "to" ? command.query : undefined;
    case "Explain": {
      const { body } = command.statement;
      return body.kind === "Plan" ? body.plan : body.kind === "Command" ? queryOf(body.command) : undefined;
    }
    default:
      return undefined;
  }
}
