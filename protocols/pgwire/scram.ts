/**
 * Server side of SCRAM-SHA-256 and, under TLS, SCRAM-SHA-256-PLUS over SASL. Sources: RFC 5802, RFC 5929, RFC 7677; PostgreSQL documentation, "SASL Authentication".
 * Sans-IO: bytes in, bytes out. The verifier is `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (base64 parts).
 *
 * A user that does not exist gets the same exchange with a made-up salt, so that names cannot be probed.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { DbError } from "../../src/types/index.js";

interface Verifier {
  readonly iterations: number;
  readonly salt: string;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** What ties an exchange to the TLS connection that it runs in. */
export interface ChannelBinding {
  readonly type: "tls-server-end-point";
  readonly data: Buffer;
}
const PLAIN = "SCRAM-SHA-256";
const PLUS = "SCRAM-SHA-256-PLUS";

const negotiationFailed = (detail: string) =>
  new DbError({ sqlstate: "28000", severity: "FATAL", message: "SCRAM channel binding negotiation error", detail });
const malformed = (detail: string) => new DbError({ sqlstate: "08P01", severity: "FATAL", message: "malformed SCRAM message", detail });

export class ScramExchange {
  readonly #verifier: Verifier;
  readonly #known: boolean;
  #clientFirstBare = "";
  #serverFirst = "";
  #nonce = "";
  #gs2Header = "";

  /** @param verifier undefined for an unknown user or one without a SCRAM password; the exchange then fails at its end. */
  constructor(
    verifier: string | undefined,
    mockSeed: Buffer,
    /** undefined: without TLS, only the plain mechanism is offered. */
    private readonly binding?: ChannelBinding,
  ) {
    const parsed = verifier === undefined ? undefined : parseVerifier(verifier);
    this.#known = parsed !== undefined;
    this.#verifier = parsed ?? {
      iterations: 4096,
      salt: createHmac("sha256", mockSeed).update("salt").digest().subarray(0, 16).toString("base64"),
      storedKey: Buffer.alloc(32),
      serverKey: Buffer.alloc(32),
    };
  }

  /** Strongest first. */
  get mechanisms(): readonly string[] {
    return this.binding === undefined ? [PLAIN] : [PLUS, PLAIN];
  }

  /** @param mechanism that the client chose */
  first(mechanism: string, message: string, nonce = randomBytes(18).toString("base64")): string {
    if (!this.mechanisms.includes(mechanism))
      throw new DbError({ sqlstate: "08P01", severity: "FATAL", message: "client selected an invalid SASL authentication mechanism" });
    const match = /^(([ny]|p=[^,]*),(?:a=[^,]*)?,)((?:m=[^,]*,)?n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/.exec(message);
    if (!match) throw malformed("The client's first message has the wrong form.");
    this.#judgeBinding(mechanism, match[2] as string);
    this.#gs2Header = match[1] as string;
    this.#clientFirstBare = match[3] as string;
    this.#nonce = (match[4] as string) + nonce;
    this.#serverFirst = `r=${this.#nonce},s=${this.#verifier.salt},i=${this.#verifier.iterations}`;
    return this.#serverFirst;
  }

  #judgeBinding(mechanism: string, flag: string): void {
    if (flag.startsWith("p=")) {
      if (mechanism !== PLUS)
        throw malformed("The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.");
      const type = flag.slice(2);
      if (type !== this.binding?.type)
        throw new DbError({ sqlstate: "08P01", severity: "FATAL", message: `unsupported SCRAM channel-binding type "${type}"` });
      return;
    }
    if (mechanism === PLUS)
      throw malformed("The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.");
    // Somebody in between took the better offer out.
    if (flag === "y" && this.binding !== undefined)
      throw negotiationFailed(
        "The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.",
      );
  }

  /** The server's final message, or undefined when the password is wrong. */
  final(message: string): string | undefined {
    const match = /^(c=([^,]*),r=([^,]*)(?:,.*)?),p=([A-Za-z0-9+/=]+)$/.exec(message);
    if (!match) throw malformed("The client's final message has the wrong form.");
    const header = Buffer.from(this.#gs2Header);
    const bound = this.#gs2Header.startsWith("p=") ? Buffer.concat([header, this.binding?.data ?? Buffer.alloc(0)]) : header;
    if (!Buffer.from(match[2] as string, "base64").equals(bound)) {
      if (bound !== header) throw new DbError({ sqlstate: "28000", severity: "FATAL", message: "SCRAM channel binding check failed" });
      throw new DbError({
        sqlstate: "08P01",
        severity: "FATAL",
        message: "unexpected SCRAM channel-binding attribute in client-final-message",
      });
    }
    if (match[3] !== this.#nonce) throw malformed("Nonce does not match.");
    const authMessage = `${this.#clientFirstBare},${this.#serverFirst},${match[1]}`;
    const proof = Buffer.from(match[4] as string, "base64");
    const signature = createHmac("sha256", this.#verifier.storedKey).update(authMessage).digest();
    if (proof.length !== signature.length) return undefined;
    const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] as number)));
    const matches = timingSafeEqual(createHash("sha256").update(clientKey).digest(), this.#verifier.storedKey);
    if (!matches || !this.#known) return undefined;
    return `v=${createHmac("sha256", this.#verifier.serverKey).update(authMessage).digest("base64")}`;
  }
}

export const isScramVerifier = (text: string): boolean => parseVerifier(text) !== undefined;
/** For a password that came in clear text. */
export function passwordFitsVerifier(password: string, verifier: string): boolean {
  const parsed = parseVerifier(verifier);
  if (parsed === undefined) return false;
  const salted = pbkdf2Sync(password.normalize("NFKC"), Buffer.from(parsed.salt, "base64"), parsed.iterations, 32, "sha256");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest();
  return serverKey.length === parsed.serverKey.length && timingSafeEqual(serverKey, parsed.serverKey);
}

function parseVerifier(text: string): Verifier | undefined {
  const match = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(text);
  if (!match) return undefined;
  return {
    iterations: Number(match[1]),
    salt: match[2] as string,
    storedKey: Buffer.from(match[3] as string, "base64"),
    serverKey: Buffer.from(match[4] as string, "base64"),
  };
}
