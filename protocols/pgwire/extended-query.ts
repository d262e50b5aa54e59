/**
 * Parse, Bind, Describe, Execute, Close and Sync. After an error everything up to the next Sync is skipped.
 * Source: PostgreSQL documentation, "Message Flow", Extended Query.
 */
import type { ExecuteResult, NamedCursor, Portal, PortalRows, PreparedStatement } from "../../src/engine/types.js";
import {
  type CharacterSet,
  type Datum,
  DbError,
  duplicateCursor,
  duplicatePrepared,
  isIncorrectBinary,
  type Oid,
  PhysicalType,
  type SqlType,
  transactionFailed,
} from "../../src/types/index.js";
import type { BoundPortal } from "./client-names.js";
import { type Conversation, endsBlock } from "./conversation.js";
import { Frontend, type Pending, TEXT } from "./frontend-messages.js";
import { protocolViolation } from "./message-reader.js";
import * as respond from "./responses.js";
import { Backend } from "./responses.js";
import { binaryTextUnsupported, dataRow, isText, mayHoldText } from "./row-encoder.js";

export class ExtendedQuery {
  readonly #talk: Conversation;
  #skipsToSync = false;
  /** The portal that the Execute under way has begun to run. */
  #runs: BoundPortal | undefined;
  constructor(talk: Conversation) {
    this.#talk = talk;
  }

  get skipsToSync(): boolean {
    return this.#skipsToSync;
  }
  /** A message failed. Ends what was one transaction up to the next Sync; of the connection too when the error is fatal. */
  failed(error: unknown, type: number): void {
    const talk = this.#talk;
    if (talk.tell(error)) return;
    if (this.#runs !== undefined && type === Frontend.execute) this.#runs.hasFailed = true;
    talk.session.fail();
    if (talk.implicit !== undefined) {
      talk.implicit = undefined;
      void talk.session.endImplicit(true);
    }
    if (type === Frontend.query || type === Frontend.functionCall || type === Frontend.sync) talk.readyForQuery();
    else this.#skipsToSync = true;
  }

  parse(): void {
    const { reader, session, names, lane, output } = this.#talk;
    const body = lane && reader.peekRest();
    const name = reader.cstring();
    if (body !== undefined) lane?.parsed(name, body);
    const text = reader.cstring();
    const types: Oid[] = [];
    for (let n = reader.uint16(); n > 0; n--) types.push(reader.int32() >>> 0);
    // The unnamed statement goes even when the new one turns out to be wrong.
    if (name === "") names.setUnnamed(undefined);
    const statement = session.prepare(text, types);
    if (name === "") names.setUnnamed(statement);
    else if (session.namedStatement(name) !== undefined) throw duplicatePrepared(name);
    else session.nameStatement(name, statement);
    respond.empty(output.writer, Backend.parseComplete);
  }

  bind(): void {
    const { reader, session, names, output } = this.#talk;
    const portalName = reader.cstring();
    const statementName = reader.cstring();
    const statement = names.statement(statementName);
    const formats = this.#readFormats();
    const count = reader.uint16();
    if (formats.length > 1 && formats.length !== count)
      throw violation(`bind message has ${formats.length} parameter formats but ${count} parameters`);
    if (count !== statement.parameterTypes.length)
      throw violation(
        `bind message supplies ${count} parameters, but prepared statement "${statementName}" requires ${statement.parameterTypes.length}`,
      );
    if (!endsBlock(statement) || count > 0) this.#refuseInFailedBlock();
    if (portalName !== "" && (names.hasPortal(portalName) || session.cursor(portalName))) throw duplicateCursor(portalName);
    const parameters: Datum[] = [];
    for (let i = 0; i < count; i++) {
      const length = reader.int32();
      if (length === -1) {
        parameters.push(null);
        continue;
      }
      const type = session.typeOf(statement.parameterTypes[i] as Oid);
      const isBinary = respond.formatOf(formats, i) === 1;
      try {
        parameters.push(this.#parameter(type, length, isBinary));
      } catch (error) {
        // The portal is there already, with nothing in it: a failed block keeps it.
        names.setPortal(portalName, nothing);
        throw atParameter(error, portalName, i + 1, isBinary ? undefined : length);
      }
    }
    const resultFormats = this.#readFormats();
    if (resultFormats.length > 1 && resultFormats.length !== statement.columns.length && givesRows(statement))
      throw violation(`bind message has ${resultFormats.length} result formats but query has ${statement.columns.length} columns`);
    const createdMillis = portalName === "" ? 0 : Date.now();
    names.setPortal(portalName, { statementName, statement, parameters, formats: resultFormats, createdMillis });
    respond.empty(output.writer, Backend.bindComplete);
  }
  #parameter(type: SqlType, length: number, isBinary: boolean): Datum {
    const { reader, session, characters } = this.#talk;
    if (!isBinary) {
      const known = type.inputBytes?.(reader.peekBytes(length), -1);
      if (known === undefined) return type.input(reader.text(length), -1, session.format);
      reader.bytes(length);
      return known;
    }
    const bytes = characters === undefined ? reader.bytes(length) : binaryText(type, reader.bytes(length), characters);
    // A varlen value (bytea) may be the bytes themselves, and outlives the message.
    return type.receive(type.physical === PhysicalType.varlen ? Buffer.from(bytes) : bytes, -1);
  }
  #readFormats(): number[] {
    const { reader } = this.#talk;
    const formats: number[] = [];
    for (let n = reader.uint16(); n > 0; n--) {
      const format = reader.int16();
      if (format !== 0 && format !== 1) throw new DbError({ sqlstate: "22023", message: `unsupported format code: ${format}` });
      formats.push(format);
    }
    return formats;
  }

