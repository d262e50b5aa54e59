/** The psql program of PostgreSQL 15 against both servers: its backslash commands read pg_catalog in ways that no driver does. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";

const schema = `
create table customers (
  id serial primary key, name varchar(40) not null default 'x', email text unique, born date, rating numeric(4,2) check (rating >= 0),
  active boolean default true, tags text[], doc jsonb, at timestamptz default now()
);
create table orders (
  id int generated always as identity primary key, customer int not null references customers (id) on delete cascade, total numeric,
  doubled numeric generated always as (total * 2) stored, code char(3), constraint positive check (total > 0)
);
create index orders_customer on orders (customer, total desc);
create unique index orders_code on orders (code);
create view big_orders as select id, customer from orders where total > 100;
create schema shop;
create table shop.things (a int, b int, primary key (a, b));
create sequence shop.numbers start 5 increment 2;
create sequence plain;
comment on table customers is 'who buys';
comment on column customers.name is 'full name';
create role reader login;
create role admin superuser createdb createrole nologin;
`;

const commands = [
  "\\d", "\\dt", "\\dt shop.*", "\\dt nothing*", "\\d customers", "\\d orders", "\\d big_orders", "\\d orders_customer", "\\d customers_pkey",
  "\\d customers_id_seq", "\\d plain", "\\d shop.things", "\\d nothing", "\\d+ customers", "\\d+ orders", "\\l", "\\dn", "\\di", "\\dv", "\\dv+", "\\ds", "\\dx",
  "\\du", "\\du+", "\\dg", "\\dp", "\\dT", "\\dD", "\\dm", "\\dE", "\\dy", "\\drds", "\\encoding", "\\z customers", "\\dconfig work_mem", "\\dP", "\\dRp",
]; // biome-ignore format: a list

/** What must differ: the schema `redis`; databases that are only templates; the name of the C locale. Then what is known to differ. */
function normalized(command: string, output: string): string[] {
  const lines = output
    .split("\n")
    // Expressions are printed as they were written: implicit casts and PostgreSQL's own choice of parentheses are missing.
    .map((line) => line.replaceAll(/'?::(character varying|numeric|text)\b/g, (cast) => (cast.startsWith("'") ? "'" : "")))
    .map((line) => line.replaceAll("((", "(").replaceAll("))", ")"))
    // Widths follow from the contents.
    .map((line) => line.trim().replaceAll(/ +/g, " ").replaceAll(/-+/g, "-").replaceAll(" |", "|").replaceAll("| ", "|"));
  if (command === "\\l") return lines.filter((line) => /^(Name|postgres\|)/.test(line)).map((line) => line.replace("|C.UTF-8|", "|C|"));
  if (command === "\\dn") return lines.filter((line) => !line.startsWith("redis|") && !/^\(\d+ rows\)$/.test(line));
  return lines;
}

describe.skipIf(!hasPostgres)("psql", () => {
  let orrery: OrreryProcess;
  let postgres: ServerProcess;
  const psql = (port: number, ...args: string[]) =>
    spawnSync("psql", ["-X", "-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-d", "postgres", ...args], {
      encoding: "utf8",
      env: { ...process.env, PAGER: "" },
    });
  beforeAll(async () => {
    [orrery, postgres] = await Promise.all([startOrrery(), startPostgres()]);
    for (const server of [orrery, postgres]) expect(psql(server.port, "-q", "-v", "ON_ERROR_STOP=1", "-c", schema).stderr).toBe("");
  });
  afterAll(async () => {
    await orrery?.stop();
    await postgres?.stop();
  });

  test.each(commands)("%s", (command) => {
    const [mine, judge] = [orrery, postgres].map((server) => psql(server.port, "-c", command));
    expect(mine?.stderr).toBe(judge?.stderr);
    expect(normalized(command, mine?.stdout ?? "")).toEqual(normalized(command, judge?.stdout ?? ""));
  });
});
