/** The hash of a certificate that channel binding speaks of (RFC 5929, tls-server-end-point). */
import { createHash } from "node:crypto";

/** Algorithms of signatures, by the DER contents of their object identifiers, and what stands for their hash: MD5 and SHA-1 are too weak. */
const hashes: Readonly<Record<string, string>> = {
  "2a864886f70d010104": "sha256", // md5WithRSA
  "2a864886f70d010105": "sha256", // sha1WithRSA
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a864886f70d01010e": "sha224",
  "2a8648ce3d0401": "sha256", // ecdsa-with-SHA1
  "2a8648ce3d040301": "sha224",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
};

/** @param der a whole certificate. undefined: its signature has no hash of its own (Ed25519) or none that is known here. */
export function endPointHash(der: Buffer): Buffer | undefined {
  const certificate = elementAt(der, 0);
  const signed = elementAt(der, certificate.start);
  const algorithm = elementAt(der, signed.end);
  const identifier = elementAt(der, algorithm.start);
  const hash = hashes[der.toString("hex", identifier.start, identifier.end)];
  return hash === undefined ? undefined : createHash(hash).update(der).digest();
}

/** Where the contents of a DER element begin and end. */
function elementAt(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der.readUInt8(at + 1);
  if (first < 128) return { start: at + 2, end: at + 2 + first };
  const bytes = first & 127;
  const start = at + 2 + bytes;
  return { start, end: start + der.readUIntBE(at + 2, bytes) };
}
