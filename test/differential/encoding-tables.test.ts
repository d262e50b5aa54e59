/** Every sequence of the encodings of several bytes, and every character, by PostgreSQL and by our tables. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { characterSet, DbError } from "../../src/types/index.js";
import { connectPg } from "../support/clients.js";
import { hasPostgres, type ServerProcess, startPostgres } from "../support/processes.js";

const ENCODINGS = [
  "EUC_JP",
  "EUC_CN",
  "EUC_KR",
  "EUC_TW",
  "EUC_JIS_2004",
  "SJIS",
  "SHIFT_JIS_2004",
  "BIG5",
  "GBK",
  "UHC",
  "JOHAB",
  "GB18030",
];
/** Some have ideographs beyond the BMP. */
const lastCharacter = (name: string) => (/2004|TW/.test(name) ? 0x2ffff : 0x10fff);

describe.skipIf(!hasPostgres)("tables of encodings", () => {
  let judge: ServerProcess;
  let client: pg.Client;
  const { stackTraceLimit } = Error;
  beforeAll(async () => {
    // Refusals are many.
    Error.stackTraceLimit = 0;
    judge = await startPostgres();
    client = await connectPg(judge.port);
    await client.query(`
      create function decoded(b bytea, e name) returns text language plpgsql as
        'begin return convert_from(b, e); exception when others then return sqlstate; end';
      create function encoded(t text, e name) returns text language plpgsql as
        'begin return encode(convert_to(t, e), ''hex''); exception when others then return sqlstate; end'`);
  }, 60_000);
  afterAll(async () => {
    Error.stackTraceLimit = stackTraceLimit;
    await client?.end();
    await judge?.stop();
  });
  const orState = (work: () => string): string => {
    try {
      return work();
    } catch (error) {
      if (error instanceof DbError) return error.fields.sqlstate;
      throw error;
    }
  };
  const isState = (result: string) => /^22[0-9P]{3}$/.test(result);
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  /** Two bytes of any kind, three and four where the encoding has them. */
  function sequences(name: string): Buffer[] {
    const all = numbers(0x80, 0xff).flatMap((a) => [Buffer.of(a), ...numbers(0, 0xff).map((b) => Buffer.of(a, b))]);
    const tails = numbers(0xa0, 0xff).flatMap((a) => numbers(0xa0, 0xff).map((b) => [a, b]));
    if (name.startsWith("EUC")) all.push(...tails.map((tail) => Buffer.of(0x8f, ...tail)));
    if (name === "EUC_TW") all.push(...numbers(0xa0, 0xa8).flatMap((plane) => tails.map((tail) => Buffer.of(0x8e, plane, ...tail))));
    if (name === "GB18030")
      all.push(...numbers(0x81, 0x85).flatMap((a) => tails.map(([b, c]) => Buffer.of(a, (b as number) - 0x70, c as number, 0x35))));
    return all;
  }

  it.each(ENCODINGS)(
    "%s",
    async (name) => {
      const set = characterSet(name);
      if (set === undefined) throw new Error(`no ${name}`);
      const characters = numbers(0x80, lastCharacter(name))
        .filter((code) => code < 0xd800 || code > 0xdfff)
        .map((code) => String.fromCodePoint(code));
      const bytes = characters.map((c) => orState(() => set.encode(c).toString("hex")));
      const known = characters.filter((_, i) => !isState(bytes[i] as string));
      expect(known.length).toBeGreaterThan(7000);
      const encoded = await client.query<{ t: string }>("select encode(convert_to($1, $2), 'hex') t", [known.join(""), name]);
      expect(encoded.rows[0]?.t === set.encode(known.join("")).toString("hex")).toBe(true);
      // Each refusal costs the judge a block with a handler: a part of them tells.
      const refused = characters.filter((_, i) => isState(bytes[i] as string) && i % 11 === 0);
      const states = await client.query<{ t: string }>(
        "select encoded(c, $2) t from unnest($1::text[]) with ordinality u (c, n) order by n",
        [refused, name],
      );
      expect(states.rows.map((r) => r.t)).toEqual(refused.map((c) => orState(() => set.encode(c).toString("hex"))));

      const all = sequences(name);
      const texts = all.map((sequence) => orState(() => set.decode(sequence)));
      const whole = Buffer.concat(all.filter((_, i) => !isState(texts[i] as string)));
      const decoded = await client.query<{ t: string }>("select convert_from($1, $2) t", [whole, name]);
      expect(decoded.rows[0]?.t === set.decode(whole)).toBe(true);
      const bad = all.filter((_, i) => isState(texts[i] as string) && i % 11 === 0);
      const badStates = await client.query<{ t: string }>(
        "select decoded(b, $2) t from unnest($1::bytea[]) with ordinality u (b, n) order by n",
        [bad, name],
      );
      expect(badStates.rows.map((r) => r.t)).toEqual(bad.map((sequence) => orState(() => set.decode(sequence))));
    },
    60_000,
  );

  it.each(["EUC_JIS_2004", "SHIFT_JIS_2004"])("%s has characters that are two in UTF-8", async (name) => {
    const text = "か゚か\u0301゚æ̀æ";
    const { rows } = await client.query<{ hex: string }>("select encoded($1, $2) as hex", [text, name]);
    expect(orState(() => (characterSet(name)?.encode(text) ?? Buffer.alloc(0)).toString("hex"))).toBe(rows[0]?.hex);
  });
});