  describe(): void {
    const { reader, session, names, lengthOf, output } = this.#talk;
    const kind = reader.byte();
    const name = reader.cstring();
    if (kind === 0x53) {
      const statement = names.statement(name);
      if (givesRows(statement)) this.#refuseInFailedBlock();
      respond.parameterDescription(output.writer, statement.parameterTypes);
      this.#describeColumns(statement, []);
    } else if (kind === 0x50) {
      const cursor = names.hasPortal(name) ? undefined : session.cursor(name);
      if (cursor !== undefined) return respond.rowDescription(output.writer, cursor.columns, lengthOf, TEXT);
      const portal = names.portal(name);
      if (givesRows(portal.statement)) this.#refuseInFailedBlock();
      this.#describeColumns(portal.statement, portal.formats);
    } else throw protocolViolation(`invalid DESCRIBE message subtype ${kind}`);
  }
  #describeColumns(statement: PreparedStatement, formats: readonly number[]): void {
    const { writer } = this.#talk.output;
    if (givesRows(statement)) respond.rowDescription(writer, statement.columns, this.#talk.lengthOf, formats);
    else respond.empty(writer, Backend.noData);
  }
  #refuseInFailedBlock(): void {
    if (this.#talk.session.transactionStatus === "failed") throw transactionFailed();
  }

