/** Functions, operators and casts of inet, cidr, macaddr, macaddr8. */
import { dataError, invalidParameter, NetworkAddress } from "../../types/index.js";
import {
  abbreviateCidr,
  addToAddress,
  bitsMax,
  compareAddresses,
  contains,
  differenceOf,
  familyOf,
  formatAddress,
  hostText,
  masked,
  mergeNetworks,
  overlaps,
} from "../network/address.js";
import type { ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { type Int64, int64 } from "../types/integers.js";
import { macBytes, macText } from "../types/network.js";
import { comparisonsBy, namesOf, primitiveComparisons } from "./comparisons.js";

type Address = NetworkAddress;

function setLength(address: Address, bits: number, clear: boolean): Address {
  const length = bits === -1 ? bitsMax(address) : bits;
  if (length < 0 || length > bitsMax(address)) throw invalidParameter(`invalid mask length: ${bits}`);
  return new NetworkAddress(clear ? masked(address.bytes, length, 0) : address.bytes, length);
}
function bitwise(verb: string, of: (a: number, b: number) => number): ScalarBody {
  return (_c, a: Address, b: Address) => {
    if (a.bytes.length !== b.bytes.length) throw invalidParameter(`cannot ${verb} inet values of different sizes`);
    return new NetworkAddress(
      a.bytes.map((byte, i) => of(byte, b.bytes[i]!)),
      Math.max(a.bits, b.bits),
    );
  };
}
const network = (a: Address) => new NetworkAddress(masked(a.bytes, a.bits, 0), a.bits);

/** macaddr operators work on their bytes. */
const onMac =
  (of: (a: Uint8Array, b: Uint8Array) => Uint8Array): ScalarBody =>
  (_c, a: string, b: string) =>
    macText(of(macBytes(a), macBytes(b)));
const macAnd = onMac((a, b) => a.map((byte, i) => byte & b[i]!));
const macOr = onMac((a, b) => a.map((byte, i) => byte | b[i]!));
const macNot: ScalarBody = (_c, a: string) => macText(macBytes(a).map((byte) => ~byte & 255));
const macTruncate: ScalarBody = (_c, a: string) => macText(macBytes(a).map((byte, i) => (i < 3 ? byte : 0)));

const scalars: Record<string, ScalarBody> = {
  ...comparisonsBy<NetworkAddress>(namesOf("network", "_"), compareAddresses, "network_cmp"),
  network_larger: (_c, a: Address, b: Address) => (compareAddresses(a, b) > 0 ? a : b),
  network_smaller: (_c, a: Address, b: Address) => (compareAddresses(a, b) < 0 ? a : b),
  network_sub: (_c, a: Address, b: Address) => contains(b, a, true),
  network_subeq: (_c, a: Address, b: Address) => contains(b, a, false),
  network_sup: (_c, a: Address, b: Address) => contains(a, b, true),
  network_supeq: (_c, a: Address, b: Address) => contains(a, b, false),
  network_overlap: (_c, a: Address, b: Address) => overlaps(a, b),
  "abbrev(inet)": (_c, a: Address) => formatAddress(a, false),
  "abbrev(cidr)": (_c, a: Address) => abbreviateCidr(a),
  "broadcast(inet)": (_c, a: Address) => new NetworkAddress(masked(a.bytes, a.bits, 255), a.bits),
  "family(inet)": (_c, a: Address) => familyOf(a),
  "host(inet)": (_c, a: Address) => hostText(a),
  "hostmask(inet)": (_c, a: Address) => new NetworkAddress(masked(new Uint8Array(a.bytes.length), a.bits, 255), bitsMax(a)),
  "netmask(inet)": (_c, a: Address) => new NetworkAddress(masked(a.bytes.slice().fill(255), a.bits, 0), bitsMax(a)),
  "masklen(inet)": (_c, a: Address) => a.bits,
  "network(inet)": (_c, a: Address) => network(a),
  "cidr(inet)": (_c, a: Address) => network(a),
  "set_masklen(inet,int4)": (_c, a: Address, bits: number) => setLength(a, bits, false),
  "set_masklen(cidr,int4)": (_c, a: Address, bits: number) => setLength(a, bits, true),
  "text(inet)": (_c, a: Address) => formatAddress(a, true),
  inet_same_family: (_c, a: Address, b: Address) => a.bytes.length === b.bytes.length,
  inet_merge: (_c, a: Address, b: Address) => mergeNetworks(a, b),
  inetnot: (_c, a: Address) =>
    new NetworkAddress(
      a.bytes.map((byte) => ~byte & 255),
      a.bits,
    ),
  inetand: bitwise("AND", (a, b) => a & b),
  inetor: bitwise("OR", (a, b) => a | b),
  inetpl: (_c, a: Address, n: Int64) => addToAddress(a, BigInt(n)),
  int8pl_inet: (_c, n: Int64, a: Address) => addToAddress(a, BigInt(n)),
  inetmi_int8: (_c, a: Address, n: Int64) => addToAddress(a, -BigInt(n)),
  inetmi: (_c, a: Address, b: Address) => int64(differenceOf(a, b)),
  ...primitiveComparisons(namesOf("macaddr", "_"), "macaddr_cmp"),
  ...primitiveComparisons(namesOf("macaddr8", "_"), "macaddr8_cmp"),
  macaddr_and: macAnd,
  macaddr_or: macOr,
  macaddr_not: macNot,
  macaddr8_and: macAnd,
  macaddr8_or: macOr,
  macaddr8_not: macNot,
  "trunc(macaddr)": macTruncate,
  "trunc(macaddr8)": macTruncate,
  macaddr8_set7bit: (_c, a: string) => macText(macBytes(a).map((byte, i) => (i === 0 ? byte | 2 : byte))),
  "macaddr8(macaddr)": (_c, a: string) => `${a.slice(0, 8)}:ff:fe${a.slice(8)}`,
  "macaddr(macaddr8)": (_c, a: string) => {
    if (a.slice(9, 14) !== "ff:fe")
      throw dataError(
        "22003",
        "macaddr8 data out of range to convert to macaddr",
        undefined,
        "Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, for example xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to macaddr.",
      );
    return a.slice(0, 8) + a.slice(14);
  },
};

export const networkFamily: Family = { scalars };
