/**
 * Bytes that no client sends: valid messages split anywhere, in other orders, cut short, with wrong lengths and types, and garbage. The server must
 * neither die nor hang nor report an internal error, keep no session, and disturb nobody.
 *
 * Seeded (`ORRERY_FUZZ_SEED`), `ORRERY_FUZZ_INPUTS` inputs per transport. An input that shows a fault is printed as hex: once the fault is mended it goes to
 * `wire-corpus/`, a file of hex lines for each, which every run begins with.
 */
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, sleep, startOrrery } from "../support/processes.js";
import { WireInputs } from "./wire-inputs.js";

const INPUTS = Number(process.env.ORRERY_FUZZ_INPUTS ?? 3000);
const SEED = Number(process.env.ORRERY_FUZZ_SEED ?? 1);
const AT_ONCE = 16;
/** The server has so long to close a connection that its client has ended. */
const PATIENCE_MILLIS = 20_000;
const corpusFolder = join(import.meta.dirname, "wire-corpus");
const corpus = readdirSync(corpusFolder)
  .filter((file) => file.endsWith(".hex"))
  .flatMap((file) => readFileSync(join(corpusFolder, file), "utf8").split("\n"))
  .filter((line) => /^[0-9a-f]+$/.test(line))
  .map((line) => [Buffer.from(line, "hex")]);

/** Sends the pieces, ends, and waits for the end. Returns what is wrong with the answer. */
function send(port: number, pieces: readonly Buffer[], leaves: boolean): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const chunks: Buffer[] = [];
    let kept = 0;
    const done = (fault?: string) => {
      clearTimeout(timer);
      socket.destroy();
      const answer = Buffer.concat(chunks).toString("latin1");
      resolve(
        fault ??
          (answer.includes("CXX000") ? `internal error: ${/M([^\0]*)/.exec(answer.slice(answer.indexOf("CXX000")))?.[1]}` : undefined),
      );
    };
    const timer = setTimeout(() => done("the connection is not closed"), PATIENCE_MILLIS);
    socket.on("data", (chunk) => {
      kept += chunk.length;
      if (kept < 1 << 20) chunks.push(chunk);
    });
    socket.on("error", () => done());
    socket.on("close", () => done());
    socket.on("connect", async () => {
      socket.setNoDelay(true);
      for (const piece of pieces) {
        if (socket.destroyed || !socket.writable) return;
        socket.write(piece);
        if (pieces.length > 1) await new Promise((next) => setImmediate(next));
      }
      // Either it says that it is through, or it is gone.
      if (leaves) done();
      else socket.end();
    });
  });
}

describe.each(["native", "node"])("transport %s", (transport) => {
  let server: OrreryProcess;
  let bystander: pg.Client;
  beforeAll(async () => {
    server = await startOrrery({ flags: ["--transport", transport, "--threads", "2"] });
    bystander = await connectPg(server.port);
    await bystander.query("create table target (id int, t text); insert into target values (1, 'a'), (2, 'b')");
    await bystander.query("begin; create temp table own (n int); insert into own values (42)");
  }, 60_000);
  afterAll(async () => {
    await bystander?.end();
    await server?.stop();
  });
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) * 1024;

  test(
    `${INPUTS} inputs, seed ${SEED}`,
    async () => {
      const inputs = new WireInputs(SEED);
      const faults: string[] = [];
      let sent = 0;
      let memoryAtFirst = 0;
      const work = async () => {
        while (sent < corpus.length + INPUTS && faults.length === 0) {
          const number = sent++;
          const known = corpus[number];
          const { pieces, leaves } = known === undefined ? inputs.next() : { pieces: known, leaves: false };
          const fault = await send(server.port, pieces, leaves);
          if (fault !== undefined) faults.push(`input ${number}: ${fault}: ${Buffer.concat(pieces).toString("hex")}`);
          if (server.process.exitCode !== null) faults.push(`input ${number}: the server has ended: ${server.errors()}`);
          if (number % 500 === 0) expect((await bystander.query("select n from own")).rows).toEqual([{ n: 42 }]);
          if (number === Math.floor(INPUTS / 4)) memoryAtFirst = memory();
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      expect(faults).toEqual([]);
      expect(server.errors()).toBe("");
      // No session is left, and the memory of what has been is used again.
      const others = () => bystander.query("select count(*)::int as n from pg_stat_activity where pid <> pg_backend_pid()");
      for (let tries = 0; tries < 100 && (await others()).rows[0].n > 0; tries++) await sleep(50);
      expect((await others()).rows).toEqual([{ n: 0 }]);
      expect((await bystander.query("select count(*)::int as n from target")).rows).toEqual([{ n: 2 }]);
      expect(memory() - memoryAtFirst).toBeLessThan(128 << 20);
    },
    60_000 + INPUTS * 60,
  );
});
