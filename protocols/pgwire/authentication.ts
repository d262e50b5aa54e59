/**
 * Who the client is: the rule that fits the connection (host-access) and the exchange that its method asks for. Sans-IO.
 * Sources: PostgreSQL documentation, "Client Authentication" and "Message Flow".
 *
 * Without rules the safe defaults hold: who has no password is let in from this machine alone, who has one proves it by what is stored of it.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { matchingRule } from "../../src/engine/host-access/index.js";
import type { AccessRule, AuthenticationMethod, ClientFacts, Database } from "../../src/engine/types.js";
import { DbError } from "../../src/types/index.js";
import { type MessageReader, protocolViolation } from "./message-reader.js";
import type { MessageWriter } from "./message-writer.js";
import * as respond from "./responses.js";
import { type ChannelBinding, isScramVerifier, passwordFitsVerifier, ScramExchange } from "./scram.js";

/** The other end of the connection. */
export interface Peer {
  /** Whether it is on this machine. */
  readonly isLoopback: boolean;
  readonly client: ClientFacts;
  /** Of a connection under TLS. */
  readonly tls?: PeerTls | undefined;
}
export interface PeerTls {
  /** Hash of the server's certificate (RFC 5929, tls-server-end-point); undefined: its signature has no hash that is agreed on. */
  readonly endPointHash: Buffer | undefined;
  /** Whether certificates of clients can be judged: the server knows an authority. */
  readonly hasAuthority: boolean;
  /** Its common name; undefined: the client showed no certificate. One that no authority signed never comes here. */
  readonly certificate: { readonly commonName: string | undefined } | undefined;
}
export interface AuthenticationRequest {
  readonly database: Database;
  readonly peer: Peer;
  readonly writer: MessageWriter;
  readonly user: string;
  readonly databaseName: string;
  /** Keeps made-up SCRAM salts stable for unknown users; random per server. */
  readonly scramMockSeed: Buffer;
}

const fatal = (sqlstate: string, message: string, more: { readonly hint?: string } = {}) =>
  new DbError({ sqlstate, severity: "FATAL", message, ...more });

export class Authentication {
  #rule: AccessRule | undefined;
  #method: AuthenticationMethod = "scram-sha-256";
  /** What is stored of the password; undefined: nothing that opens. */
  #stored: string | undefined;
  #exchange: "password" | "md5" | "sasl" | "saslFinal" | undefined;
  #scram: ScramExchange | undefined;
  #salt = Buffer.alloc(0);

  constructor(private readonly request: AuthenticationRequest) {}

