/** The Query message: a text of one or several statements. Source: PostgreSQL documentation, "Message Flow", Simple Query. */
import type { ExecuteResult, LiftedStatement, ParsedStatement, PortalRows, PreparedStatement } from "../../src/engine/types.js";
import type { Datum } from "../../src/types/index.js";
import type { BoundPortal } from "./client-names.js";
import { type Conversation, endsBlock } from "./conversation.js";
import { BINARY, type Pending, TEXT } from "./frontend-messages.js";
import * as respond from "./responses.js";
import { Backend } from "./responses.js";

export class SimpleQuery {
  readonly #talk: Conversation;
  /** False: the connection has closed meanwhile. */
  readonly #isOpen: () => boolean;
  /** The statement that runs in the unnamed portal. */
  #runs: PreparedStatement | undefined;
  constructor(talk: Conversation, isOpen: () => boolean) {
    this.#talk = talk;
    this.#isOpen = isOpen;
  }

  query(text: string): Pending {
    const { session, names, lane, output } = this.#talk;
    names.setUnnamed(undefined);
    this.#runs = undefined;
    lane?.unnamedDropped();
    try {
      if (this.#talk.implicit !== undefined) return this.#inBlock(() => session.split(text));
      const lifted = session.prepareLifted(text);
      if (lifted) return this.#done(this.#run(lifted.prepared, lifted.parameters, text, lifted));
      const statements = session.split(text);
      if (statements.length > 1) return this.#inBlock(() => statements);
      const [statement] = statements;
      if (statement === undefined) respond.empty(output.writer, Backend.emptyQuery);
      else return this.#done(this.#run(session.prepareParsed(statement), [], text));
    } catch (error) {
      this.#failed(error);
    }
    this.#done();
  }
  #done(pending?: Pending): Pending {
    if (pending)
      return pending.then(
        () => this.#done(),
        (error) => {
          this.#failed(error);
          this.#done();
        },
      );
    const talk = this.#talk;
    if (talk.names.hasPortals && talk.session.transactionStatus === "idle") talk.names.dropPortals();
    if (this.#isOpen()) talk.readyForQuery();
  }
  #failed(error: unknown): void {
    if (this.#talk.tell(error)) return;
    this.#talk.session.fail();
    // A block that failed keeps the portal to its end.
    if (this.#runs !== undefined) this.#talk.names.setPortal("", failedPortal(this.#runs));
  }
  /** Several statements in one message are one transaction; a pipeline that no Sync has ended is part of it, and ends with it. */
  async #inBlock(split: () => readonly ParsedStatement[]): Promise<void> {
    const talk = this.#talk;
    let failed = false;
    try {
      const statements = split();
      if (statements.length === 0) respond.empty(talk.output.writer, Backend.emptyQuery);
      for (const statement of statements) {
        talk.session.beginImplicit(statements.length > 1 ? "message" : "pipeline");
        talk.implicit = "message";
        this.#runs = undefined;
        // As if it had come alone, so that the lane knows it in any message.
        const text = statement.text.trim();
        const lifted = talk.session.prepareLifted(text);
        await this.#run(lifted?.prepared ?? talk.session.prepareParsed(statement), lifted?.parameters ?? [], text, lifted);
      }
    } catch (error) {
      failed = true;
      this.#failed(error);
    }
    talk.implicit = undefined;
    try {
      talk.output.note(await talk.session.endImplicit(failed));
    } catch (error) {
      talk.tell(error);
    }
    this.#done();
  }

  #run(prepared: PreparedStatement, parameters: readonly Datum[], query: string, lifted?: LiftedStatement): Pending {
    const talk = this.#talk;
    // It runs in the unnamed portal, as in PostgreSQL, if it runs.
    if (talk.session.transactionStatus !== "failed" || endsBlock(prepared)) {
      talk.names.dropPortal("");
      this.#runs = prepared;
    }
    const result = talk.session.execute(prepared, parameters, { ...talk.encodingOptions(TEXT), undescribed: true });
    if (result instanceof Promise) return result.then((r) => this.#show(prepared, r, query));
    return this.#show(prepared, result, query, lifted);
  }
  #show(prepared: PreparedStatement, result: ExecuteResult, query: string, lifted?: LiftedStatement): Pending {
    const talk = this.#talk;
    const { writer } = talk.output;
    if (result.kind !== "portal") talk.lane?.missed();
    switch (result.kind) {
      case "empty":
        return respond.empty(writer, Backend.emptyQuery);
      case "copyIn":
        return talk.copyIn(result.copy);
      case "copyOut":
        return talk.copyOut(result.copy);
      case "portal": {
        const { portal } = result;
        const columns = portal.columns;
        const formats = portal.isBinary ? BINARY : TEXT;
        const before = writer.length;
        if (columns.length > 0 || prepared.tag === "SELECT") respond.rowDescription(writer, columns, talk.lengthOf, formats);
        const described = writer.length;
        let rows: PortalRows | Promise<PortalRows>;
        try {
          rows = talk.sendRows(portal, formats, 0);
        } catch (error) {
          portal.close();
          // PostgreSQL knows the literals when it plans: what is wrong among them is told alone.
          const early = lifted !== undefined && writer.length === described ? talk.session.planningError(query) : undefined;
          if (early !== undefined) writer.retract(before);
          throw early ?? error;
        }
        if (rows instanceof Promise)
          return rows
            .then((last) => {
              talk.lane?.missed();
              respond.commandComplete(writer, last.tag);
            })
            .finally(() => portal.close());
        if (talk.lane !== undefined) talk.noteRan(prepared, portal, rows.tag, TEXT, (ran) => talk.lane?.queried(query, lifted, ran));
        respond.commandComplete(writer, rows.tag);
        portal.close();
      }
    }
  }
}

const failedPortal = (statement: PreparedStatement): BoundPortal => ({
  statementName: "",
  statement,
  parameters: [],
  formats: TEXT,
  createdMillis: 0,
  hasFailed: true,
});
