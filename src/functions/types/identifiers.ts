/** tid, pg_lsn, xid8, pg_snapshot and txid_snapshot: identifiers of places, moments and transactions. */
import { dataError, invalidInput, KeyKind, PhysicalType, type SqlType } from "../../types/index.js";
import { exactly, made, viewOf } from "./bytes.js";
import { makeType, type TypeBodies } from "./define-type.js";
import type { Int64 } from "./integers.js";

const UINT64_MAX = 18446744073709551615n;

/** An unsigned 64-bit value: a number while it is a safe integer, a bigint beyond. */
export function unsigned64(value: bigint): Int64 {
  return value <= 9007199254740991n ? Number(value) : value;
}
/** Eight bytes, most significant first: the wire form, and memcmp orders them. */
const unsignedBodies: Pick<TypeBodies, "physical" | "keyKind" | "receive" | "send" | "toStorage" | "fromStorage" | "compare" | "hashKey"> =
  {
    physical: PhysicalType.varlen,
    keyKind: KeyKind.bytes,
    receive: (bytes) => unsigned64(exactly(bytes, 8).getBigUint64(0)),
    send: (value) => made(8, (view) => view.setBigUint64(0, BigInt(value as Int64))),
    toStorage: (value) => made(8, (view) => view.setBigUint64(0, BigInt(value as Int64))),
    fromStorage: (bytes) => unsigned64(viewOf(bytes).getBigUint64(0)),
    compare: (left, right) => ((left as number) < (right as number) ? -1 : (left as number) > (right as number) ? 1 : 0),
    hashKey: (value) => value as number,
  };

export function formatLsn(value: Int64): string {
  const lsn = BigInt(value);
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase();
}
export const pgLsnType = makeType("pg_lsn", {
  ...unsignedBodies,
  input: (text) => {
    const match = /^([0-9a-fA-F]{1,8})\/([0-9a-fA-F]{1,8})$/.exec(text);
    if (match === null) throw invalidInput("pg_lsn", text);
    return unsigned64((BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`));
  },
  output: (value) => formatLsn(value as Int64),
});

/** As C's strtoull with base 0 reads: decimal, 0x…, 0…; a sign wraps round; what follows is not looked at. */
function parseXid8(text: string): Int64 {
  const match = /^\s*([+-]?)(?:0x([0-9a-f]+)|(0[0-7]*)|(\d+))/i.exec(text);
  if (match === null) return 0;
  const size = match[2] !== undefined ? BigInt(`0x${match[2]}`) : match[3] !== undefined ? BigInt(`0o0${match[3]}`) : BigInt(match[4]!);
  const bounded = size > UINT64_MAX ? UINT64_MAX : size;
  return unsigned64(match[1] === "-" ? BigInt.asUintN(64, -bounded) : bounded);
}
export const xid8Type = makeType("xid8", { ...unsignedBodies, input: parseXid8, output: (value) => String(value) });

function tidParts(value: string): [block: number, offset: number] {
  const comma = value.indexOf(",");
  return [Number(value.slice(1, comma)), Number(value.slice(comma + 1, -1))];
}
export function compareTids(left: string, right: string): number {
  const [leftBlock, leftOffset] = tidParts(left);
  const [rightBlock, rightOffset] = tidParts(right);
  return leftBlock - rightBlock || leftOffset - rightOffset;
}
function tidBytes(value: string): Uint8Array {
  const [block, offset] = tidParts(value);
  return made(6, (view) => {
    view.setUint32(0, block);
    view.setUint16(4, offset);
  });
}
function tidText(bytes: Uint8Array): string {
  const view = exactly(bytes, 6);
  return `(${view.getUint32(0)},${view.getUint16(4)})`;
}
export const tidType: SqlType = makeType("tid", {
  physical: PhysicalType.varlen,
  keyKind: KeyKind.bytes,
  input: (text) => {
    const match = /^[^(]*\(\s*([+-]?\d+),\s*([+-]?\d+)\)/.exec(text);
    if (match === null) throw invalidInput("tid", text);
    const block = Number(match[1]);
    const offset = Number(match[2]);
    if (block > 4294967295 || block < -2147483648 || offset < 0 || offset > 65535) throw invalidInput("tid", text);
    return `(${block >>> 0},${offset})`;
  },
  output: (value) => value as string,
  receive: tidText,
  send: (value) => tidBytes(value as string),
  toStorage: (value) => tidBytes(value as string),
  fromStorage: tidText,
  compare: (left, right) => compareTids(left as string, right as string),
  hashKey: (value) => value as string,
});

export interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly running: readonly bigint[];
}
/** xmin:xmax:running,…; the running ones ascend between the two. A repeated one counts once. */
export function parseSnapshot(text: string): Snapshot | undefined {
  const match = /^(\d+):(\d+):((?:\d+(?:,\d+)*)?)$/.exec(text);
  if (match === null) return undefined;
  const xmin = BigInt(match[1]!);
  const xmax = BigInt(match[2]!);
  if (xmin === 0n || xmax === 0n || xmax < xmin || xmax > UINT64_MAX) return undefined;
  const running: bigint[] = [];
  for (const part of match[3] === "" ? [] : match[3]!.split(",")) {
    const xid = BigInt(part);
    const last = running.at(-1) ?? 0n;
    if (xid < xmin || xid >= xmax || xid < last) return undefined;
    if (xid !== last) running.push(xid);
  }
  return { xmin, xmax, running };
}
export function formatSnapshot({ xmin, xmax, running }: Snapshot): string {
  return `${xmin}:${xmax}:${running.join(",")}`;
}
function makeSnapshotType(name: string): SqlType {
  const text: Pick<TypeBodies, "toStorage" | "fromStorage"> = {
    toStorage: (value) => value as string,
    fromStorage: (bytes) => Buffer.from(bytes).toString("latin1"),
  };
  return makeType(name, {
    physical: PhysicalType.varlen,
    keyKind: undefined,
    input: (input) => {
      const snapshot = parseSnapshot(input);
      if (snapshot === undefined) throw invalidInput("pg_snapshot", input);
      return formatSnapshot(snapshot);
    },
    output: (value) => value as string,
    receive: (bytes) => {
      const bad = () => dataError("22P03", "invalid external pg_snapshot data");
      if (bytes.length < 20) throw bad();
      const view = viewOf(bytes);
      const count = view.getInt32(0);
      if (count < 0 || bytes.length !== 20 + 8 * count) throw bad();
      const running = Array.from({ length: count }, (_, i) => view.getBigUint64(20 + 8 * i));
      const snapshot = parseSnapshot(formatSnapshot({ xmin: view.getBigUint64(4), xmax: view.getBigUint64(12), running }));
      if (snapshot === undefined) throw bad();
      return formatSnapshot(snapshot);
    },
    send: (value) => {
      const { xmin, xmax, running } = parseSnapshot(value as string)!;
      return made(20 + 8 * running.length, (view) => {
        view.setInt32(0, running.length);
        view.setBigUint64(4, xmin);
        view.setBigUint64(12, xmax);
        running.forEach((xid, i) => {
          view.setBigUint64(20 + 8 * i, xid);
        });
      });
    },
    ...text,
  });
}
export const pgSnapshotType = makeSnapshotType("pg_snapshot");
export const txidSnapshotType = makeSnapshotType("txid_snapshot");
