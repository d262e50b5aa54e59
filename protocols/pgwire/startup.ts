/**
 * A client's way in: the start-up packet, who it is (authentication.ts), whether there is a place for it, and the session that opens.
 * Source: PostgreSQL documentation, "Message Flow", Start-up.
 */
import { randomBytes } from "node:crypto";
import type { CancelKey, Database, Session } from "../../src/engine/types.js";
import { DbError, notSupported } from "../../src/types/index.js";
import { Authentication, type Peer } from "./authentication.js";
import { Frontend } from "./frontend-messages.js";
import { type MessageReader, protocolViolation } from "./message-reader.js";
import type { MessageWriter } from "./message-writer.js";
import * as respond from "./responses.js";
import { Backend } from "./responses.js";

export interface StartupOptions {
  readonly database: Database;
  /** Keeps made-up SCRAM salts stable for unknown users; random per server. */
  readonly scramMockSeed: Buffer;
  /** Why a new client must be refused (limit reached, shutting down), or undefined. */
  readonly admit: () => DbError | undefined;
  /** False: what places are left are kept for superusers. */
  readonly hasOrdinaryPlace: () => boolean;
  readonly registerCancelKey: (id: number, key: CancelKey) => void;
}

const PROTOCOL_3 = 196608;
const NEWEST_MINOR = 2;
/** Words of a cancel key: of protocol 3.0, and of 3.2 with as many as PostgreSQL 18 takes. */
const KEY_WORDS = { 0: 1, 2: 8 } as const;
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;

/** Where the way in has come to. "over": the client was there to cancel another's work, or gives up. */
export type StartupStep = "waiting" | "open" | "over";

export interface StartupHost {
  /** Sends bytes at once, past the writer. */
  write(bytes: Uint8Array): void;
  /** The session is there; the client has not heard of it. */
  opened(session: Session): void;
}

export class Startup {
  readonly #options: StartupOptions;
  readonly #peer: Peer;
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  readonly #host: StartupHost;
  #authentication: Authentication | undefined;
  #refusedTls = false;
  #minor: keyof typeof KEY_WORDS = 0;
  #parameters: Record<string, string> = {};

  constructor(options: StartupOptions, peer: Peer, reader: MessageReader, writer: MessageWriter, host: StartupHost) {
    this.#options = options;
    this.#peer = peer;
    this.#reader = reader;
    this.#writer = writer;
    this.#host = host;
  }

  handle(): StartupStep | Promise<StartupStep> {
    return this.#authentication === undefined ? this.#handlePacket() : this.#handlePassword(this.#authentication);
  }

  #handlePacket(): StartupStep | Promise<StartupStep> {
    const reader = this.#reader;
    const code = reader.int32();
    // TLS is refused once; asked for again it is a version that nobody knows. (GSSAPI is mostly declined before: protocols/server/reception.ts.)
    if ((code === GSS_REQUEST || (code === SSL_REQUEST && !this.#refusedTls)) && this.#peer.tls === undefined) {
      this.#refusedTls ||= code === SSL_REQUEST;
      // Where TLS is offered the request does not come here (protocols/server): the client goes on in clear text or gives up, as it was told to.
      this.#host.write(Buffer.from("N"));
      return "waiting";
    }
    if (code === CANCEL_REQUEST) {
      const id = reader.int32();
      const key: number[] = [];
      while (reader.remaining >= 4) key.push(reader.int32());
      return this.#options.database.cancelSession(id, key).then(() => "over");
    }
    if (code >>> 16 !== 3)
      throw fatal("0A000", `unsupported frontend protocol ${code >>> 16}.${code & 0xffff}: server supports 3.0 to 3.${NEWEST_MINOR}`);
    this.#parameters = this.#readParameters(code & 0xffff);
    const { user, database: requested, replication } = this.#parameters;
    if (!user) throw fatal("28000", "no PostgreSQL user name specified in startup packet");
    if (replication && !/^(false|off|no|0)$/.test(replication))
      throw new DbError({ ...notSupported("replication connections").fields, severity: "FATAL" });
    const refusal = this.#options.admit();
    if (refusal) throw refusal;
    reader.startupDone();
    const { database, scramMockSeed } = this.#options;
    const databaseName = requested || user;
    this.#authentication = new Authentication({ database, peer: this.#peer, writer: this.#writer, user, databaseName, scramMockSeed });
    return this.#authentication.begin() ? this.#welcome(user) : "waiting";
  }
  /** Names and values; what of the version or of the options is not known here is negotiated. */
  #readParameters(minor: number): Record<string, string> {
    const parameters: Record<string, string> = {};
    const unknownOptions: string[] = [];
    while (this.#reader.remaining > 1) {
      const name = this.#reader.cstring();
      const value = this.#reader.cstring();
      if (name.startsWith("_pq_.")) unknownOptions.push(name);
      else parameters[name] = value;
    }
    this.#minor = minor >= 2 ? 2 : 0; // 3.1 was never a version
    if (minor > NEWEST_MINOR || minor === 1 || unknownOptions.length > 0) {
      this.#writer
        .start(Backend.negotiateVersion)
        .int32(PROTOCOL_3 + this.#minor)
        .int32(unknownOptions.length);
      for (const name of unknownOptions) this.#writer.cstring(name);
      this.#writer.end();
    }
    return parameters;
  }

  #handlePassword(authentication: Authentication): StartupStep | Promise<StartupStep> {
    const reader = this.#reader;
    if (reader.type === Frontend.terminate) return "over";
    if (reader.type !== Frontend.password)
      throw protocolViolation(`expected ${authentication.expects} response, got message type ${reader.type}`);
    return authentication.answer(reader) ? this.#welcome(this.#parameters.user as string) : "waiting";
  }

