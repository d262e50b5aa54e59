/** Text, order and arithmetic of inet and cidr. Source: RFC 4291, RFC 4632; PostgreSQL's rules for what may be left out. */
import { dataError, invalidInput, invalidParameter, NetworkAddress } from "../../types/index.js";

export const bitsMax = (address: NetworkAddress): number => address.bytes.length * 8;
export const familyOf = (address: NetworkAddress): number => (address.bytes.length === 4 ? 4 : 6);

interface Prefix {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

export function parseAddress(text: string, cidr: boolean): NetworkAddress {
  const type = cidr ? "cidr" : "inet";
  const parsed = text.includes(":") ? parseV6(text, cidr) : cidr ? parseCidrV4(text) : parseInetV4(text);
  if (parsed === undefined) throw invalidInput(type, text);
  const address = new NetworkAddress(parsed.bytes, parsed.bits);
  if (cidr && !hostIsZero(address)) throw dataError("22P02", `invalid cidr value: "${text}"`, "Value has bits set to right of mask.");
  return address;
}

function octetsOf(text: string): number[] | undefined {
  const octets: number[] = [];
  for (const part of text.split(".")) {
    if (!/^\d{1,10}$/.test(part) || Number(part) > 255) return undefined;
    octets.push(Number(part));
  }
  return octets.length > 4 ? undefined : octets;
}
function prefixBits(text: string, max: number): number | undefined {
  return /^\d{1,3}$/.test(text) && !(text.length > 1 && text.startsWith("0") && max === 128) && Number(text) <= max
    ? Number(text)
    : undefined;
}
function extended(octets: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4);
  bytes.set(octets);
  return bytes;
}

/** inet: all four octets, or fewer when the prefix length covers no more than those written. */
function parseInetV4(text: string): Prefix | undefined {
  const [address, mask, more] = text.split("/");
  const octets = octetsOf(address!);
  if (octets === undefined || more !== undefined) return undefined;
  if (mask === undefined) return octets.length === 4 ? { bytes: extended(octets), bits: 32 } : undefined;
  const bits = prefixBits(mask, 32);
  if (bits === undefined || Math.floor(bits / 8) > octets.length) return undefined;
  return { bytes: extended(octets), bits };
}
/** cidr: without a prefix length the class of the address decides, at least all octets written. */
function parseCidrV4(text: string): Prefix | undefined {
  const [address, mask, more] = text.split("/");
  const octets = octetsOf(address!);
  if (octets === undefined || more !== undefined) return undefined;
  if (mask !== undefined) {
    const bits = prefixBits(mask, 32);
    return bits === undefined ? undefined : { bytes: extended(octets), bits };
  }
  const first = octets[0]!;
  let bits = first >= 240 ? 32 : first >= 224 ? 8 : first >= 192 ? 24 : first >= 128 ? 16 : 8;
  if (bits < octets.length * 8) bits = octets.length * 8;
  if (bits === 8 && first === 224) bits = 4;
  return { bytes: extended(octets), bits };
}

