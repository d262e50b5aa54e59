/**
 * A certificate of the server's own, signed by itself: for encryption at once, until somebody gives a better one. ECDSA over P-256, for ten years.
 * Source: RFC 5280; Node has no writer of certificates.
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

const Tag = {
  integer: 2,
  bits: 3,
  octets: 4,
  identifier: 6,
  utf8: 12,
  sequence: 0x30,
  set: 0x31,
  generalizedTime: 24,
  boolean: 1,
} as const;
const ECDSA_SHA256 = "2a8648ce3d040302";
const COMMON_NAME = "550403";
const SUBJECT_ALTERNATIVE = "551d11";
const BASIC_CONSTRAINTS = "551d13";
const DAY_MILLIS = 86_400_000;
const DAYS = 3650;

/** PEM texts. @param names DNS names and IPv4 addresses that clients reach the server by; the first is its common name */
export function makeCertificate(names: readonly [string, ...string[]]): { readonly certificate: string; readonly key: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = der(Tag.sequence, identifier(ECDSA_SHA256));
  const name = der(Tag.sequence, der(Tag.set, der(Tag.sequence, identifier(COMMON_NAME), der(Tag.utf8, Buffer.from(names[0])))));
  const now = Date.now();
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40; // positive, and no zero in front
  const extensions = [
    extension(BASIC_CONSTRAINTS, true, der(Tag.sequence, der(Tag.boolean, Buffer.of(255)))),
    extension(SUBJECT_ALTERNATIVE, false, der(Tag.sequence, ...names.map(alternative))),
  ];
  const signed = der(
    Tag.sequence,
    der(0xa0, der(Tag.integer, Buffer.of(2))), // version 3
    der(Tag.integer, serial),
    algorithm,
    name,
    der(Tag.sequence, time(now - DAY_MILLIS), time(now + DAYS * DAY_MILLIS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(Tag.sequence, ...extensions)),
  );
  const signature = sign("sha256", signed, privateKey);
  const certificate = der(Tag.sequence, signed, algorithm, der(Tag.bits, Buffer.of(0), signature));
  const lines = certificate.toString("base64").match(/.{1,64}/g) as string[];
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function der(tag: number, ...contents: Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 128) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length = body.length < 256 ? Buffer.of(0x81, body.length) : Buffer.of(0x82, body.length >> 8, body.length & 255);
  return Buffer.concat([Buffer.of(tag), length, body]);
}
const identifier = (hex: string): Buffer => der(Tag.identifier, Buffer.from(hex, "hex"));
const time = (millis: number): Buffer =>
  der(Tag.generalizedTime, Buffer.from(`${new Date(millis).toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`));
const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  der(Tag.sequence, identifier(id), ...(critical ? [der(Tag.boolean, Buffer.of(255))] : []), der(Tag.octets, value));
/** GeneralName: an address or a DNS name. */
const alternative = (name: string): Buffer =>
  /^\d+(\.\d+){3}$/.test(name) ? der(0x87, Uint8Array.from(name.split("."), Number)) : der(0x82, Buffer.from(name));
