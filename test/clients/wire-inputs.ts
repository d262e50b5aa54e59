/** Inputs for the protocol, valid ones and what becomes of them. Source: PostgreSQL documentation, "Message Formats". */

export interface WireInput {
  readonly pieces: readonly Buffer[];
  /** The client is gone without a word behind its last byte. */
  readonly leaves: boolean;
}

const int16 = (n: number): Buffer => Buffer.of((n >> 8) & 255, n & 255);
const int32 = (n: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(n | 0);
  return bytes;
};
const text = (t: string): Buffer => Buffer.from(`${t}\0`);
const message = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type, "latin1"), int32(body.length + 4), body]);
};
const untyped = (code: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length + 8), int32(code), body]);
};
const startup = (code: number, ...parameters: string[]): Buffer => untyped(code, ...parameters.map(text), Buffer.of(0));

const START = startup(196_608, "user", "postgres", "database", "postgres");
const STARTS: readonly Buffer[] = [
  startup(196_610, "user", "postgres", "database", "postgres", "_pq_.option", "1"),
  startup(196_608, "user", "postgres", "client_encoding", "LATIN1", "options", "-c statement_timeout=1000 --search_path=a\\ b"),
  startup(196_608, "user", "nobody"),
  startup(196_608, "database", "postgres"),
  startup(196_608, "user", "postgres", "database", "missing"),
  startup(196_608, "user", "postgres", "nosuchsetting", "1"),
  startup(131_072, "user", "postgres"),
  untyped(80_877_103),
  untyped(80_877_104),
  untyped(80_877_102, int32(1), int32(2)),
  Buffer.concat([untyped(80_877_104), untyped(80_877_103), START]),
];
const value = (bytes: string | Buffer | null): Buffer =>
  bytes === null ? int32(-1) : Buffer.concat([int32(bytes.length), Buffer.from(bytes)]);
const parse = (name: string, sql: string, ...types: number[]) =>
  message("P", text(name), text(sql), int16(types.length), ...types.map(int32));
const bind = (portal: string, name: string, formats: number[], values: (string | Buffer | null)[], results: number[]) =>
  message(
    "B",
    text(portal),
    text(name),
    int16(formats.length),
    ...formats.map(int16),
    int16(values.length),
    ...values.map(value),
    int16(results.length),
    ...results.map(int16),
  );
const execute = (portal: string, rows: number) => message("E", text(portal), int32(rows));
const query = (sql: string) => message("Q", text(sql));
const SYNC = message("S");

const MESSAGES: readonly Buffer[] = [
  query("select 1"), query(""), query(" ; ;"), query("select id, t from target order by 1"), query("begin; select 1; commit"),
  query("select 1; select nothing; select 2"), query("begin"), query("rollback"), query("commit"), query("set client_encoding = 'LATIN1'"),
  query("listen c; notify c, 'x'"), query("copy target to stdout"), query("copy (select 1, null, 'ä') to stdout (format binary)"),
  query("create temp table w (a int, b text)"), query("copy pg_temp.w from stdin"), query("copy pg_temp.w from stdin (format binary)"),
  query("select g, repeat('x', 100) from generate_series(1, 2000) g"), query("declare k cursor with hold for select generate_series(1, 9)"),
  query("fetch 3 k"), query("prepare p (int) as select $1 + 1"), query("execute p (1)"), query("select $1"), query("select '\u00e9\u4e2d\ud83d\ude00'"),
  parse("", "select 1"), parse("s", "select $1::int + $2::int", 23, 23), parse("s", "select $1"), parse("t", "select t from target where id = $1"),
  parse("bad", "selec"), parse("many", "select generate_series(1, 100)"), parse("c", "copy pg_temp.w from stdin"), parse("", "select $1::numeric, $2::jsonb, $3::text[], $4::timestamptz"),
  bind("", "", [], [], []), bind("", "s", [], ["1", "2"], []), bind("p", "s", [1], [int32(1), int32(2)], [1]), bind("", "s", [1, 0], [int32(1), "x"], [0]),
  bind("m", "many", [], [], [0]), bind("", "t", [0], ["1"], [1]), bind("", "", [1], [int16(1), Buffer.of(1, 123, 125), Buffer.alloc(12), Buffer.alloc(8)], [1]),
  bind("", "", [0], ["1e5", "{}", "{a,NULL}", "now"], [0, 1, 0, 1]), bind("", "nosuch", [], [], []), bind("x", "c", [], [], []), bind("", "s", [7], ["1", null], []),
  execute("", 0), execute("p", 0), execute("m", 7), execute("m", 0), execute("x", 0), execute("nosuch", 1), execute("", -1),
  message("D", Buffer.from("S"), text("s")), message("D", Buffer.from("P"), text("")), message("D", Buffer.from("Q"), text("")), message("D", Buffer.from("S"), text("nosuch")),
  message("C", Buffer.from("S"), text("s")), message("C", Buffer.from("P"), text("m")), message("C", Buffer.from("Z"), text("")),
  SYNC, SYNC, SYNC, message("H"), message("X"), message("d", Buffer.from("1\ta\n2\tb\n")), message("d", Buffer.from("PGCOPY\n\u00ff\r\n\0", "latin1"), int32(0), int32(0)), message("d", Buffer.from("\\.\n")),
  message("c"), message("f", text("no more")), message("F", int32(1299), int16(0), int16(0), int16(0)), message("p", text("password")),
  message("p", text("SCRAM-SHA-256"), value("n,,n=,r=abc")), message("v", int32(0)), message("\0"), message("~", Buffer.alloc(100)),
]; // biome-ignore format: a list

