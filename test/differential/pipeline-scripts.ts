/** The extended protocol in any order: random sequences of Parse, Bind, Describe, Execute, Close, Flush, Sync, Query and COPY. */
import { int16, int32, message, query, sync } from "../support/conversations.js";
import { pick, type Random } from "../support/conversing-servers.js";
import { copyScript } from "./copy-scripts.js";

const STEPS = 120;

/** Texts with the types that Parse declares for them; 0 is left to the server. */
const statements: readonly (readonly [string, readonly number[]])[] = [
  ["select * from account where id = $1", [23]],
  ["select balance, name from account where id = $1", [0]],
  ["select id from account order by id", []],
  ["select g, g::text from generate_series(1, $1) g", [23]],
  ["insert into account values ($1, $2, $3)", [0, 0, 0]],
  ["insert into account (id, balance) values ($1, $2) on conflict (id) do update set balance = excluded.balance returning *", [23, 20]],
  ["update account set balance = balance + $1 where id = $2", [20, 23]],
  ["update account set name = name || $2 where id = $1 returning name, id", [0, 0]],
  ["delete from account where id = $1", [23]],
  ["insert into numbered (label) values ($1) returning n", [25]],
  ["select $1::int + $2::int as sum, $3::text", [0, 0, 0]],
  ["select 10 / (id - id) from account where id = $1", [0]],
  ["begin", []],
  ["begin isolation level repeatable read", []],
  ["commit", []],
  ["rollback", []],
  ["savepoint s", []],
  ["rollback to s", []],
  ["set datestyle to german", []],
  ["show datestyle", []],
  ["vacuum", []],
  ["lock table account in access share mode", []],
  ["declare c cursor for select id from account order by id", []],
  ["fetch 2 from c", []],
  ["", []],
  ["selec 1", []],
  ["select nosuch from account", []],
  ["select 1; select 2", []],
  ["truncate numbered", []],
];
const names = ["", "", "", "a", "b"];

function value(random: Random): { readonly bytes: Buffer | null; readonly isBinary: boolean } {
  const kind = random(12);
  if (kind === 0) return { bytes: null, isBinary: false };
  if (kind === 1) return { bytes: Buffer.from(pick(["x", "", "é", "99999999999", " 5", "1.5"], random)), isBinary: false };
  if (kind === 2) return { bytes: int32(random(14)), isBinary: true };
  if (kind === 3) return { bytes: pick([Buffer.from([0, 5]), Buffer.alloc(8), Buffer.alloc(0)], random), isBinary: true };
  return { bytes: Buffer.from(String(random(14))), isBinary: false };
}
function bind(portal: string, statement: string, parameters: number, random: Random): Buffer {
  const values = Array.from({ length: random(25) === 0 ? random(4) : parameters }, () => value(random));
  const formats = pick([[], [0], [1], [0, 1]], random);
  const lengths = values.flatMap(({ bytes }) => (bytes === null ? [int32(-1)] : [int32(bytes.length), bytes]));
  return message(
    "B",
    portal,
    statement,
    int16(values.length, ...values.map((v) => (v.isBinary ? 1 : 0))),
    int16(values.length),
    ...lengths,
    int16(formats.length, ...formats),
  );
}

/** Most of it is what drivers send; the rest is in any order. */
export function pipelineScript(random: Random): Buffer {
  const parts: Buffer[] = [];
  const parameters = new Map<string, number>();
  const parse = (name: string): void => {
    const [text, types] = random(3) === 0 ? pick(statements, random) : (statements[random(10)] as (typeof statements)[number]);
    parts.push(message("P", name, text, int16(types.length), ...types.map(int32)));
    parameters.set(name, types.length);
  };
  const whole = (): void => {
    const name = pick(names, random);
    if (name === "" || !parameters.has(name) || random(4) === 0) {
      if (name !== "") parts.push(message("C", Buffer.from("S"), name));
      parse(name);
    }
    if (random(4) === 0) parts.push(message("D", Buffer.from("S"), name));
    const portal = random(4) === 0 ? pick(["p", "q"], random) : "";
    if (portal !== "") parts.push(message("C", Buffer.from("P"), portal));
    parts.push(bind(portal, name, parameters.get(name) ?? 0, random));
    if (random(2) === 0) parts.push(message("D", Buffer.from("P"), portal));
    const limit = random(5) === 0 ? 1 + random(3) : 0;
    for (let n = limit === 0 ? 1 : 1 + random(3); n > 0; n--) parts.push(message("E", portal, int32(limit)));
    if (random(3) !== 0) parts.push(sync);
  };
  for (let step = 0; step < STEPS; step++) {
    const kind = random(26);
    if (kind < 16) whole();
    else if (kind > 23) {
      parts.push(copyScript(random));
      if (random(3) === 0) parts.push(query("select * from loaded full join judged using (id) order by id limit 20"));
    } else if (kind === 16) parse(pick(names, random));
    else if (kind === 17) parts.push(bind(pick(["", "p"], random), pick(names, random), random(4), random));
    else if (kind === 18) parts.push(message("D", Buffer.from(pick(["S", "P"], random)), pick([...names, "p"], random)));
    else if (kind === 19) parts.push(message("E", pick(["", "p", "q", "c"], random), int32(random(3))));
    else if (kind === 20) parts.push(message("C", Buffer.from(pick(["S", "P"], random)), pick([...names, "p", "c"], random)));
    else if (kind === 21) parts.push(message("H"));
    else if (kind === 22) parts.push(sync);
    else parts.push(query(pick(["select 1; begin", "commit", "select nosuch", "select id from account where id = 3", ""], random)));
  }
  return Buffer.concat([...parts, sync]);
}