  /** True: the client is who it says; false: it was asked, `answer` follows. Throws what refuses it. */
  begin(): boolean {
    const { database, peer, user } = this.request;
    const role = database.loginRole(user);
    this.#stored = role?.isExpired ? undefined : (role?.password ?? undefined);
    if (database.server.accessRules === undefined) {
      if (role?.password === null) {
        if (peer.isLoopback) return true;
        throw fatal("28000", `role "${user}" has no password: only connections from this machine are allowed`, {
          hint: `Connect locally and run ALTER ROLE ${user} PASSWORD '…'.`,
        });
      }
      if (peer.isLoopback && role === undefined) throw fatal("28000", `role "${user}" does not exist`);
      this.#method = "md5";
    } else {
      this.#rule = this.#matchingRule(database.server.accessRules);
      this.#method = this.#rule.method;
    }
    this.#requireCertificate();
    switch (this.#method) {
      case "trust":
        return this.#finish();
      case "reject":
        throw fatal("28000", `pg_hba.conf rejects connection for ${this.#connection}`);
      case "cert":
        return this.#finish();
      case "password":
        this.#exchange = "password";
        respond.authentication(this.request.writer, 3);
        return false;
      case "md5":
        if (this.#stored?.startsWith("md5")) return this.#askMd5();
        return this.#askScram();
      case "scram-sha-256":
        return this.#askScram();
    }
  }

  /** A message of the exchange ('p'). True: it is over, and the client is who it says. */
  answer(reader: MessageReader): boolean {
    switch (this.#exchange) {
      case "password": {
        const password = this.#password(reader);
        if (this.#stored === undefined || !this.#fits(password, this.#stored)) throw this.#refusal();
        return this.#finish();
      }
      case "md5": {
        const answer = Buffer.from(this.#password(reader));
        const stored = (this.#stored as string).slice(3);
        const expected = Buffer.from(`md5${createHash("md5").update(stored).update(this.#salt).digest("hex")}`);
        if (answer.length !== expected.length || !timingSafeEqual(answer, expected)) throw this.#refusal();
        return this.#finish();
      }
      case "sasl": {
        const mechanism = reader.cstring();
        const length = reader.int32();
        const first = (this.#scram as ScramExchange).first(mechanism, length < 0 ? "" : reader.text(length));
        respond.authentication(this.request.writer, 11, Buffer.from(first));
        this.#exchange = "saslFinal";
        return false;
      }
      case "saslFinal": {
        const final = (this.#scram as ScramExchange).final(reader.text(reader.remaining));
        if (final === undefined) throw this.#refusal();
        respond.authentication(this.request.writer, 12, Buffer.from(final));
        return this.#finish();
      }
      default:
        throw protocolViolation("unexpected password message");
    }
  }
  /** What the client is expected to send, for who sends something else. */
  get expects(): string {
    return this.#exchange === "password" || this.#exchange === "md5" ? "password" : "SASL";
  }

  #matchingRule(rules: readonly AccessRule[]): AccessRule {
    const { database, peer, user, databaseName } = this.request;
    const rule = matchingRule(rules, {
      address: peer.client.address ?? undefined,
      isEncrypted: peer.tls !== undefined,
      user,
      database: databaseName,
      isMember: (role) => database.isMemberOf(user, role),
    });
    if (rule === undefined) throw fatal("28000", `no pg_hba.conf entry for ${this.#connection}`);
    return rule;
  }
  get #connection(): string {
    const { peer, user, databaseName } = this.request;
    const host = peer.client.address ?? "[local]";
    return `host "${host}", user "${user}", database "${databaseName}", ${peer.tls === undefined ? "no encryption" : "SSL encryption"}`;
  }

  #requireCertificate(): void {
    const { tls } = this.request.peer;
    if (this.#rule?.clientCertificate === undefined) return;
    if (tls?.hasAuthority !== true)
      throw fatal("F0000", "client certificates can only be checked if a root certificate store is available");
    if (tls.certificate === undefined) throw fatal("28000", "connection requires a valid client certificate");
  }
  /** verify-full: the certificate has to be the user's, too. */
  #finish(): true {
    const { peer, user } = this.request;
    if (this.#rule?.clientCertificate === "verify-full" && peer.tls?.certificate?.commonName !== user) throw this.#refusal();
    return true;
  }
  #refusal(): DbError {
    const { user } = this.request;
    switch (this.#method) {
      case "cert":
        return fatal("28000", `certificate authentication failed for user "${user}"`);
      case "trust":
        return fatal("28000", `"trust" authentication failed for user "${user}"`);
      default:
        return fatal("28P01", `password authentication failed for user "${user}"`);
    }
  }

  #askMd5(): false {
    this.#exchange = "md5";
    this.#salt = randomBytes(4);
    respond.authentication(this.request.writer, 5, this.#salt);
    return false;
  }
  #askScram(): false {
    const { peer, scramMockSeed, writer } = this.request;
    const binding: ChannelBinding | undefined = peer.tls?.endPointHash && { type: "tls-server-end-point", data: peer.tls.endPointHash };
    this.#exchange = "sasl";
    this.#scram = new ScramExchange(this.#stored, scramMockSeed, binding);
    respond.authentication(writer, 10, Buffer.from(`${this.#scram.mechanisms.map((name) => `${name}\0`).join("")}\0`));
    return false;
  }
  #password(reader: MessageReader): string {
    const password = reader.cstring();
    if (reader.remaining > 0) throw protocolViolation("invalid password packet size");
    if (password === "") throw fatal("28P01", "empty password returned by client");
    return password;
  }
  #fits(password: string, stored: string): boolean {
    if (isScramVerifier(stored)) return passwordFitsVerifier(password, stored);
    const hash = Buffer.from(`md5${createHash("md5").update(`${password}${this.request.user}`).digest("hex")}`);
    return hash.length === stored.length && timingSafeEqual(hash, Buffer.from(stored));
  }
}
