/**
 * What a client's messages name: its unnamed statement (named ones are the session's, shared with PREPARE) and its portals.
 */
import type { ClientPortals, Portal, PreparedStatement, Session } from "../../src/engine/types.js";
import { type Datum, DbError, type Oid } from "../../src/types/index.js";

export interface BoundPortal {
  readonly statementName: string;
  readonly statement: PreparedStatement;
  readonly parameters: readonly Datum[];
  readonly formats: readonly number[];
  readonly createdMillis: number;
  running?: Portal;
  finishedTag?: string;
  /** It ended with an error, and is run no more. */
  hasFailed?: boolean;
}

export class ClientNames {
  readonly #session: Session;
  readonly #portals = new Map<string, BoundPortal>();
  #unnamedStatement: PreparedStatement | undefined;
  /** Body of the Parse message that made the unnamed statement on the lane: prepared here when it is asked for. */
  #unnamedParse: Buffer | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  // ---- statements -----------------------------------------------------------------------------------------------------

  statement(name: string): PreparedStatement {
    if (name === "" && this.#unnamedParse !== undefined) this.setUnnamed(this.#prepareUnnamed(this.#unnamedParse));
    const statement = name === "" ? this.#unnamedStatement : this.#session.namedStatement(name);
    if (statement) return statement;
    throw new DbError({
      sqlstate: "26000",
      message: name === "" ? "unnamed prepared statement does not exist" : `prepared statement "${name}" does not exist`,
    });
  }
  setUnnamed(statement: PreparedStatement | undefined): void {
    this.#unnamedStatement = statement;
    this.#unnamedParse = undefined;
  }
  /** A Parse message that ran on the lane, so it is well-formed; empty: the unnamed statement went. */
  setUnnamedParse(body: Uint8Array): void {
    this.#unnamedStatement = undefined;
    this.#unnamedParse = body.length > 0 ? Buffer.from(body) : undefined;
  }
  #prepareUnnamed(body: Buffer): PreparedStatement {
    const end = body.indexOf(0, 1);
    const types: Oid[] = [];
    for (let at = end + 3; at + 4 <= body.length; at += 4) types.push(body.readUInt32BE(at));
    return this.#session.prepare(body.toString("utf8", 1, end), types);
  }

  // ---- portals --------------------------------------------------------------------------------------------------------

  get hasPortals(): boolean {
    return this.#portals.size > 0;
  }
  hasPortal(name: string): boolean {
    return this.#portals.has(name);
  }
  portal(name: string): BoundPortal {
    const portal = this.#portals.get(name);
    if (!portal) throw new DbError({ sqlstate: "34000", message: `portal "${name}" does not exist` });
    return portal;
  }
  setPortal(name: string, portal: BoundPortal): void {
    this.dropPortal(name);
    this.#portals.set(name, portal);
  }
  dropPortal(name: string): void {
    this.#portals.get(name)?.running?.close();
    this.#portals.delete(name);
  }
  dropPortals(): void {
    for (const name of [...this.#portals.keys()]) this.dropPortal(name);
  }

  /** As MOVE, CLOSE and pg_cursors see them; `skip` moves in one. */
  asCursors(skip: (portal: BoundPortal, count: number) => Promise<number>): ClientPortals {
    return {
      has: (name) => name !== "" && this.#portals.has(name),
      skip: (name, count) => skip(this.portal(name), count),
      close: (name) => this.dropPortal(name),
      closeAll: () => {
        for (const name of [...this.#portals.keys()]) if (name !== "") this.dropPortal(name);
      },
      list: () =>
        [...this.#portals]
          .filter(([name]) => name !== "")
          .map(([name, { statement, createdMillis }]) => ({ name, statement: statement.text, createdMicros: createdMillis * 1000 })),
    };
  }
}