/** An endless row of inputs; the same for the same seed. */
export class WireInputs {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  next(): WireInput {
    const start = this.#chance(0.85) ? START : this.#one(STARTS);
    const messages = [start, ...Array.from({ length: this.#below(8) }, () => this.#one(MESSAGES))];
    const changes = this.#chance(0.3) ? 0 : 1 + this.#below(3);
    for (let i = 0; i < changes; i++) this.#change(messages);
    return { pieces: this.#split(Buffer.concat(messages)), leaves: this.#chance(0.1) };
  }

  #change(messages: Buffer[]): void {
    const at = this.#chance(0.1) ? 0 : this.#below(messages.length);
    const chosen = Buffer.from(messages[at] as Buffer);
    const lengthAt = at === 0 ? 0 : 1;
    switch (this.#below(9)) {
      case 0: // cut short: what follows is read as its end
        messages[at] = chosen.subarray(0, this.#below(chosen.length + 1));
        break;
      case 1: // the length is somebody else's
        if (chosen.length >= lengthAt + 4)
          chosen.writeInt32BE(this.#one([0, 1, 3, 4, 5, 7, -1, -(2 ** 31), 2 ** 31 - 1, 2 ** 28, 2 ** 16, 20_000]), lengthAt);
        messages[at] = chosen;
        break;
      case 2: // the length is a little wrong
        if (chosen.length >= lengthAt + 4) chosen.writeInt32BE((chosen.readInt32BE(lengthAt) + this.#below(9) - 4) | 0, lengthAt);
        messages[at] = chosen;
        break;
      case 3: // other bytes
        for (let n = 1 + this.#below(4); n > 0 && chosen.length > 0; n--) chosen[this.#below(chosen.length)] = this.#below(256);
        messages[at] = chosen;
        break;
      case 4: // another type
        if (at > 0 && chosen.length > 0) chosen[0] = this.#below(256);
        messages[at] = chosen;
        break;
      case 5: // garbage between
        messages.splice(at, 0, Buffer.from(Array.from({ length: this.#below(64) }, () => this.#below(256))));
        break;
      case 6: // the same again
        messages.splice(at, 0, chosen);
        break;
      case 7: // another order
        messages.splice(this.#below(messages.length), 0, ...messages.splice(at, 1));
        break;
      case 8: // the body is shorter, and the length says so
        if (at > 0 && chosen.length > 5) {
          const kept = chosen.subarray(0, 5 + this.#below(chosen.length - 5));
          kept.writeInt32BE(kept.length - 1, 1);
          messages[at] = kept;
        }
    }
  }

  #split(bytes: Buffer): Buffer[] {
    if (this.#chance(0.5)) return [bytes];
    const pieces: Buffer[] = [];
    const largest = this.#one([1, 2, 7, 50, 300]);
    for (let at = 0; at < bytes.length; ) {
      // Many small pieces take long: the rest comes at once.
      const size = pieces.length > 200 ? bytes.length : 1 + this.#below(largest);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    return pieces;
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }
  #chance(share: number): boolean {
    return this.#random() < share;
  }
  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
  /** mulberry32 */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
