/**
 * A session's conversation with its client: what the handlers of simple and extended queries share. Where results go, in which encoding,
 * and what the lane hears of statements that ran here.
 */
import type {
  CopyInTarget,
  CopyOutSource,
  ExecuteOptions,
  Portal,
  PortalRows,
  PreparedStatement,
  ResultColumn,
  Session,
} from "../../src/engine/types.js";
import { assert, type CharacterSet, characterSet, DbError, type Oid, stackDepthExceeded } from "../../src/types/index.js";
import { type BoundPortal, ClientNames } from "./client-names.js";
import { CopyIn } from "./copy-in.js";
import type { MessageReader } from "./message-reader.js";
import type { Output } from "./output.js";
import { isCommandTag, type PointLane, type RanStatement } from "./point-lane.js";
import * as respond from "./responses.js";
import { Backend } from "./responses.js";
import { columnEncoders, dataRow } from "./row-encoder.js";

const ANY_ROWS: ExecuteOptions = {};
/** A long result lets the thread's other connections in after this time. */
const TURN_MILLIS = 5;
const otherConnectionsTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What a conversation asks of its connection. */
export interface ConversationHost {
  readonly reader: MessageReader;
  readonly output: Output;
  readonly lane: PointLane | undefined;
  /** Handles what messages are there. */
  pump(): void;
  /** The last word; the connection closes. */
  fatal(error: unknown): void;
  /** Reports what was our mistake. */
  reportInternalError(error: unknown): void;
}

export class Conversation {
  readonly session: Session;
  readonly reader: MessageReader;
  readonly output: Output;
  readonly lane: PointLane | undefined;
  readonly names: ClientNames;
  readonly #host: ConversationHost;
  /** What the client speaks instead of UTF-8. */
  characters: CharacterSet | undefined;
  /** The statements of one simple query, and Executes of a pipeline up to the next Sync, are one transaction. */
  implicit: "message" | "pipeline" | undefined;
  copy: CopyIn | undefined;
  /** Settings that changed since the client was told of any. */
  readonly #notifications: (readonly [processId: number, channel: string, payload: string])[] = [];
  #changed: Map<string, { readonly told: string; readonly now: string }> | undefined;

  constructor(session: Session, host: ConversationHost) {
    this.session = session;
    this.reader = host.reader;
    this.output = host.output;
    this.lane = host.lane;
    this.names = new ClientNames(session);
    this.#host = host;
  }

