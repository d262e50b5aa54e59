/**
 * Server side of SCRAM-SHA-256 over SASL. Sources: RFC 5802, RFC 7677; PostgreSQL documentation, "SASL Authentication".
 * Sans-IO: bytes in, bytes out. The verifier is `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (base64 parts).
 *
 * A user that does not exist gets the same exchange with a made-up salt, so that names cannot be probed.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { DbError } from "../../src/types/index.js";

interface Verifier {
  readonly iterations: number;
  readonly salt: string;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

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
    private readonly mockSeed: Buffer,
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

  first(message: string, nonce = randomBytes(18).toString("base64")): string {
    const match = /^(([ny]|p=[^,]*),(?:a=[^,]*)?,)((?:m=[^,]*,)?n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/.exec(message);
    if (!match) throw malformed("The client's first message has the wrong form.");
    if ((match[2] as string).startsWith("p=")) throw malformed("The client asked for channel binding that was not offered.");
    this.#gs2Header = match[1] as string;
    this.#clientFirstBare = match[3] as string;
    this.#nonce = (match[4] as string) + nonce;
    this.#serverFirst = `r=${this.#nonce},s=${this.#verifier.salt},i=${this.#verifier.iterations}`;
    return this.#serverFirst;
  }

  /** The server's final message, or undefined when the password is wrong. */
  final(message: string): string | undefined {
    const match = /^(c=([^,]*),r=([^,]*)(?:,.*)?),p=([A-Za-z0-9+/=]+)$/.exec(message);
    if (!match) throw malformed("The client's final message has the wrong form.");
    if (Buffer.from(match[2] as string, "base64").toString() !== this.#gs2Header) throw malformed("Channel binding data does not match.");
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
