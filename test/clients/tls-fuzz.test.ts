/**
 * Inputs on the way into TLS and under it (tls-inputs.ts): the server must neither die nor hang nor report an internal error, keep no connection, take
 * nothing that was said in clear text for what is said under TLS, and disturb nobody.
 *
 * Seeded (`ORRERY_FUZZ_SEED`), `ORRERY_TLS_FUZZ_INPUTS` inputs per transport. The handshake's own bytes are random: a fault is told with what the client said
 * beside it.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OrreryProcess, sleep, startOrrery } from "../support/processes.js";
import { SSL_REQUEST, say, type TlsAnswer, type TlsInput, TlsInputs } from "./tls-inputs.js";

const INPUTS = Number(process.env.ORRERY_TLS_FUZZ_INPUTS ?? 400);
const SEED = Number(process.env.ORRERY_FUZZ_SEED ?? 1);
const AT_ONCE = 8;
/** The server has so long to close a connection that its client has ended. */
const PATIENCE_MILLIS = 20_000;
const AUTHENTICATED = Buffer.of(0x52, 0, 0, 0, 8, 0, 0, 0, 0);

function faultOf(input: TlsInput, { clear, underTls, isSecure, isOpen }: TlsAnswer): string | undefined {
  if (isOpen) return "the connection is not closed";
  const internal = /CXX000\0M([^\0]*)/.exec(Buffer.concat([clear, underTls]).toString("latin1"));
  if (internal !== null) return `internal error: ${internal[1]}`;
  if (input.handshake !== "asked" || input.before.length > 0) return undefined;
  if (input.injected.length > 0 && (isSecure || clear.length > 0)) return "clear text behind the request for TLS was read";
  if (clear.includes(AUTHENTICATED)) return "what was said in clear text got a session though TLS was asked for";
  return undefined;
}

function described({ before, inside, injected, between, ...rest }: TlsInput): string {
  const hex = (bytes: readonly Buffer[]) => bytes.map((b) => b.toString("hex")).join(" ");
  return JSON.stringify({ ...rest, before: hex(before), injected: hex([injected]), between: hex([between]), inside: hex(inside.pieces) });
}

describe.each(["native", "node"])("transport %s", (transport) => {
  let server: OrreryProcess;
  let bystander: pg.Client;
  beforeAll(async () => {
    server = await startOrrery({ flags: ["--transport", transport, "--threads", "2", "--ssl", "auto"] });
    const database = { host: "127.0.0.1", port: server.port, user: "postgres", database: "postgres" };
    bystander = new pg.Client({ ...database, ssl: { rejectUnauthorized: false } });
    await bystander.connect();
    await bystander.query("create table target (id int, t text); insert into target values (1, 'a'), (2, 'b')");
    await bystander.query("begin; create temp table own (n int); insert into own values (42)");
  }, 60_000);
  afterAll(async () => {
    await bystander?.end();
    await server?.stop();
  });
  const sockets = () => {
    const folder = `/proc/${server.pid}/fd`;
    return readdirSync(folder).filter((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`).startsWith("socket:");
      } catch {
        return false; // closed meanwhile
      }
    }).length;
  };
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) * 1024;

  test(
    `${INPUTS} inputs, seed ${SEED}`,
    async () => {
      const inputs = new TlsInputs(SEED);
      const faults: string[] = [];
      let sent = 0;
      let secured = 0;
      let memoryAtFirst = 0;
      const socketsAtFirst = sockets();
      const work = async () => {
        while (sent < INPUTS && faults.length === 0) {
          const number = sent++;
          const input = inputs.next();
          const answer = await say(server.port, input, PATIENCE_MILLIS);
          if (answer.isSecure) secured++;
          const fault = faultOf(input, answer);
          if (fault !== undefined) faults.push(`input ${number}: ${fault}: ${described(input)}`);
          if (server.process.exitCode !== null) faults.push(`input ${number}: the server has ended: ${server.errors()}`);
          if (number % 100 === 0) expect((await bystander.query("select n from own")).rows).toEqual([{ n: 42 }]);
          if (number === Math.floor(INPUTS / 4)) memoryAtFirst = memory();
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      expect(faults).toEqual([]);
      expect(server.errors()).toBe("");
      expect(secured).toBeGreaterThan(INPUTS / 5);
      // No connection is left, not even one that never had a session, and the memory of what has been is used again.
      for (let tries = 0; tries < 100 && sockets() > socketsAtFirst; tries++) await sleep(50);
      expect(sockets()).toBeLessThanOrEqual(socketsAtFirst);
      const others = () => bystander.query("select count(*)::int as n from pg_stat_activity where pid <> pg_backend_pid()");
      for (let tries = 0; tries < 100 && (await others()).rows[0].n > 0; tries++) await sleep(50);
      expect((await others()).rows).toEqual([{ n: 0 }]);
      expect((await bystander.query("select count(*)::int as n from target")).rows).toEqual([{ n: 2 }]);
      expect(memory() - memoryAtFirst).toBeLessThan(128 << 20);
    },
    60_000 + INPUTS * 200,
  );

  test("clear text in the packet of the request for TLS ends the connection, whatever it is", async () => {
    for (const injected of [Buffer.of(0), SSL_REQUEST, Buffer.from("\0\0\0\x17\0\x03\0\0user\0postgres\0\0", "latin1")]) {
      const input: TlsInput = {
        before: [],
        handshake: "asked",
        injected,
        protocols: [],
        line: "quiet",
        tamper: (bytes) => [bytes],
        inside: { pieces: [], leaves: false },
        between: Buffer.alloc(0),
      };
      expect(await say(server.port, input, PATIENCE_MILLIS)).toMatchObject({ clear: Buffer.alloc(0), isSecure: false, isOpen: false });
    }
  });
});