  execute(): Pending {
    const talk = this.#talk;
    const { reader, session, names } = talk;
    const name = reader.cstring();
    const maxRows = Math.max(0, reader.int32());
    this.#runs = undefined;
    const cursor = names.hasPortal(name) ? undefined : session.cursor(name);
    if (cursor !== undefined) return this.#executeCursor(cursor, maxRows);
    const portal = names.portal(name);
    if (portal.statement.isEmpty) return respond.empty(talk.output.writer, Backend.emptyQuery);
    if (portal.hasFailed === true || portal.finishedTag !== undefined) {
      if (!endsBlock(portal.statement)) this.#refuseInFailedBlock();
      // What gives rows has no more of them.
      if (portal.hasFailed === true || portal.finishedTag === undefined || !givesRows(portal.statement)) throw portalCannotRun(name);
      return respond.commandComplete(talk.output.writer, portal.finishedTag.replace(/\d+$/, "0"));
    }
    this.#runs = portal;
    if (portal.running) return this.#continue(portal, portal.running, maxRows);
    // Executes up to the next Sync are one transaction; when Sync follows at once autocommit is the same and cheaper.
    if (talk.implicit !== undefined || maxRows > 0 || reader.peekType() !== Frontend.sync) {
      session.beginImplicit("pipeline");
      talk.implicit = "pipeline";
    }
    const result = session.execute(portal.statement, portal.parameters, talk.encodingOptions(portal.formats));
    if (result instanceof Promise) return result.then((r) => this.#executed(portal, r, maxRows));
    return this.#executed(portal, result, maxRows);
  }
  /** Execute of a portal that DECLARE made: in text, BINARY is for FETCH in simple queries. */
  #executeCursor(cursor: NamedCursor, maxRows: number): void {
    const { writer } = this.#talk.output;
    const rows = cursor.next(maxRows);
    const encoders = this.#talk.encodersOf(cursor.columns, TEXT);
    for (const row of rows) dataRow(writer, encoders, row);
    if (maxRows > 0 && rows.length === maxRows) respond.empty(writer, Backend.portalSuspended);
    else respond.commandComplete(writer, `SELECT ${rows.length}`);
  }
  #executed(portal: BoundPortal, result: ExecuteResult, maxRows: number): Pending {
    const talk = this.#talk;
    switch (result.kind) {
      case "empty":
        return respond.empty(talk.output.writer, Backend.emptyQuery);
      case "copyIn":
        portal.finishedTag = "COPY";
        return talk.copyIn(result.copy);
      case "copyOut":
        portal.finishedTag = "COPY";
        return talk.copyOut(result.copy);
      case "portal":
        portal.running = result.portal;
        return this.#continue(portal, result.portal, maxRows);
    }
  }
  #continue(portal: BoundPortal, running: Portal, maxRows: number): Pending {
    const rows = this.#talk.sendRows(running, portal.formats, maxRows);
    if (rows instanceof Promise) return rows.then((last) => this.#stopped(portal, last));
    this.#stopped(portal, rows);
  }
  #stopped(portal: BoundPortal, last: PortalRows): void {
    const talk = this.#talk;
    const { lane } = talk;
    if (!last.done) return respond.empty(talk.output.writer, Backend.portalSuspended);
    const { statementName, statement, formats } = portal;
    if (lane !== undefined && portal.running !== undefined)
      talk.noteRan(statement, portal.running, last.tag, formats, (ran) => lane.executed(statementName, formats, ran));
    portal.finishedTag = last.tag;
    // The end of a transaction ends its portals, this one among them.
    if (endsBlock(statement) && talk.session.transactionStatus === "idle") talk.names.dropPortals();
    portal.running?.close();
    delete portal.running;
    respond.commandComplete(talk.output.writer, last.tag);
  }

  close(): void {
    const { reader, session, names, lane, output } = this.#talk;
    lane?.interrupted();
    const kind = reader.byte();
    const name = reader.cstring();
    if (kind === 0x53) {
      if (name === "") {
        names.setUnnamed(undefined);
        lane?.unnamedDropped();
      } else session.dropStatement(name);
    } else if (kind === 0x50) {
      names.dropPortal(name);
      session.closeCursor(name);
    } else throw protocolViolation(`invalid CLOSE message subtype ${kind}`);
    respond.empty(output.writer, Backend.closeComplete);
  }

  sync(): Pending {
    this.#skipsToSync = false;
    const talk = this.#talk;
    if (talk.implicit !== undefined) {
      talk.implicit = undefined;
      const lsn = talk.session.endImplicit(false);
      if (lsn instanceof Promise) return lsn.then((l) => this.#synced(l));
      return this.#synced(lsn);
    }
    this.#synced(0);
  }
  #synced(lsn: number): void {
    const { session, names, output } = this.#talk;
    output.note(lsn);
    if (session.transactionStatus === "idle") names.dropPortals();
    this.#talk.readyForQuery();
  }
}

/** A binary value of a client that does not speak UTF-8. */
function binaryText(type: SqlType, bytes: Buffer, characters: CharacterSet): Buffer {
  if (isText(type)) return Buffer.from(characters.decode(bytes));
  if (mayHoldText(type)) throw binaryTextUnsupported(type, characters);
  return bytes;
}
function violation(message: string): DbError {
  return new DbError({ sqlstate: "08P01", message });
}
/** Which parameter was wrong; its text is shown by no more than dots, as log_parameter_max_length_on_error 0 has it. */
/** @param textLength of a value given as text, whose content is not told (log_parameter_max_length_on_error is 0) */
function atParameter(error: unknown, portal: string, number: number, textLength: number | undefined): unknown {
  if (!(error instanceof DbError) || error.fields.severity === "FATAL") return error;
  const value = textLength === undefined ? "" : textLength === 0 ? " = ''" : " = '...'";
  const where = `${portal === "" ? "unnamed portal" : `portal "${portal}"`} parameter $${number}${value}`;
  return new DbError({
    ...error.fields,
    message: isIncorrectBinary(error) ? `${error.message} in bind parameter ${number}` : error.message,
    where: error.fields.where === undefined ? where : `${error.fields.where}\n${where}`,
  });
}
/** A portal that Bind has made and not filled. */
const nothing: BoundPortal = {
  statementName: "",
  statement: { isEmpty: true, text: "", tag: "", columns: [], parameterTypes: [] },
  parameters: [],
  formats: [],
  createdMillis: 0,
};
const givesRows = (statement: PreparedStatement): boolean => statement.columns.length > 0 || statement.tag === "SELECT";
const portalCannotRun = (name: string) => new DbError({ sqlstate: "55000", message: `portal "${name}" cannot be run` });
