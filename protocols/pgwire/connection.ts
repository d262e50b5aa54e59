/**
 * One client connection of the PostgreSQL protocol 3.0 or 3.2: bytes in, bytes out, no socket.
 * Source: PostgreSQL documentation, "Message Flow".
 *
 * Messages are handled strictly in order. Handlers run synchronously as long as the engine answers synchronously (hot
 * statements do); the first promise makes the connection busy, later messages wait in the reader.
 *
 * Invariants
 *  1. Nothing that says "done" leaves before the log is durable up to the commit it speaks of (output.ts).
 *  2. After an error in the extended protocol everything up to the next Sync is skipped (extended-query.ts).
 *  3. Before authentication only start-up, cancel and password messages are understood (startup.ts).
 */
import type { ClientPortals, LaneActivity, Session, SessionListener } from "../../src/engine/types.js";
import { clientLost, DbError, type DbErrorFields, notSupported } from "../../src/types/index.js";
import type { Peer } from "./authentication.js";
import { Conversation, sendError } from "./conversation.js";
import { ExtendedQuery } from "./extended-query.js";
import { Frontend, type Pending } from "./frontend-messages.js";
import { MessageReader, protocolViolation } from "./message-reader.js";
import { Output, type OutputTransport } from "./output.js";
import { type PgFastLane, PointLane } from "./point-lane.js";
import * as respond from "./responses.js";
import { Backend } from "./responses.js";
import { SimpleQuery } from "./simple-query.js";
import { Startup, type StartupOptions, type StartupStep } from "./startup.js";

export interface PgTransport extends OutputTransport {
  /** The client has closed the connection, whether or not disconnected() was called. */
  hasLeft(): boolean;
  readonly peer: Peer;
  readonly pgFastLane?: PgFastLane | undefined;
}
export interface PgConnectionOptions extends StartupOptions {
  readonly transport: PgTransport;
  readonly maxMessageBytes: number;
  /** For clients that say nothing before they are known. */
  readonly authenticationMillis: number;
  /** Reports what was our mistake; never sent to a log with statement parameters. */
  readonly reportInternalError: (error: unknown) => void;
}

/** A session and the handlers of its client's messages. */
interface Ready {
  readonly session: Session;
  readonly talk: Conversation;
  readonly simple: SimpleQuery;
  readonly extended: ExtendedQuery;
}

const TIMER_MILLIS_MAX = 2 ** 31 - 1;

