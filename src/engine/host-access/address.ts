/** IP addresses as bytes (4 or 16), and ranges of them: an address and a mask. */
import { hostText, parseNetworkAddress } from "../../functions/index.js";
import { NetworkAddress } from "../../types/index.js";

/** undefined: no address. A zone (`%eth0`) does not count. */
export function addressBytes(text: string): Uint8Array | undefined {
  if (text.includes("/")) return undefined;
  try {
    return parseNetworkAddress(text.replace(/%.*$/, ""), false).bytes;
  } catch {
    return undefined;
  }
}

/** A peer's address: one of IPv4 that came through an IPv6 socket is the IPv4 address. */
export const plainAddress = (text: string): string => text.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");

export const addressText = (bytes: Uint8Array): string => hostText(new NetworkAddress(bytes, bytes.length * 8));

/** The mask of the first `bits` bits of `length` bytes. */
export const prefixMask = (bits: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (0xff00 >> Math.min(Math.max(bits - 8 * i, 0), 8)) & 255);

export function isInRange(peer: Uint8Array, address: Uint8Array, mask: Uint8Array): boolean {
  if (peer.length !== address.length) return false;
  return peer.every((byte, i) => ((byte ^ (address[i] as number)) & (mask[i] as number)) === 0);
}
