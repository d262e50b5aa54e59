/** client_encoding: text of the client's own character set, there and back. */
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectPg } from "../../test/support/clients.js";
import { type OrreryProcess, startOrrery } from "../../test/support/processes.js";

let orrery: OrreryProcess;
let client: pg.Client;
beforeAll(async () => {
  orrery = await startOrrery();
  client = await connectPg(orrery.port);
});
afterAll(async () => {
  await client?.end();
  await orrery?.stop();
});
const hex = async (sql: string) => (await client.query<{ h: string }>({ text: sql })).rows[0]?.h;

test("names of encodings, and those that are not there", async () => {
  for (const [written, name] of [
    ["latin1", "LATIN1"],
    ["ISO-8859-15", "LATIN9"],
    ["windows-1252", "WIN1252"],
    ["koi8-r", "KOI8R"],
    ["shift-jis", "SJIS"],
    ["sql_ascii", "SQL_ASCII"],
    ["utf-8", "UTF8"],
  ]) {
    await client.query(`set client_encoding to '${written}'`);
    expect((await client.query("show client_encoding")).rows).toEqual([{ client_encoding: name }]);
  }
  await expect(client.query("set client_encoding to 'mule_internal'")).rejects.toMatchObject({ code: "0A000" });
  await expect(client.query("set client_encoding to 'nosuch'")).rejects.toMatchObject({ code: "22023" });
});
test("what has no equivalent is refused in the middle of a result, and the session goes on", async () => {
  await client.query("set client_encoding to 'LATIN1'");
  await expect(client.query("select chr(233), chr(8364)")).rejects.toMatchObject({
    code: "22P05",
    message: 'character with byte sequence 0xe2 0x82 0xac in encoding "UTF8" has no equivalent in encoding "LATIN1"',
  });
  await client.query("set client_encoding to 'WIN1252'");
  expect(await hex("select 'ok' as h where length(chr(8364)) = 1")).toBe("ok");
  await client.query("reset client_encoding");
});
test("bytes that are no UTF-8 are refused, in statements and in parameters of both formats", async () => {
  const bad = { toPostgres: () => Buffer.from([0x61, 0xff]) };
  await expect(client.query("select $1::text", [bad])).rejects.toMatchObject({
    code: "22021",
    message: 'invalid byte sequence for encoding "UTF8": 0xff',
  });
  const text = { toPostgres: () => "a\0b" };
  await expect(client.query("select $1::text", [text])).rejects.toMatchObject({
    code: "22021",
    message: 'invalid byte sequence for encoding "UTF8": 0x00',
  });
  expect((await client.query("select $1::text as t", ["\ufffd"])).rows).toEqual([{ t: "\ufffd" }]);
});
