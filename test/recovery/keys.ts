/** Redis commands on an engine through the native API, without a socket: what the writers of crash tests need. */
import { nativeCommands } from "../../src/keyspace/index.js";
import { type Engine, native, RunState, RunStop, runStateLength } from "../../src/native/index.js";
import type { KeyspaceSession } from "../../src/native/keyspace.js";

export class Keys {
  /** LSN of the last write. */
  lsn = 0;
  readonly #engine: Engine;
  readonly #output = new Uint8Array(1 << 16);
  readonly #state = new Float64Array(runStateLength);
  readonly #session: KeyspaceSession;
  readonly #missing: ReadonlySet<string>;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#missing = new Set(native.keyspace.defineCommands(nativeCommands()));
    this.#session = native.keyspace.openSession(native.keyspace.attach(engine, this.#output, this.#state));
  }

  /** Whether the addon has a body for the command. */
  has(name: string): boolean {
    return !this.#missing.has(name.toLowerCase());
  }

  /** Runs one command and returns its RESP2 reply as text. */
  run(...args: readonly string[]): string {
    const stop = native.keyspace.execute(
      this.#session,
      args.map((a) => Buffer.from(a)),
    );
    if (stop !== RunStop.end) throw new Error(`${args[0]} stopped with ${stop}`);
    this.lsn = Math.max(this.lsn, this.#state[RunState.lsn] as number);
    const length = this.#state[RunState.outputLength] as number;
    const reply = Buffer.from(length < 0 ? native.keyspace.takeOutput(this.#session) : this.#output.subarray(0, length)).toString();
    if (reply.startsWith("-")) throw new Error(reply);
    return reply;
  }

  /** An integer or bulk reply's value. */
  value(...args: readonly string[]): string {
    const [head, body] = this.run(...args).split("\r\n");
    return (head as string).startsWith(":") ? (head as string).slice(1) : (body ?? "");
  }

  list(...args: readonly string[]): string[] {
    return this.run(...args)
      .split("\r\n")
      .filter((line, i) => i > 0 && i % 2 === 0 && line !== "");
  }

  /** All in one record, as EXEC. */
  together(work: () => void): void {
    if (native.keyspace.beginExclusive(this.#session, true, false) !== 0) throw new Error("a key is locked");
    work();
    this.lsn = Math.max(this.lsn, native.keyspace.endExclusive(this.#session));
  }

  close(): void {
    native.keyspace.closeSession(this.#session);
    native.engine.close(this.#engine);
  }
}
