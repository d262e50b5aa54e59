/** What is kept of a role's password: never itself. Sources: RFC 5803; PostgreSQL documentation, "pg_authid". */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

const ITERATIONS = 4096; // PostgreSQL's SCRAM_SHA_256_DEFAULT_ITERATIONS
const isScramVerifier = (text: string) => /^SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/.test(text);
const isMd5Hash = (text: string) => /^md5[0-9a-f]{32}$/.test(text);

/** @param encryption password_encryption. What is a verifier already (pg_dumpall writes them) is kept as it is. */
export function storedPassword(role: string, password: string, encryption: string): string {
  if (isScramVerifier(password) || isMd5Hash(password)) return password;
  return encryption === "md5" ? md5Hash(role, password) : scramVerifier(password);
}
export const dependsOnName = (stored: string): boolean => isMd5Hash(stored);

const md5Hash = (role: string, password: string): string => `md5${createHash("md5").update(`${password}${role}`).digest("hex")}`;

/** RFC 5803's form: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, ITERATIONS, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest();
  const serverKey = createHmac("sha256", salted).update("Server Key").digest();
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey.toString("base64")}:${serverKey.toString("base64")}`;
}