  /** Takes effect at once where it is about what is sent; the client hears of it with the next readyForQuery. */
  settingChanged(name: string, now: string, before: string): void {
    if (name === "client_encoding") this.speak(now);
    this.#changed ??= new Map();
    this.#changed.set(name, { told: this.#changed.get(name)?.told ?? before, now });
  }
  /** Messages of channels are told between transactions only. */
  notificationCame(processId: number, channel: string, payload: string): void {
    this.#notifications.push([processId, channel, payload]);
  }
  tellNotifications(): void {
    for (const [processId, channel, payload] of this.#notifications.splice(0))
      respond.notification(this.output.writer, processId, channel, payload);
  }
  /** The next question is the client's: what it was told of and is different now comes first, in the order of PostgreSQL's table. */
  readyForQuery(): void {
    const { writer } = this.output;
    if (this.#notifications.length > 0 && this.session.transactionStatus === "idle") this.tellNotifications();
    if (this.#changed !== undefined) {
      const byName = [...this.#changed].sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
      for (const [name, { told, now }] of byName) if (told !== now) respond.parameterStatus(writer, name, now);
      this.#changed = undefined;
    }
    respond.readyForQuery(writer, this.session.transactionStatus);
  }

  /** From now on text comes and goes in this encoding. Rows are then encoded here: the addon writes UTF-8. */
  speak(encoding: string): void {
    this.characters = characterSet(encoding);
    this.reader.characters = this.characters;
    this.output.writer.characters = this.characters;
  }
  encodingOptions(formats: readonly number[]): ExecuteOptions {
    return this.characters === undefined ? { resultFormats: formats } : ANY_ROWS;
  }
  encodersOf(columns: readonly ResultColumn[], formats: readonly number[]): ReturnType<typeof columnEncoders> {
    const types = columns.map((c) => this.session.typeOf(c.type));
    return columnEncoders(types, formats, this.session.format, this.characters);
  }
  readonly lengthOf = (type: Oid): number => this.session.typeOf(type).length;

  // ---- rows -----------------------------------------------------------------------------------------------------------

  /** Sends rows until `maxRows` (0: all), the end, or an error; resolves to the last batch. */
  sendRows(portal: Portal, formats: readonly number[], maxRows: number): PortalRows | Promise<PortalRows> {
    const { output } = this;
    let encoders: ReturnType<typeof columnEncoders> | undefined;
    let sent = 0;
    const step = (batch: PortalRows): boolean => {
      output.note(batch.flushLsn);
      if (batch.encoded) {
        output.raw(batch.encoded.bytes);
        sent += batch.encoded.rowCount;
      } else if (batch.rows.length > 0) {
        encoders ??= this.encodersOf(portal.columns, formats);
        for (const row of batch.rows) dataRow(output.writer, encoders, row);
        sent += batch.rows.length;
      }
      output.sendWhenMuch();
      return batch.done || (maxRows > 0 && sent >= maxRows);
    };
    // A portal counts the rows of one call for its tag: ask for all that this Execute may get.
    const next = () => portal.next(maxRows > 0 ? maxRows - sent : 0);
    const turnEnds = performance.now() + TURN_MILLIS;
    for (;;) {
      const batch = next();
      if (batch instanceof Promise || output.isClientSlow) return this.#sendRowsLater(batch, step, next);
      if (step(batch)) return batch;
      if (performance.now() > turnEnds) return this.#sendRowsLater(otherConnectionsTurn().then(next), step, next);
    }
  }
  async #sendRowsLater(
    first: PortalRows | Promise<PortalRows>,
    step: (batch: PortalRows) => boolean,
    next: () => PortalRows | Promise<PortalRows>,
  ): Promise<PortalRows> {
    let batch = await first;
    let turnEnds = performance.now() + TURN_MILLIS;
    while (!step(batch)) {
      if (this.output.isClientSlow) await this.output.drain();
      if (performance.now() > turnEnds) {
        await otherConnectionsTurn();
        turnEnds = performance.now() + TURN_MILLIS;
      }
      batch = await next();
    }
    return batch;
  }
  /** MOVE in a portal of the client's. */
  async skipRows(portal: BoundPortal, count: number): Promise<number> {
    if (portal.finishedTag !== undefined || count === 0) return 0;
    if (portal.running === undefined) {
      const result = await this.session.execute(portal.statement, portal.parameters, this.encodingOptions(portal.formats));
      assert(result.kind === "portal", "only a query is moved in");
      portal.running = result.portal;
    }
    let moved = 0;
    while (moved < count) {
      const batch = await portal.running.next(count - moved);
      moved += batch.encoded?.rowCount ?? batch.rows.length;
      if (!batch.done) continue;
      portal.finishedTag = batch.tag;
      portal.running.close();
      delete portal.running;
      break;
    }
    return moved;
  }

  // ---- COPY -----------------------------------------------------------------------------------------------------------

  copyIn(target: CopyInTarget): Promise<void> {
    const pump = () => this.#host.pump();
    respond.copyResponse(this.output.writer, Backend.copyIn, target.columnCount, target.binary);
    this.output.send();
    this.copy = new CopyIn(target, this.output, pump);
    // Messages of the COPY may be here already.
    queueMicrotask(pump);
    return this.copy.over.finally(() => {
      this.copy = undefined;
    });
  }
  async copyOut(source: CopyOutSource): Promise<void> {
    const { output } = this;
    respond.copyResponse(output.writer, Backend.copyOut, source.columnCount, source.binary);
    for (;;) {
      const chunk = await source.next();
      if (chunk === null) break;
      output.raw(chunk);
      output.sendWhenMuch();
      if (output.isClientSlow) await output.drain();
    }
    respond.empty(output.writer, Backend.copyDone);
    respond.commandComplete(output.writer, source.tag());
  }

  // ---- the lane -------------------------------------------------------------------------------------------------------

  /** Tells the lane of a statement that has run to its end. A command that is not one of its own may have changed anything. */
  noteRan(statement: PreparedStatement, portal: Portal, tag: string, formats: readonly number[], note: (ran: RanStatement) => void): void {
    const { lane, session } = this;
    const { nativeStatement: native } = portal;
    const isControl = lane?.isControl(statement.text, tag) === true;
    // The lane runs the statements of one message as one transaction, but not those of a pipeline without Sync.
    if (this.implicit === "pipeline" || (native === undefined && !isControl)) {
      if (isCommandTag(tag)) lane?.interrupted();
      else lane?.missed();
      return;
    }
    note({
      text: statement.text,
      tag,
      parameterTypes: statement.parameterTypes,
      columns: statement.columns,
      native,
      describe: () => respond.rowDescriptionBytes(statement.columns, this.lengthOf, formats),
      facts: () => session.facts(),
    });
  }

  // ---- errors ---------------------------------------------------------------------------------------------------------

  /** True: the error was the connection's end. */
  tell(error: unknown): boolean {
    this.lane?.missed();
    if (error instanceof DbError && error.fields.severity === "FATAL") {
      this.#host.fatal(error);
      return true;
    }
    sendError(this.output, error, this.#host);
    return false;
  }
}

const blockEnds: ReadonlySet<string> = new Set(["COMMIT", "ROLLBACK", "PREPARE TRANSACTION"]);
/** What a failed block still runs. */
export const endsBlock = (statement: PreparedStatement): boolean => blockEnds.has(statement.tag);

/** An error as the client is told of it. */
export function sendError({ writer }: Output, error: unknown, host: Pick<ConversationHost, "reportInternalError">): void {
  writer.abandon();
  if (error instanceof DbError) return respond.errorOrNotice(writer, Backend.error, error.fields.severity ?? "ERROR", error.fields);
  if (error instanceof RangeError && error.message.startsWith("Maximum call stack"))
    return respond.errorOrNotice(writer, Backend.error, "ERROR", stackDepthExceeded().fields);
  host.reportInternalError(error);
  const message = error instanceof Error ? error.message : String(error);
  respond.errorOrNotice(writer, Backend.error, "ERROR", { sqlstate: "XX000", message: `internal error: ${message}` });
}
