/**
 * `orrery import` and `orrery export`: Redis' files into a data folder that no server uses, and out of it.
 *
 * Import takes an RDB file (versions 1 to 12), an append-only file (with or without an RDB beginning) or the manifest of one in several
 * parts; which of them a file is, its first bytes tell.
 */
import { closeSync, openSync, readFileSync, readSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { RespServer } from "../../protocols/resp/index.js";
import { compose } from "../compose.js";
import type { EngineDatabase } from "../engine/index.js";
import { native } from "../native/index.js";

const pieceBytes = 16 << 20;
const magicBytes = 5;
const redis7 = "redis-7.0";

export async function importFile(file: string, options: { readonly data: string }): Promise<void> {
  const database = await compose({ folder: options.data });
  try {
    const parts = partsOf(file);
    for (const part of parts) await importPart(database, part);
  } catch (error) {
    process.stderr.write(`orrery: ${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    await database.close();
  }
}

/** For Redis 7.0: a file of version 10, without what that has no word for. Otherwise everything, and version 12 when there is any such. */
export async function exportFile(file: string, options: { readonly data: string; readonly for?: string }): Promise<void> {
  if (options.for !== undefined && options.for !== redis7) {
    process.stderr.write(`orrery: --for ${options.for} is not supported, ${redis7} is\n`);
    process.exitCode = 1;
    return;
  }
  const whole = options.for === undefined;
  const database = await compose({ folder: options.data });
  const descriptor = openSync(file, "w");
  let [version, timedHashes, vectorSets] = [0, 0, 0];
  try {
    for (let part = 0; ; part++) {
      const written = native.keyspace.exportRdb(database.engine, part, whole);
      if (written === null) break;
      for (let at = 0; at < written.bytes.length; ) at += writeSync(descriptor, written.bytes, at);
      version = Math.max(version, written.version);
      timedHashes += written.timedHashes;
      vectorSets += written.vectorSets;
    }
    writeSync(descriptor, String(version).padStart(4, "0"), magicBytes);
    console.log(`${file}: written, ${statSync(file).size} bytes`);
    if (timedHashes + vectorSets > 0) process.stderr.write(`orrery: ${noticeOf(whole, timedHashes, vectorSets)}\n`);
  } finally {
    closeSync(descriptor);
    await database.close();
  }
}

function noticeOf(whole: boolean, timedHashes: number, vectorSets: number): string {
  const found = `${timedHashes} hashes have fields that expire and ${vectorSets} keys are vector sets`;
  if (!whole) return `${found}: the file has these hashes without the times, and not these vector sets`;
  const readers = vectorSets > 0 ? "only Orrery reads this file" : "Orrery and Redis 7.4 read this file, Redis 7.0 does not";
  return `${found}: ${readers}; --for ${redis7} leaves the times and the vector sets out`;
}

/** The files that a manifest names, in order; any other file stands for itself. */
function partsOf(file: string): string[] {
  if (!file.endsWith(".manifest")) return [file];
  const lines = readFileSync(file, "utf8").split("\n");
  const parts = lines.flatMap((line) => {
    const match = /^file\s+("[^"]+"|\S+)\s+seq\s+(\d+)\s+type\s+([bhi])/.exec(line);
    return match === null || match[3] === "h"
      ? []
      : [{ name: (match[1] as string).replaceAll('"', ""), seq: Number(match[2]), base: match[3] === "b" }];
  });
  parts.sort((a, b) => Number(b.base) - Number(a.base) || a.seq - b.seq);
  return parts.map((part) => join(dirname(file), part.name));
}

async function importPart(database: EngineDatabase, file: string): Promise<void> {
  const descriptor = openSync(file, "r");
  try {
    const start = Buffer.alloc(5);
    readSync(descriptor, start, 0, 5, 0);
    let at = 0;
    if (start.toString("latin1") === "REDIS") at = importRdb(database, descriptor, file);
    if (at < statSync(file).size) importCommands(database, descriptor, at, file);
  } finally {
    closeSync(descriptor);
  }
}

/** Returns where the RDB part ends: an append-only file may go on with commands. */
function importRdb(database: EngineDatabase, descriptor: number, file: string): number {
  const handle = native.keyspace.importRdb(database.engine);
  let piece = Buffer.allocUnsafeSlow(pieceBytes);
  let held = 0;
  let used = 0;
  for (;;) {
    const read = readSync(descriptor, piece, held, piece.length - held, used + held);
    held += read;
    const consumed = native.keyspace.importRdbFeed(handle, piece.subarray(0, held), read === 0);
    if (typeof consumed === "string") throw new Error(`${file}: ${consumed}, in the record at byte ${used}`);
    used += consumed;
    piece.copyWithin(0, consumed, held);
    held -= consumed;
    const state = native.keyspace.importRdbState(handle);
    if (state.finished) {
      const functions = state.functions.length === 0 ? "" : `; ${state.functions.length} function libraries were left out`;
      console.log(`${file}: ${state.keys} keys imported, ${state.expired} had expired${functions}`);
      return used;
    }
    if (held === piece.length) {
      // One value larger than the piece.
      const larger = Buffer.allocUnsafeSlow(piece.length * 2);
      piece.copy(larger, 0, 0, held);
      piece = larger;
    }
  }
}

/** Runs the commands of an append-only file. */
function importCommands(database: EngineDatabase, descriptor: number, from: number, file: string): void {
  const server = new RespServer({ addon: native, engine: database.engine, whenFlushed: (_lsn, callback) => callback() });
  let replies = "";
  let failed: string | undefined;
  const look = () => {
    let at = 0;
    for (let end = endOfReply(replies, 0); end !== undefined; end = endOfReply(replies, at)) {
      if (replies[at] === "-") failed ??= replies.slice(at + 1, end - 2);
      at = end;
    }
    replies = replies.slice(at);
  };
  let closed = false;
  const session = server.connect({
    write: (bytes) => {
      replies += Buffer.from(bytes).toString("latin1");
      look();
      return true;
    },
    pause: () => undefined,
    resume: () => undefined,
    close: () => {
      closed = true;
    },
  });
  const piece = Buffer.allocUnsafeSlow(1 << 20);
  let at = from;
  for (;;) {
    const read = readSync(descriptor, piece, 0, piece.length, at);
    if (read === 0 || closed) break;
    at += read;
    session.data(Buffer.from(piece.subarray(0, read)));
    if (failed !== undefined) throw new Error(`${file}: a command before byte ${at} failed: ${failed}`);
  }
  session.end();
  server.close();
  console.log(`${file}: commands up to byte ${at} were run`);
}

/** Where the RESP2 reply at `at` ends; undefined while it is not whole. */
function endOfReply(text: string, at: number): number | undefined {
  const line = text.indexOf("\r\n", at);
  if (line < 0) return undefined;
  const count = Number(text.slice(at + 1, line));
  if (text[at] === "$") {
    const end = count < 0 ? line + 2 : line + 4 + count;
    return end <= text.length ? end : undefined;
  }
  if (text[at] !== "*") return line + 2;
  let end: number | undefined = line + 2;
  for (let i = 0; i < count && end !== undefined; i++) end = endOfReply(text, end);
  return end;
}
