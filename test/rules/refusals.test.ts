/** What is not supported says so, with its code and its name: nothing succeeds silently (rule 5). */
import { Redis } from "ioredis";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

/** Statement, and the word of the feature that the message must name. */
const statements: readonly (readonly [string, RegExp])[] = [
  ["create or replace function f() returns int language plpgsql as 'begin return 1; end'", /plpgsql/i],
  ["create function f() returns int language c as 'lib', 'f'", /language c/i],
  ["create type t (input = a, output = b)", /type/i],
  ["create trigger t before insert on items for each row execute function f()", /trigger/i],
  ["create event trigger t on ddl_command_start execute function f()", /trigger/i],
  ["create rule r as on insert to items do nothing", /rule/i],
  ["create operator class oc for type int using btree as operator 1 <", /operator/i],
  ["comment on type int4 is 'x'", /built-in type/i],
  ["grant execute on function lower(text) to public", /built-in function/i],
  ["grant select (ctid) on items to public", /system columns/i],
  ["explain analyze create table made as select 1", /explain analyze/i],
  ["set client_encoding = 'mule_internal'", /client_encoding/],
  ["create operator family of using btree", /operator/i],
  ["create table g (a int, b int generated always as (a + 1) virtual)", /generated/i],
  ["create table x (a box, exclude using gist (a with &&))", /exclu/i],
  ["create index on items (name text_ops (x = 1))", /operator class options/],
  ["create publication p for all tables", /publication/i],
  ["create subscription s connection 'x' publication p", /subscription/i],
  ["create server s foreign data wrapper w", /server|foreign/i],
  ["create foreign data wrapper w", /foreign/i],
  ["create foreign table ft (id int) server s", /foreign/i],
  ["create tablespace ts location '/tmp'", /tablespace/i],
  ["create database other", /database/i],
  ["drop database other", /database/i],
  ['create table c (a text collate "de-x-icu") partition by range (a)', /collation/i],
  ['create type r as range (subtype = text, collation = "de-x-icu")', /collation/i],
  ["create conversion c for 'LATIN1' to 'UTF8' from f", /conversion/i],
  ["create text search configuration tc (copy = simple)", /text search/i],
  ["create access method am type index handler h", /access method/i],
  ["create extension plperl", /extension/i],
  ["create transform for int language sql (from sql with function f(internal))", /transform/i],
  ["do 'begin end'", /do/i],
  ["security label on table items is 'x'", /security label/i],
  ["import foreign schema s from server x into public", /foreign/i],
  ["alter system set work_mem = '1MB'", /alter system/i],
  ["load 'x'", /load/i],
  ["alter table items add column z int generated always as (id * 2) virtual", /generated/i],
  ["select '<a/>'::xml", /xml/i],
  ["select xmlelement(name a)", /xml/i],
  ["select * from xmltable('/a' passing '<a/>' columns b int)", /xml/i],
  ["select 'a'::tsvector", /tsvector/i],
  ["copy items from program 'true'", /program|copy/i],
  ["select to_tsvector('a')", /to_tsvector/i],
  ["select xpath('/a', '<a/>')", /xpath/i],
  ["create table w (id int) with (oids)", /oids/i],
  ["alter extension vector update", /extension/i],
  ["insert into item_rows (id) values (1) on conflict (next) do nothing", /on conflict by a column that the view computes/i],
  ["insert into item_rows (id) values (1) on conflict (id) do update set name = 'x' returning old.name", /returning old/i],
];
const commands: readonly (readonly string[])[] = [["SCRIPT", "DEBUG", "YES"], ["FAILOVER"]];

describe("refusals", () => {
  let orrery: OrreryProcess;
  let client: pg.Client;
  let redis: Redis;
  beforeAll(async () => {
    orrery = await startOrrery();
    client = await connectPg(orrery.port);
    await client.query(
      "create table items (id int primary key, name text); create unique index on items ((id + 2)); create view item_names as select name from items; create view item_rows as select id, name, id + 1 as next from items",
    );
    redis = new Redis({ port: orrery.redisPort });
  });
  afterAll(async () => {
    await client?.end();
    redis?.disconnect();
    await orrery?.stop();
  });

  test.each(statements)("%s", async (sql, feature) => {
    const error = await client.query(sql).then(
      () => undefined,
      (e: pg.DatabaseError) => e,
    );
    expect(error?.code, `${sql} must be refused: ${error?.message}`).toBe("0A000");
    expect(error?.message).toMatch(feature);
  });
  test.each(commands)("%s %s", async (...words) => {
    const [name = "", ...args] = words.filter((word) => word !== undefined);
    const error = await redis.call(name, ...args).then(
      () => undefined,
      (e: Error) => e,
    );
    expect(error?.message).toMatch(/^ERR /);
    expect(error?.message.toUpperCase()).toContain(name);
  });
});
