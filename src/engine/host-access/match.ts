/** Which rule decides about a connection: the first that fits it. Source: PostgreSQL documentation, "The pg_hba.conf File". */
import { networkInterfaces } from "node:os";
import { addressBytes, isInRange, plainAddress } from "./address.js";
import type { AccessRule, NameToken } from "./rules-file.js";

/** A connection and what it asks for. */
export interface Approach {
  /** undefined: by a Unix socket. */
  readonly address: string | undefined;
  readonly isEncrypted: boolean;
  readonly user: string;
  readonly database: string;
  /** Whether the user is a member of the role, at any distance; false when there is no such role. */
  readonly isMember: (role: string) => boolean;
}

/** undefined: no rule fits, and the connection is refused. */
export function matchingRule(rules: readonly AccessRule[], approach: Approach): AccessRule | undefined {
  const peer = approach.address === undefined ? undefined : addressBytes(plainAddress(approach.address));
  return rules.find(
    (rule) =>
      fitsType(rule, approach) && fitsAddress(rule, peer) && fitsDatabase(rule.databases, approach) && fitsUser(rule.users, approach),
  );
}

function fitsType({ type }: AccessRule, { address, isEncrypted }: Approach): boolean {
  if (address === undefined || type === "local") return address === undefined && type === "local";
  if (type === "hostssl") return isEncrypted;
  if (type === "hostnossl") return !isEncrypted;
  return type !== "hostgssenc";
}

function fitsAddress({ address }: AccessRule, peer: Uint8Array | undefined): boolean {
  if (address === undefined) return true;
  if (peer === undefined) return false;
  if (address.kind === "all") return true;
  if (address.kind === "range") return isInRange(peer, address.address, address.mask);
  return Object.values(networkInterfaces())
    .flat()
    .some((own) => {
      if (own === undefined) return false;
      const bytes = addressBytes(own.address);
      const mask = address.kind === "samenet" ? addressBytes(own.netmask) : bytes?.map(() => 255);
      return bytes !== undefined && mask !== undefined && isInRange(peer, bytes, mask);
    });
}

function fitsDatabase(names: readonly NameToken[], { database, user, isMember }: Approach): boolean {
  return names.some(({ text, quoted }) => {
    if (!quoted) {
      if (text === "all") return true;
      if (text === "sameuser") return database === user;
      if (text === "samerole" || text === "samegroup") return isMember(database);
      if (text === "replication") return false; // there are no such connections
    }
    return text === database;
  });
}

function fitsUser(names: readonly NameToken[], { user, isMember }: Approach): boolean {
  return names.some(({ text, quoted }) => {
    if (!quoted && text === "all") return true;
    if (!quoted && text.startsWith("+")) return isMember(text.slice(1));
    return text === user;
  });
}
