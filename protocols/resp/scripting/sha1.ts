/** Names of scripts. */
import { createHash } from "node:crypto";

export const sha1Hex = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("hex");