function parseV6(text: string, cidr: boolean): Prefix | undefined {
  const [address, mask, more] = text.split("/");
  if (more !== undefined) return undefined;
  const bits = mask === undefined ? 128 : prefixBits(mask, 128);
  if (bits === undefined) return undefined;
  const halves = address!.split("::");
  if (halves.length > 2) return undefined;
  const head = wordsOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? wordsOf(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const words = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const bytes = new Uint8Array(16);
  words.forEach((word, i) => {
    bytes[2 * i] = word >> 8;
    bytes[2 * i + 1] = word & 255;
  });
  return { bytes, bits: cidr && mask === undefined ? 128 : bits };
}
/** 16-bit groups; the last may be a dotted IPv4 address when it ends the text. */
function wordsOf(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const words: number[] = [];
  const parts = text.split(":");
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (last && i === parts.length - 1 && part.includes(".")) {
      const octets = octetsOf(part);
      if (octets?.length !== 4) return undefined;
      words.push(octets[0]! * 256 + octets[1]!, octets[2]! * 256 + octets[3]!);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) words.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return words;
}

/** The address without its prefix length. The longest run of two or more zero groups becomes ::. */
export function hostText(address: NetworkAddress): string {
  const { bytes } = address;
  if (bytes.length === 4) return bytes.join(".");
  const words = Array.from({ length: 8 }, (_, i) => bytes[2 * i]! * 256 + bytes[2 * i + 1]!);
  let best = { at: -1, length: 1 };
  for (let i = 0; i < 8; ) {
    let end = i;
    while (end < 8 && words[end] === 0) end++;
    if (end - i > best.length) best = { at: i, length: end - i };
    i = end + 1;
  }
  const mapped = best.at === 0 && (best.length === 6 || (best.length === 5 && words[5] === 0xffff));
  const shown = words.map((word) => word.toString(16));
  if (mapped) shown.splice(6, 2, bytes.slice(12).join("."));
  if (best.at < 0) return shown.join(":");
  return `${shown.slice(0, best.at).join(":")}::${shown.slice(best.at + best.length).join(":")}`;
}
export function formatAddress(address: NetworkAddress, cidr: boolean): string {
  return cidr || address.bits !== bitsMax(address) ? `${hostText(address)}/${address.bits}` : hostText(address);
}
/** Octets and groups that lie wholly in the host part are left out. */
export function abbreviateCidr(address: NetworkAddress): string {
  const { bytes, bits } = address;
  if (bytes.length === 4) return `${bits === 0 ? "0" : bytes.slice(0, Math.ceil(bits / 8)).join(".")}/${bits}`;
  return abbreviateV6(bytes, bits);
}
/**
 * The groups that hold network bits, at least two; :: stands for the longest run of zero groups among them. Addresses that embed an IPv4
 * address end in its octets.
 */
function abbreviateV6(bytes: Uint8Array, bits: number): string {
  if (bits === 0) return "::/0";
  const kept = masked(bytes, bits, 0);
  const count = Math.max(2, Math.ceil(bits / 16));
  const words = Array.from({ length: count }, (_, i) => kept[2 * i]! * 256 + kept[2 * i + 1]!);
  let best = { at: 0, length: 0 };
  for (let i = 0; i < count; i++) {
    let end = i;
    while (end < count && words[end] === 0) end++;
    if (end - i > best.length) best = { at: i, length: end - i };
    i = end;
  }
  const embedsV4 = best.length !== count && best.at === 0 && (best.length === 6 || (best.length === 5 && words[5] === 0xffff));
  let out = "";
  for (let i = 0; i < count; i++) {
    if (best.length > 0 && i >= best.at && i < best.at + best.length) {
      if (i === best.at) out += ":";
      if (i === count - 1) out += ":";
    } else if (embedsV4 && i > 5) {
      out += `${i === 6 ? ":" : "."}${kept[2 * i]}`;
      if (i !== 7 || bits > 120) out += `.${kept[2 * i + 1]}`;
    } else out += `${out === "" ? "" : ":"}${words[i]!.toString(16)}`;
  }
  return `${out}/${bits}`;
}

/** The address with its first `bits` bits kept, the rest taken from `fill` (0 or 255 bytes). */
export function masked(bytes: Uint8Array, bits: number, fill: 0 | 255): Uint8Array {
  const out = bytes.slice();
  for (let i = 0; i < out.length; i++) {
    const kept = Math.min(Math.max(bits - 8 * i, 0), 8);
    const mask = (0xff00 >> kept) & 255;
    out[i] = (out[i]! & mask) | (fill & ~mask & 255);
  }
  return out;
}
function hostIsZero(address: NetworkAddress): boolean {
  return Buffer.compare(masked(address.bytes, address.bits, 0), address.bytes) === 0;
}

/** Families apart, then the common network bits, then the prefix length, then the whole address. */
export function compareAddresses(a: NetworkAddress, b: NetworkAddress): number {
  if (a.bytes.length !== b.bytes.length) return a.bytes.length - b.bytes.length;
  const common = Math.min(a.bits, b.bits);
  return Buffer.compare(masked(a.bytes, common, 0), masked(b.bytes, common, 0)) || a.bits - b.bits || Buffer.compare(a.bytes, b.bytes);
}
/** Whether the network of `a` holds `b`'s; `strict`: and is larger. */
export function contains(a: NetworkAddress, b: NetworkAddress, strict: boolean): boolean {
  if (a.bytes.length !== b.bytes.length || (strict ? a.bits >= b.bits : a.bits > b.bits)) return false;
  return Buffer.compare(masked(a.bytes, a.bits, 0), masked(b.bytes, a.bits, 0)) === 0;
}
export function overlaps(a: NetworkAddress, b: NetworkAddress): boolean {
  if (a.bytes.length !== b.bytes.length) return false;
  const common = Math.min(a.bits, b.bits);
  return Buffer.compare(masked(a.bytes, common, 0), masked(b.bytes, common, 0)) === 0;
}

function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}
export function addToAddress(address: NetworkAddress, delta: bigint): NetworkAddress {
  const sum = toInteger(address.bytes) + delta;
  const width = address.bytes.length;
  if (sum < 0n || sum >= 1n << BigInt(8 * width)) throw dataError("22003", "result is out of range");
  return new NetworkAddress(new Uint8Array(Buffer.from(sum.toString(16).padStart(2 * width, "0"), "hex")), address.bits);
}
export function differenceOf(a: NetworkAddress, b: NetworkAddress): bigint {
  if (a.bytes.length !== b.bytes.length) throw invalidParameter("cannot subtract inet values of different sizes");
  const difference = toInteger(a.bytes) - toInteger(b.bytes);
  if (difference !== BigInt.asIntN(64, difference)) throw dataError("22003", "result is out of range");
  return difference;
}
/** The smallest network that holds both. */
export function mergeNetworks(a: NetworkAddress, b: NetworkAddress): NetworkAddress {
  if (a.bytes.length !== b.bytes.length) throw invalidParameter("cannot merge addresses from different families");
  let bits = 0;
  const limit = Math.min(a.bits, b.bits);
  while (bits < limit && ((a.bytes[bits >> 3]! ^ b.bytes[bits >> 3]!) & (128 >> (bits & 7))) === 0) bits++;
  return new NetworkAddress(masked(a.bytes, bits, 0), bits);
}