export class PgConnection implements SessionListener {
  readonly #options: PgConnectionOptions;
  readonly reader: MessageReader;
  readonly output: Output;
  readonly lane: PointLane | undefined;
  #startup: Startup | undefined;
  #ready: Ready | undefined;
  /** The work of a message goes on: later messages wait. */
  #busy = false;
  /** In the middle of a message that is handled at once. */
  #isPumping = false;
  #isClosed = false;
  /** The client has gone. */
  #ended = false;
  /** Why the connection ends as soon as its statement has. */
  #terminating: DbError | undefined;
  readonly #authenticationTimer: NodeJS.Timeout;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: PgConnectionOptions) {
    this.#options = options;
    const { transport, database } = options;
    this.lane = transport.pgFastLane && new PointLane(transport.pgFastLane);
    this.reader = new MessageReader(options.maxMessageBytes);
    this.output = new Output(transport, database, { lost: (error) => this.#lost(error), eased: () => this.#rest() });
    this.#startup = new Startup(options, transport.peer, this.reader, this.output.writer, {
      write: (bytes) => void transport.write(bytes),
      opened: (session) => this.#opened(session),
    });
    // As PostgreSQL's authentication_timeout: without a word.
    this.#authenticationTimer = setTimeout(() => this.#close(), options.authenticationMillis);
  }

  // ---- what comes from the transport ----------------------------------------------------------------------------------

  /** Bytes from the client, split anywhere. Nothing of the chunk is kept. */
  data(chunk: Buffer): void {
    if (this.#isClosed) return;
    if (this.#idleTimer !== undefined) {
      clearTimeout(this.#idleTimer);
      this.#idleTimer = undefined;
    }
    this.#takeBack();
    this.reader.push(chunk);
    this.pump();
    this.reader.keepRest();
  }
  /** The connection is this session's again, with the block that began on the lane. */
  #takeBack(): void {
    const taken = this.lane?.taken();
    if (taken?.parse !== undefined) this.#ready?.talk.names.setUnnamedParse(taken.parse);
    if (taken?.block !== undefined) this.#ready?.session.enterBlock(taken.block);
    if (taken !== undefined) this.#ready?.session.noteDrawn(taken.drawn);
  }
  /** Bytes received that wait for the running statement: the listener pauses the socket above its limit. */
  get backlogBytes(): number {
    return this.reader.backlog;
  }
  /** The client is gone. */
  disconnected(): void {
    if (this.#ended) return;
    this.#takeBack();
    this.#ended = true;
    this.output.clientGone();
    clearTimeout(this.#authenticationTimer);
    this.#isClosed = true;
    this.#ready?.session.cancel();
    this.#ready?.talk.copy?.fail(clientLost());
    if (!this.#busy) this.#closeSession();
  }
  /** Server shutdown: tell the client why, and close. */
  shutDown(): void {
    if (this.#isClosed) return;
    this.#ready?.session.cancel();
    const { logFailure } = this.#options.database;
    if (logFailure !== undefined) return this.fatal(fatalLogFailure(logFailure));
    this.fatal(new DbError({ sqlstate: "57P01", severity: "FATAL", message: "terminating connection due to administrator command" }));
  }

  // ---- what comes from the session ------------------------------------------------------------------------------------

  notice(fields: DbErrorFields & { readonly severityName: string }): void {
    respond.errorOrNotice(this.output.writer, Backend.notice, fields.severityName, fields);
  }
  parameterStatus(name: string, value: string, before: string): void {
    this.#ready?.talk.settingChanged(name, value, before);
  }
  notification(processId: number, channel: string, payload: string): void {
    const ready = this.#ready;
    if (ready === undefined) return;
    ready.talk.notificationCame(processId, channel, payload);
    if (this.#busy || this.#isPumping || ready.session.isInTransaction) return;
    ready.talk.tellNotifications();
    this.output.send();
  }
  get portals(): ClientPortals | undefined {
    const talk = this.#ready?.talk;
    return talk?.names.asCursors((portal, count) => talk.skipRows(portal, count));
  }
  terminate(error: DbError): void {
    if (this.#busy) this.#terminating = error;
    else this.fatal(error);
  }
  activityElsewhere(): LaneActivity | undefined {
    return this.lane?.activity();
  }
  isBusy(): boolean {
    return this.#busy;
  }
  clientHasLeft(): boolean {
    return this.#ended || this.#options.transport.hasLeft();
  }
  reportInternalError(error: unknown): void {
    this.#options.reportInternalError(error);
  }

  // ---- messages -------------------------------------------------------------------------------------------------------

  /** Handles messages until one has to wait or none is left. */
  pump(): void {
    this.#isPumping = true;
    try {
      while (!this.#isClosed && this.#takesNext() && this.reader.next()) {
        const copy = this.#ready?.talk.copy;
        if (copy !== undefined) {
          copy.handle(this.reader);
          continue;
        }
        const pending = this.#startup === undefined ? this.#handleMessage(this.#ready as Ready) : this.#handleStartup(this.#startup);
        if (pending) {
          this.#busy = true;
          void pending.then(
            () => this.#resume(),
            (error) => {
              this.fatal(error);
              this.#resume();
            },
          );
        }
      }
    } catch (error) {
      this.fatal(error);
    }
    this.#isPumping = false;
    if (this.#busy) return;
    try {
      this.output.send();
      this.#watchIdle();
      this.#rest();
    } catch (error) {
      this.fatal(error); // one session's mishap must not be the thread's
    }
  }
  #takesNext(): boolean {
    const copy = this.#ready?.talk.copy;
    if (copy === undefined) return !this.#busy;
    return !copy.isBusy && copy.isReadyFor(this.reader.peekType());
  }
  #resume(): void {
    this.#busy = false;
    if (this.#terminating !== undefined) this.fatal(this.#terminating);
    if (this.#ended) this.#closeSession();
    else this.pump();
  }

  #handleStartup(startup: Startup): Pending {
    const after = (step: StartupStep): void => {
      if (step === "over") this.#close();
      if (step === "open") this.#startup = undefined;
    };
    const step = startup.handle();
    return step instanceof Promise ? step.then(after) : after(step);
  }
  #opened(session: Session): void {
    clearTimeout(this.#authenticationTimer);
    const talk = new Conversation(session, this);
    const isOpen = () => !this.#isClosed;
    this.#ready = { session, talk, simple: new SimpleQuery(talk, isOpen), extended: new ExtendedQuery(talk) };
    talk.speak(session.setting("client_encoding"));
    session.setListener(this);
  }

  #handleMessage(ready: Ready): Pending {
    const { type } = this.reader;
    if (ready.extended.skipsToSync && type !== Frontend.sync && type !== Frontend.terminate) return;
    try {
      const pending = this.#dispatch(type, ready);
      if (pending) return pending.catch((error) => ready.extended.failed(error, type));
    } catch (error) {
      ready.extended.failed(error, type);
    }
  }
  #dispatch(type: number, { simple, extended }: Ready): Pending {
    switch (type) {
      case Frontend.query:
        return simple.query(this.reader.cstring());
      case Frontend.parse:
        return extended.parse();
      case Frontend.bind:
        return extended.bind();
      case Frontend.describe:
        return extended.describe();
      case Frontend.execute:
        return extended.execute();
      case Frontend.close:
        return extended.close();
      case Frontend.sync:
        return extended.sync();
      case Frontend.flush:
        return this.output.send();
      case Frontend.terminate:
        return this.#close();
      case Frontend.functionCall:
        throw notSupported("the function call message", "Use SELECT with the function instead.");
      case Frontend.copyData:
      case Frontend.copyDone:
      case Frontend.copyFail:
        return; // left over from a COPY that failed: ignored, as PostgreSQL does
      default:
        throw protocolViolation(`invalid frontend message type ${type}`);
    }
  }

  // ---- rest -----------------------------------------------------------------------------------------------------------

  #rest(): void {
    if (this.lane !== undefined && !this.#busy && this.#isAtRest()) this.lane.rest();
  }
  /** Between two statements, with nothing open, waited for or unsaid, and no time limit on the silence. */
  #isAtRest(): boolean {
    if (this.#isClosed || this.#startup !== undefined || this.#ready === undefined) return false;
    const { session, talk, extended } = this.#ready;
    return (
      this.reader.isEmpty &&
      session.transactionStatus === "idle" &&
      talk.implicit === undefined &&
      !extended.skipsToSync &&
      !talk.names.hasPortals &&
      !this.output.isWaiting &&
      this.#idleTimer === undefined
    );
  }
  /** The timeouts of a client that sends nothing. */
  #watchIdle(): void {
    const limit = this.#isClosed || this.#startup !== undefined ? undefined : this.#ready?.session.idleLimit();
    if (limit !== undefined) this.#idleTimer = setTimeout(() => this.fatal(limit.error), Math.min(limit.millis, TIMER_MILLIS_MAX));
  }

  // ---- the end --------------------------------------------------------------------------------------------------------

  /** What was held spoke of work that is lost; a connection that was about to end says this as its last word. */
  #lost(error: Error): void {
    if (!this.#isClosed) return this.fatal(fatalLogFailure(error));
    respond.errorOrNotice(this.output.writer, Backend.error, "FATAL", fatalLogFailure(error).fields);
    this.output.end();
  }
  fatal(error: unknown): void {
    if (this.#isClosed) return;
    this.#takeBack();
    this.output.writer.abandon();
    if (error instanceof DbError) respond.errorOrNotice(this.output.writer, Backend.error, "FATAL", error.fields);
    else sendError(this.output, error, this);
    this.#close();
  }
  #close(): void {
    if (this.#isClosed) return;
    this.#takeBack();
    this.#isClosed = true;
    this.output.end();
    if (!this.#busy) this.#closeSession();
  }
  #closeSession(): void {
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#authenticationTimer);
    this.#ready?.talk.names.dropPortals();
    this.#ready?.session.close();
    this.#ready = undefined;
  }
}

function fatalLogFailure(error: Error): DbError {
  return new DbError({ sqlstate: "58030", message: error.message, ...(error instanceof DbError ? error.fields : {}), severity: "FATAL" });
}
