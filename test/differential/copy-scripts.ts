/** COPY … FROM STDIN as clients send it, and as none does: data cut anywhere, other messages in it, ends that are missing, lines that cannot be read. */
import { int16, int32, message, query, sync } from "../support/conversations.js";
import { pick, type Random } from "../support/conversing-servers.js";

/** What it begins with, and what a line of three fields looks like. */
const statements = [
  { text: "copy loaded from stdin", delimiter: "\t", fields: 3 },
  { text: "copy loaded (id, t) from stdin", delimiter: "\t", fields: 2 },
  { text: "copy judged (id, t) from stdin", delimiter: "\t", fields: 2 },
  { text: "copy loaded (t, id) from stdin with (format csv)", delimiter: ",", fields: -2 },
  { text: "copy judged from stdin csv header", delimiter: ",", fields: 3 },
  { text: "copy judged (id, t) from stdin where id % 5 <> 0", delimiter: "\t", fields: 2 },
  { text: "copy drawn from stdin", delimiter: "\t", fields: 2 },
  { text: "copy loaded (id, t) from stdin with (format binary)", delimiter: "", fields: 2 },
] as const;
type Statement = (typeof statements)[number];

const copyData = (data: Buffer): Buffer => message("d", data);
const copyDone = message("c");

/** One COPY, from its statement to its end. */
export function copyScript(random: Random): Buffer {
  const statement = pick(statements, random);
  const parts: Buffer[] = begin(statement, random);
  const data = statement.delimiter === "" ? binaryRows(random) : lines(statement, random);
  const longest = (data.length >> 12) + pick([3, 20, 400, data.length], random);
  const rarely = data.length < 2000 ? 12 : 400;
  for (let at = 0; at < data.length; ) {
    const length = 1 + random(longest);
    parts.push(copyData(data.subarray(at, at + length)));
    at += length;
    if (random(rarely) === 0) parts.push(between(random));
  }
  const end = random(24);
  if (end > 5) parts.push(copyDone);
  else if (end > 1) parts.push(message("f", pick(["no more", "", "é"], random)));
  else if (end === 1) parts.push(copyDone, copyDone);
  if (random(4) !== 0) parts.push(sync);
  return Buffer.concat(parts);
}

function begin({ text }: Statement, random: Random): Buffer[] {
  const kind = random(8);
  if (kind === 0) return [query(`select 1; ${text}; select 2`)];
  if (kind < 4) return [query(text)];
  const parts = [message("P", "", text, int16(0)), message("B", "", "", int16(0), int16(0), int16(0))];
  if (random(3) === 0) parts.push(message("D", Buffer.from("P"), ""));
  parts.push(message("E", "", int32(0)));
  if (random(2) === 0) parts.push(sync);
  return parts;
}

/** Mostly what a COPY ignores; what ends it, or the connection, is rare. */
function between(random: Random): Buffer {
  const kind = random(60);
  if (kind < 25) return message("H");
  if (kind < 50) return sync;
  if (kind < 56) return message("f", "in the middle");
  if (kind < 58) return copyDone;
  return pick([query("select 3"), message("P", "", "select 4", int16(0)), message("X"), message("E", "", int32(0))], random);
}

function lines(statement: Statement, random: Random): Buffer {
  const end = Buffer.from(random(12) === 0 ? pick(["\r\n", "\r"], random) : "\n");
  // Long ones fill what PostgreSQL keeps back: 1,000 rows or 65,535 bytes.
  const size = random(14);
  const count = size === 0 ? 900 + random(300) : 1 + random(14);
  const from = size === 0 ? 100 : random(30);
  const isWrong = 1 + random(3) * (count > 100 ? 300 : 12);
  const parts: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const key = size === 0 ? from + i : from + random(14);
    parts.push(random(isWrong) === 0 && isWrong > 1 ? wrongLine(statement, key, random) : line(statement, String(key), text(random)));
    parts.push(random(150) === 0 ? Buffer.from(pick(["\r", "\r\n", "\n"], random)) : end);
  }
  if (random(8) === 0) parts.pop();
  if (random(6) === 0) parts.push(Buffer.from(pick(["\\.\n", "\\.", "\\.\nrest", "\\.\r\n", "\\.x\n"], random)));
  return Buffer.concat(parts);
}
function line({ delimiter, fields }: Statement, key: string, text: Buffer): Buffer {
  const ordered = fields < 0 ? [text, Buffer.from(key)] : [Buffer.from(key), text, Buffer.from("7")].slice(0, fields);
  return Buffer.concat(ordered.flatMap((field, i) => (i === 0 ? [field] : [Buffer.from(delimiter), field])));
}
function text(random: Random): Buffer {
  const kind = random(40);
  if (kind === 0) return Buffer.from("longer than a few characters");
  if (kind === 1) return Buffer.alloc(30_000, "long");
  return Buffer.from(pick(["a", "b", "é", "\\N", "", "\\t", "\\x41", "cc", "中"], random));
}
function wrongLine(statement: Statement, key: number, random: Random): Buffer {
  switch (random(12)) {
    case 0:
      return Buffer.alloc(0);
    case 1:
      return Buffer.from("oops");
    case 2:
      return Buffer.concat([line(statement, String(key), text(random)), Buffer.from(`${statement.delimiter}more`)]);
    case 3:
      return line(statement, "1x", text(random));
    case 4:
      return line(statement, "99999999999", text(random));
    case 5:
      return line(statement, "77", text(random)); // the check refuses it
    case 6:
      return line(statement, String(key), Buffer.from([0x61, 0xff, 0x62, 0x63, 0x64, 0x65]));
    case 7:
      return line(statement, String(key), Buffer.from([0xc3]));
    case 8:
      return line(statement, String(key), Buffer.from([0x61, 0]));
    case 9:
      return line(statement, "\\N", text(random));
    case 10:
      return line(statement, String(key), Buffer.from(pick(['"', '"x', '"a""b"', '"a\nb"', '"', "\\"], random)));
    default:
      return line(statement, String(key), Buffer.from("é".repeat(70)));
  }
}

function binaryRows(random: Random): Buffer {
  const parts = [Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), int32(0), int32(0)];
  for (let n = random(8); n > 0; n--) {
    const kind = random(24);
    const value = Buffer.from(pick(["a", "é", "", "longer"], random));
    parts.push(int16(kind === 0 ? 3 : 2));
    if (kind === 1) parts.push(int32(3), Buffer.from("abc"));
    else if (kind === 2) parts.push(int32(-1));
    else if (kind === 3) parts.push(int32(-2));
    else parts.push(int32(4), int32(10 + random(14)));
    if (kind === 4) parts.push(int32(2), Buffer.from([0xff, 0x41]));
    else parts.push(int32(value.length), value);
  }
  if (random(3) !== 0) parts.push(Buffer.from([0xff, 0xff]));
  if (random(8) === 0) parts.push(Buffer.from("rest"));
  const whole = Buffer.concat(parts);
  const cut = random(12);
  return cut === 0 ? whole.subarray(0, random(whole.length)) : cut === 1 ? Buffer.concat([Buffer.from("x"), whole]) : whole;
}