  /** Who the client is stands fast. */
  #welcome(user: string): StartupStep | Promise<StartupStep> {
    const { database } = this.#options;
    const role = database.loginRole(user);
    if (role === undefined) throw fatal("28000", `role "${user}" does not exist`);
    if (!role.canLogin) throw fatal("28000", `role "${user}" is not permitted to log in`);
    if (role.isSuperuser) return this.#open(user);
    if (!this.#options.hasOrdinaryPlace())
      throw fatal("53300", "remaining connection slots are reserved for non-replication superuser connections");
    if (role.connectionLimit < 0) return this.#open(user);
    const admit = (sessions: number): StartupStep => {
      if (sessions >= role.connectionLimit) throw fatal("53300", `too many connections for role "${user}"`);
      return this.#open(user);
    };
    const sessions = database.sessionsOf(user);
    return sessions instanceof Promise ? sessions.then(admit) : admit(sessions);
  }
  #open(user: string): StartupStep {
    const { database, registerCancelKey } = this.#options;
    const { user: _, database: requested, options, replication: __, ...settings } = this.#parameters;
    const name = requested || user;
    if (database.isTemplateDatabase(name)) throw fatal("55000", `database "${name}" is not currently accepting connections`);
    if (!database.databaseExists(name)) throw fatal("3D000", `database "${name}" does not exist`);
    const session = database.openSession({
      user,
      database: name,
      settings: { ...settings, ...parseOptions(options) },
      client: this.#peer.client,
    });
    this.#host.opened(session);
    respond.authentication(this.#writer, 0);
    for (const reported of REPORTED_SETTINGS) respond.parameterStatus(this.#writer, reported, session.setting(reported));
    const key = [...new Int32Array(new Uint8Array(randomBytes(4 * KEY_WORDS[this.#minor])).buffer)];
    registerCancelKey(session.id, key);
    respond.backendKeyData(this.#writer, session.id, key);
    respond.readyForQuery(this.#writer, "idle");
    return "open";
  }
}

function fatal(sqlstate: string, message: string): DbError {
  return new DbError({ sqlstate, severity: "FATAL", message });
}

const REPORTED_SETTINGS = [
  "application_name",
  "client_encoding",
  "DateStyle",
  "default_transaction_read_only",
  "in_hot_standby",
  "integer_datetimes",
  "IntervalStyle",
  "is_superuser",
  "server_encoding",
  "server_version",
  "session_authorization",
  "standard_conforming_strings",
  "TimeZone",
] as const;

/** The `options` start-up parameter: `-c name=value` and `--name=value`, backslash escapes a blank. */
function parseOptions(text: string | undefined): Record<string, string> {
  const settings: Record<string, string> = {};
  if (!text) return settings;
  const words = (text.match(/(?:\\.|\S)+/g) ?? []).map((word) => word.replace(/\\(.)/g, "$1"));
  for (let i = 0; i < words.length; i++) {
    let word = words[i] as string;
    if (word === "-c") word = words[++i] ?? "";
    else if (word.startsWith("-c")) word = word.slice(2);
    else if (word.startsWith("--")) word = word.slice(2);
    const equals = word.indexOf("=");
    if (equals < 1) throw fatal("42601", `invalid command-line argument for server process: ${word}`);
    settings[word.slice(0, equals).replace(/-/g, "_")] = word.slice(equals + 1);
  }
  return settings;
}
