/** Transactions of SQL over lists and registers in rows, at read committed also over those of the keyspace. */
import type pg from "pg";
import { type Final, INITIAL, type Level, type Operation, type Transaction, written } from "./history.js";
import { type Draw, oneOf, type Places } from "./places.js";

export async function createTables(client: pg.Client, places: Places): Promise<void> {
  const { name } = places;
  await client.query(`create table lists_${name} (k text primary key, vals int[] not null)`);
  await client.query(`create table registers_${name} (k text primary key, v int not null, replaced int not null)`);
  await client.query(`create table witnesses_${name} (id int primary key)`);
  await client.query(`insert into registers_${name} select k, $2, $2 from unnest($1::text[]) k`, [places.rowRegisters, INITIAL]);
}
export async function dropTables(client: pg.Client, { name }: Places): Promise<void> {
  await client.query(`drop table lists_${name}, registers_${name}, witnesses_${name}`);
}

export async function readRows(client: pg.Client, { name }: Places): Promise<Final> {
  const lists = await client.query<{ k: string; vals: number[] }>(`select k, vals from lists_${name}`);
  const registers = await client.query<{ k: string; v: number }>(`select k, v from registers_${name}`);
  const witnesses = await client.query<{ id: number }>(`select id from witnesses_${name}`);
  return {
    lists: new Map(lists.rows.map((row) => [row.k, row.vals])),
    registers: new Map(registers.rows.map((row) => [row.k, row.v])),
    witnesses: new Set(witnesses.rows.map((row) => row.id)),
  };
}

/**
 * What is wrong with a server, as its clients would see it: commits that it forgets now and then, or reads outside of their transaction. Put in on
 * purpose, to see that it is found.
 */
export type Fault = "forgotten commits" | "reads outside of the transaction";

/** Statements of a session; `named` ones are prepared once. */
type Run = <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>;

export async function runSqlTransaction(
  client: pg.Client,
  level: Level,
  isNamed: boolean,
  draw: Draw,
  places: Places,
  fault?: { readonly kind: Fault; readonly other: pg.Client },
): Promise<{ readonly transaction: Transaction; readonly isConnected: boolean }> {
  const run: Run = async (text, values) => {
    // A locking read there would wait for its own transaction.
    const isElsewhere = fault?.kind === "reads outside of the transaction" && text.startsWith("select k") && !text.endsWith("for update");
    const query = { text, values: [...values], ...(isNamed ? { name: text.slice(0, 63) } : {}) };
    return (await (isElsewhere ? fault.other : client).query(query)).rows as never;
  };
  const id = places.nextId();
  const operations: Operation[] = [];
  let committed: Transaction["committed"] = false;
  let isConnected = true;
  try {
    await client.query(`begin isolation level ${level}`);
    for (let n = 1 + draw(4); n > 0; n--) {
      // Keys have no versions: above read committed they would not fit the level.
      if (level === "read committed" && draw(5) === 0) operations.push(await keyOperation(run, draw, places));
      else if (draw(2) === 0) operations.push(...(await listOperations(run, draw, places)));
      else operations.push(...(await registerOperations(run, draw, places)));
    }
    if (operations.some((operation) => written(operation) !== undefined))
      await run(`insert into witnesses_${places.name} values ($1)`, [id]);
    if (draw(10) === 0) await client.query("rollback");
    else {
      committed = "unknown";
      await client.query(fault?.kind === "forgotten commits" && draw(20) === 0 ? "rollback" : "commit");
      committed = true;
    }
  } catch (error) {
    const { code } = error as pg.DatabaseError;
    // No code of the server's: the connection broke.
    if (code === undefined || !/^[0-9A-Z]{5}$/.test(code) || code === "57P01" || code === "EPIPE") isConnected = false;
    else if (code !== "40001" && code !== "40P01") throw error;
    else {
      committed = false;
      await client.query("rollback").catch(() => {
        isConnected = false;
      });
    }
  }
  return { transaction: { id, committed, operations }, isConnected };
}

async function listOperations(run: Run, draw: Draw, places: Places): Promise<Operation[]> {
  const lists = `lists_${places.name}`;
  if (draw(2) === 0) {
    const key = places.rowLists.forAppend(draw);
    const element = places.nextValue();
    const upsert = `insert into ${lists} as l values ($2, array[$1::int]) on conflict (k) do update set vals = l.vals || excluded.vals`;
    await run(upsert, [element, key]);
    return [{ kind: "append", key, element }];
  }
  // By key, or all of them: an index and a scan are remembered differently.
  const keys = draw(3) === 0 ? places.rowLists.live : [places.rowLists.forRead(draw)];
  const rows =
    keys.length > 1
      ? await run<{ k: string; vals: number[] }>(`select k, vals from ${lists} where k = any ($1)`, [keys])
      : await run<{ k: string; vals: number[] }>(`select k, vals from ${lists} where k = $1`, keys);
  const found = new Map(rows.map((row) => [row.k, row.vals]));
  return keys.map((key) => ({ kind: "elements", key, elements: found.get(key) ?? [] }));
}

async function registerOperations(run: Run, draw: Draw, places: Places): Promise<Operation[]> {
  const registers = `registers_${places.name}`;
  const key = oneOf(places.rowRegisters, draw);
  const read = (rows: readonly { k: string; v: number }[]) => rows.map(({ k, v }): Operation => ({ kind: "value", key: k, value: v }));
  switch (draw(6)) {
    case 0:
      return read(await run(`select k, v from ${registers}`, []));
    case 1:
      return read(await run(`select k, v from ${registers} where k = $1 for update`, [key]));
    case 2:
    case 3:
      return read(await run(`select k, v from ${registers} where k = $1`, [key]));
    case 4: {
      const value = places.nextValue();
      await run(`update ${registers} set v = $1 where k = $2`, [value, key]);
      return [{ kind: "write", key, value }];
    }
    default: {
      const value = places.nextValue();
      const text = `update ${registers} set replaced = v, v = $1 where k = $2 returning replaced`;
      const rows = await run<{ replaced: number }>(text, [value, key]);
      return [{ kind: "write", key, value, replaced: rows[0]?.replaced ?? Number.NaN }];
    }
  }
}

async function keyOperation(run: Run, draw: Draw, places: Places): Promise<Operation> {
  const value = places.nextValue();
  if (draw(2) === 0) {
    const key = places.keyLists.forAppend(draw);
    await run("select redis.rpush($1, $2)", [key, String(value)]);
    return { kind: "append", key, element: value };
  }
  const key = oneOf(places.keyRegisters, draw);
  await run("select redis.set($1, $2)", [key, String(value)]);
  return { kind: "write", key, value };
}
