/** inet, cidr, macaddr, macaddr8 as types. Stored so that the bytes order as the values do (docs/formats/key.md reads them as bytes). */
import {
  type Datum,
  dataError,
  incorrectBinary,
  invalidInput,
  KeyKind,
  NetworkAddress,
  PhysicalType,
  type SqlType,
} from "../../types/index.js";
import { bitsMax, compareAddresses, formatAddress, masked, parseAddress } from "../network/address.js";
import { toHex } from "./bytea.js";
import { makeType } from "./define-type.js";

/** Family, masked network, prefix length, whole address. */
function toStorage(value: Exclude<Datum, null>): Uint8Array {
  const { bytes, bits } = value as NetworkAddress;
  return Uint8Array.of(bytes.length === 4 ? 4 : 6, ...masked(bytes, bits, 0), bits, ...bytes);
}
function fromStorage(bytes: Uint8Array): NetworkAddress {
  const width = bytes[0] === 4 ? 4 : 16;
  return new NetworkAddress(bytes.slice(2 + width, 2 + 2 * width), bytes[1 + width]!);
}

function makeAddressType(name: "inet" | "cidr"): SqlType {
  const cidr = name === "cidr";
  return makeType(name, {
    physical: PhysicalType.varlen,
    keyKind: KeyKind.bytes,
    input: (text) => parseAddress(text, cidr),
    output: (value) => formatAddress(value as NetworkAddress, cidr),
    receive: (bytes) => {
      const width = bytes[0] === 2 ? 4 : bytes[0] === 3 ? 16 : 0;
      if (width === 0) throw dataError("22P03", `invalid address family in external "${name}" value`);
      if (bytes[3] !== width || bytes.length !== 4 + width) throw dataError("22P03", `invalid length in external "${name}" value`);
      const address = new NetworkAddress(bytes.slice(4), bytes[1]!);
      if (address.bits > bitsMax(address)) throw dataError("22P03", `invalid bits in external "${name}" value`);
      if (cidr && Buffer.compare(masked(address.bytes, address.bits, 0), address.bytes) !== 0)
        throw dataError("22P03", 'invalid external "cidr" value', "Value has bits set to right of mask.");
      return address;
    },
    send: (value) => {
      const { bytes, bits } = value as NetworkAddress;
      return Uint8Array.of(bytes.length === 4 ? 2 : 3, bits, cidr ? 1 : 0, bytes.length, ...bytes);
    },
    toStorage,
    fromStorage,
    compare: (left, right) => compareAddresses(left as NetworkAddress, right as NetworkAddress),
    hashKey: (value) => `${(value as NetworkAddress).bits}/${toHex((value as NetworkAddress).bytes)}`,
  });
}
export const inetType = makeAddressType("inet");
export const cidrType = makeAddressType("cidr");

export function macBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(":", ""), "hex"));
}
export function macText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

const macShapes = [
  /^\s*([0-9a-f]+):([0-9a-f]+):([0-9a-f]+):([0-9a-f]+):([0-9a-f]+):([0-9a-f]+)\s*$/i,
  /^\s*([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]+)\s*$/i,
  /^\s*([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})[:-]([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{1,2})\s*$/i,
  /^\s*([0-9a-f]{2})([0-9a-f]{2})[.-]([0-9a-f]{2})([0-9a-f]{2})[.-]([0-9a-f]{2})([0-9a-f]{1,2})\s*$/i,
  /^\s*([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{1,2})\s*$/i,
];
function parseMac(text: string): string {
  for (const shape of macShapes) {
    const match = shape.exec(text);
    if (match === null) continue;
    const octets = match.slice(1).map((part) => Number.parseInt(part, 16));
    if (octets.some((octet) => octet > 255)) throw dataError("22003", `invalid octet value in "macaddr" value: "${text}"`);
    return macText(Uint8Array.from(octets));
  }
  throw invalidInput("macaddr", text);
}
/** Pairs of digits with one kind of separator between any of them; six octets become eight around FF FE. */
function parseMac8(text: string): string {
  const body = /^\s*(.*?)\s*$/s.exec(text)![1]!;
  const octets: number[] = [];
  let separator = "";
  for (let at = 0; at < body.length; ) {
    const pair = body.slice(at, at + 2);
    if (!/^[0-9a-f]{2}$/i.test(pair) || octets.length === 8) throw invalidInput("macaddr8", text);
    octets.push(Number.parseInt(pair, 16));
    at += 2;
    const next = body[at];
    if (next === ":" || next === "-" || next === ".") {
      if (separator !== "" && separator !== next) throw invalidInput("macaddr8", text);
      separator = next;
      at++;
      if (at === body.length) throw invalidInput("macaddr8", text);
    }
  }
  if (octets.length === 6) octets.splice(3, 0, 0xff, 0xfe);
  if (octets.length !== 8) throw invalidInput("macaddr8", text);
  return macText(Uint8Array.from(octets));
}

function makeMacType(name: string, width: number, input: (text: string) => string): SqlType {
  return makeType(name, {
    physical: PhysicalType.varlen,
    keyKind: KeyKind.bytes,
    input,
    output: (value) => value as string,
    receive: (bytes) => {
      if (name === "macaddr8" && bytes.length === 6)
        return macText(Uint8Array.of(...bytes.subarray(0, 3), 0xff, 0xfe, ...bytes.subarray(3)));
      if (bytes.length < width) throw dataError("08P01", "insufficient data left in message");
      if (bytes.length > width) throw incorrectBinary();
      return macText(bytes);
    },
    send: (value) => macBytes(value as string),
    toStorage: (value) => macBytes(value as string),
    fromStorage: macText,
    compare: (left, right) => ((left as string) < (right as string) ? -1 : (left as string) > (right as string) ? 1 : 0),
    hashKey: (value) => value as string,
  });
}
export const macaddrType = makeMacType("macaddr", 6, parseMac);
export const macaddr8Type = makeMacType("macaddr8", 8, parseMac8);
