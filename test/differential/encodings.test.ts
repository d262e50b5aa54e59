/** Clients of other encodings: psql speaks one to both servers, and every byte that comes back is the same. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, PG_BIN, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";

describe.skipIf(!hasPostgres)("client_encoding", () => {
  let ours: ServerProcess;
  let judge: ServerProcess;
  beforeAll(async () => {
    [ours, judge] = await Promise.all([startOrrery(), startPostgres()]);
  }, 60_000);
  afterAll(async () => {
    await ours?.stop();
    await judge?.stop();
  });

  function psql(port: number, encoding: string, script: Buffer): string {
    const result = spawnSync(`${PG_BIN}/psql`, ["-X", "-A", "-t", "-h", "127.0.0.1", "-p", String(port), "-U", "postgres"], {
      input: script,
      env: { ...process.env, PGCLIENTENCODING: encoding },
    });
    return Buffer.concat([result.stdout, result.stderr]).toString("latin1");
  }
  const sample: Readonly<Record<string, readonly number[]>> = {
    LATIN1: [0xe9, 0xff], LATIN2: [0xb1, 0xe8], LATIN10: [0xa4, 0xaa], WIN1251: [0xcf, 0xf0], WIN1252: [0x80, 0x93], KOI8R: [0xf0, 0xd2], WIN866: [0x8f, 0xe0],
    ISO_8859_7: [0xe1, 0xe2], EUC_JP: [0xc6, 0xfc, 0xcb, 0xdc, 0x8e, 0xb1], SJIS: [0x93, 0xfa, 0x96, 0x7b, 0xb1], EUC_KR: [0xc7, 0xd1],
    EUC_TW: [0xc4, 0xe3, 0x8e, 0xa2, 0xa1, 0xa1], UHC: [0x8c, 0x63], JOHAB: [0xe1, 0xf1], EUC_JIS_2004: [0xa4, 0xf7], SHIFT_JIS_2004: [0x82, 0xf5],
    BIG5: [0xa4, 0xa4], GBK: [0x81, 0x40], EUC_CN: [0xd6, 0xd0], GB18030: [0x81, 0x30, 0x84, 0x36, 0xd6, 0xd0, 0x90, 0x30, 0x81, 0x30], SQL_ASCII: [0xc3, 0xa9],
  }; // biome-ignore format: a table

  it.each(Object.entries(sample))("%s both ways, in statements, errors and COPY", (encoding, bytes) => {
    const word = Buffer.from(bytes);
    const script = Buffer.concat([
      Buffer.from("show client_encoding;\ncreate table e (t text, \"c"), word, Buffer.from("\" int);\ninsert into e values ('"), word,
      Buffer.from("', 1);\nselect t, length(t), convert_to(t, 'UTF8'), c.* from e, lateral (select \"c"), word, Buffer.from("\") c;\n\\x\nselect * from e;\n"),
      Buffer.from("copy e from stdin;\n"), word, Buffer.from("x\t2\n\\.\ncopy e to stdout;\ncopy e to stdout csv header;\n"),
      Buffer.from("copy (select t from e) to stdout with (encoding 'UTF8');\ncopy e (t) from stdin with (encoding 'LATIN1');\n\xe9\n\\.\n", "latin1"),
      Buffer.from("select convert_to(t, 'UTF8') from e order by 1;\nselect 'no "), word, Buffer.from("'::int;\nselect \""), word,
      Buffer.from("\";\nselect U&'\\2603';\ndrop table e;\n"),
    ]); // biome-ignore format: a script
    expect(psql(ours.port, encoding, script)).toBe(psql(judge.port, encoding, script));
  });

  it("names the line of COPY that cannot be read, after what is wrong with the lines before it", () => {
    for (const encoding of ["UTF8", "EUC_JP", "LATIN1", "WIN1252"])
      for (const lines of ["1\n\xff\xff\n3\n", "1\nx\n\x81\xff\n", "1\n\x81\n", "1\n2\n\\.\n"]) {
        const script = `create table n (a text, b int default 1);\ncreate table i (a int);\ncopy n (a) from stdin;\n${lines}\\.\ncopy i from stdin;\n${lines}\\.\ncopy n (a) from stdin csv;\n${lines}\\.\nselect count(*), sum(b) from n;\ndrop table n, i;\n`;
        expect(psql(ours.port, encoding, Buffer.from(script, "latin1"))).toBe(psql(judge.port, encoding, Buffer.from(script, "latin1")));
      }
  });

  it("reads and writes files in the client's encoding or the one said", () => {
    const run = (server: ServerProcess) => {
      const file = join(server.folder, "copied");
      const script = `create table f (t text);\ninsert into f values (U&'\\65E5\\672C'), ('a');\ncopy f to '${file}';\n` +
        `copy f from '${file}' with (encoding 'EUC_JP');\nselect convert_to(t, 'UTF8') from f;\ndelete from f;\ncopy f from '${file}';\nselect t from f;\n` +
        "copy f to stdout with (encoding 'nope');\ndrop table f;\n"; // biome-ignore format: a script
      return `${psql(server.port, "SJIS", Buffer.from(script))}${readFileSync(file).toString("hex")}`.replaceAll(server.folder, "");
    };
    expect(run(ours)).toBe(run(judge));
  });

  it("refuses bytes that are no text of the client's encoding", () => {
    for (const [encoding, bytes] of [
      ["UTF8", [0xe9]],
      ["UTF8", [0xff]],
      ["EUC_JP", [0xff, 0xff]],
      ["WIN1252", [0x81]],
    ] as const) {
      const script = Buffer.concat([Buffer.from("select '"), Buffer.from(bytes), Buffer.from("';\nselect 1;\n")]);
      expect(psql(ours.port, encoding, script)).toBe(psql(judge.port, encoding, script));
    }
  });
});
