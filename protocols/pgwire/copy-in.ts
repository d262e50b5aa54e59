/** COPY FROM STDIN under way: its statement is running, and its own messages are handled. */
import type { CopyInTarget } from "../../src/engine/types.js";
import { DbError } from "../../src/types/index.js";
import { Frontend } from "./frontend-messages.js";
import type { MessageReader } from "./message-reader.js";
import type { Output } from "./output.js";
import * as respond from "./responses.js";
import { Backend } from "./responses.js";

export class CopyIn {
  readonly #target: CopyInTarget;
  readonly #output: Output;
  /** More messages can be taken. */
  readonly #goOn: () => void;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  /** A message is being worked on, or the COPY has ended. */
  isBusy = false;
  /** The end of the statement. */
  readonly over = new Promise<void>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  constructor(target: CopyInTarget, output: Output, goOn: () => void) {
    this.#target = target;
    this.#output = output;
    this.#goOn = goOn;
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  /**
   * Whether the next message may be taken. What came before it is judged first: an error there ends the COPY, and the message is
   * none of it any more.
   */
  isReadyFor(type: number): boolean {
    if (type !== 0 && type !== Frontend.copyData && type !== Frontend.copyDone) this.#work(() => this.#target.look());
    return !this.isBusy;
  }

  handle(reader: MessageReader): void {
    switch (reader.type) {
      case Frontend.copyData: {
        const bytes = reader.rest();
        return this.#work(() => this.#target.write(bytes));
      }
      case Frontend.copyDone:
        return this.#finish(
          this.#target.finish().then(({ tag, flushLsn }) => {
            this.#output.note(flushLsn);
            respond.commandComplete(this.#output.writer, tag);
          }),
        );
      case Frontend.copyFail: {
        const reason = reader.cstring();
        return this.#finish(
          this.#target.fail(reason).then(() => {
            throw new DbError({ sqlstate: "57014", message: `COPY from stdin failed: ${reason}` });
          }),
        );
      }
      case Frontend.flush:
      case Frontend.sync:
        return; // allowed inside COPY, ignored
      default:
        return this.#finish(this.#unexpected(reader.type));
    }
  }
  /** PostgreSQL does not read such a message to its end, so the connection cannot go on. */
  async #unexpected(type: number): Promise<never> {
    const message = `unexpected message type 0x${type.toString(16).toUpperCase().padStart(2, "0")} during COPY from stdin`;
    const failed = await this.#target.fail(message).then(
      () => undefined,
      (error: unknown) => error,
    );
    const where = failed instanceof DbError ? failed.fields.where : undefined;
    const fields = { sqlstate: "08P01", message, ...(where === undefined ? {} : { where }) };
    respond.errorOrNotice(this.#output.writer, Backend.error, "ERROR", fields);
    throw new DbError({
      sqlstate: "08P01",
      severity: "FATAL",
      message: "terminating connection because protocol synchronization was lost",
    });
  }
  #work(work: () => void | Promise<void>): void {
    try {
      const pending = work();
      if (!pending) return;
      this.isBusy = true;
      void pending.then(() => {
        this.isBusy = false;
        this.#goOn();
      }, this.#reject);
    } catch (error) {
      this.isBusy = true;
      this.#reject(error);
    }
  }
  /** After this the statement goes on; no further message is COPY's. */
  #finish(work: Promise<void>): void {
    this.isBusy = true;
    void work.then(this.#resolve, this.#reject);
  }
}
