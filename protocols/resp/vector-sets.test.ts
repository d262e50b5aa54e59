/** Vector sets: replies and errors as the documentation of Redis 8 has them (Redis 7.0, our measure, knows none of these commands). */
import { afterAll, beforeAll, expect, test } from "vitest";
import { listenForTests, type RespListener } from "../../test/support/resp-listener.js";

let listener: RespListener;
beforeAll(async () => {
  listener = await listenForTests();
});
afterAll(() => listener.close());

type Ask = (...words: (string | Buffer)[]) => string;
function client(): Ask {
  let received = "";
  const session = listener.server.connect({
    write: (bytes) => {
      received += Buffer.from(bytes).toString("latin1");
      return true;
    },
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
  });
  return (...words) => {
    received = "";
    const parts = words.flatMap((w) => {
      const bytes = Buffer.from(w);
      return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")];
    });
    session.data(Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]));
    return received.replaceAll("\r\n", " ").trim();
  };
}
const line = (ask: Ask, text: string) => ask(...text.split(" "));
const floats = (...values: number[]) => Buffer.from(new Float32Array(values).buffer);
/** The bulk strings of a reply in RESP2. */
const bulks = (reply: string) => [...reply.matchAll(/\$\d+ (\S+)/g)].map((m) => m[1] as string);

test.each([
  ["VADD v VALUES 3 1 0 a", "-ERR invalid vector specification"],
  ["VADD v VALUES 3 1 0 0", "-ERR wrong number of arguments for 'vadd' command"],
  ["VADD v VALUES 3 1 0 x a", "-ERR invalid vector specification"],
  ["VADD v VALUES 3 1 0 nan a", "-ERR invalid vector specification"],
  ["VADD v VALUES 65537 1 0 0 a", "-ERR invalid vector specification"],
  ["VADD v FP32 abc a", "-ERR invalid vector specification"],
  ["VADD v REDUCE 4 VALUES 3 1 0 0 a", "-ERR invalid vector specification"],
  ["VADD v VALUES 2 1 0 a EF 0", "-ERR invalid EF"],
  ["VADD v VALUES 2 1 0 a EF 1000001", "-ERR invalid EF"],
  ["VADD v VALUES 2 1 0 a M 3", "-ERR invalid M"],
  ["VADD v VALUES 2 1 0 a M 4097", "-ERR invalid M"],
  ["VADD v VALUES 2 1 0 a WHAT", "-ERR invalid option after element"],
  ["VADD text VALUES 2 1 0 a", "-WRONGTYPE Operation against a key holding the wrong kind of value"],
  ["VADD known VALUES 2 1 0 z", "-ERR Vector dimension mismatch - got 2 but set has 3"],
  ["VADD known VALUES 3 1 0 0 z BIN", "-ERR asked quantization mismatch with existing vector set"],
  ["VADD known VALUES 3 1 0 0 z M 32", "-ERR asked M value mismatch with existing vector set"],
  ["VSIM absent VALUES 3 1 0 0", "*0"],
  ["VSIM text ELE a", "-WRONGTYPE Operation against a key holding the wrong kind of value"],
  ["VSIM known ELE nobody", "-ERR element not found in set"],
  ["VSIM known VALUES 2 1 0", "-ERR Vector dimension mismatch - got 2 but set has 3"],
  ["VSIM known WHAT 1 0", "-ERR invalid vector specification"],
  ["VSIM known ELE a COUNT 0", "-ERR invalid COUNT"],
  ["VSIM known ELE a EPSILON 0", "-ERR invalid EPSILON"],
  ["VSIM known ELE a EF x", "-ERR invalid EF"],
  ["VSIM known ELE a FILTER-EF -1", "-ERR invalid FILTER-EF"],
  ["VSIM known ELE a FILTER .x==", "-ERR syntax error in FILTER expression near: .x=="],
  ["VSIM known ELE a WHAT", "-ERR syntax error in VSIM command"],
  ["VDIM absent", "-ERR key does not exist"],
  ["VDIM known", ":3"],
  ["VCARD absent", ":0"],
  ["VCARD known", ":2"],
  ["VCARD text", "-WRONGTYPE Operation against a key holding the wrong kind of value"],
  ["VREM absent a", ":0"],
  ["VREM known nobody", ":0"],
  ["VEMB absent a", "$-1"],
  ["VEMB known nobody", "$-1"],
  ["VEMB known a RAV", "-ERR invalid option"],
  ["VGETATTR absent a", "$-1"],
  ["VGETATTR known b", "$-1"],
  ["VSETATTR absent a {}", ":0"],
  ["VSETATTR known nobody {}", ":0"],
  ["VISMEMBER absent a", ":0"],
  ["VISMEMBER known a", ":1"],
  ["VLINKS absent a", "$-1"],
  ["VLINKS known a SCORES", "-ERR wrong number of arguments for 'vlinks' command"],
  ["VINFO absent", "*-1"],
  ["VRANDMEMBER absent", "$-1"],
  ["VRANDMEMBER absent 3", "*0"],
  ["VRANDMEMBER known 0", "*0"],
  ["VRANDMEMBER known x", "-ERR COUNT value is not an integer"],
  ["VRANGE absent - +", "*0"],
  ["VRANGE known - + x", "-ERR invalid COUNT value"],
  ["VRANGE known a +", "-ERR invalid start range format"],
  ["VRANGE known - b", "-ERR invalid end range format"],
  ["VRANGE known + -", "-ERR '-' can only be used as first argument, '+' only as second"],
  ["TYPE known", "+vectorset"],
])("%s answers %s", (command, answer) => {
  const ask = client();
  line(ask, "SET text x");
  ask("VADD", "known", "FP32", floats(1, 0, 0), "a");
  line(ask, "VADD known VALUES 3 0 1 0 b");
  expect(line(ask, command)).toBe(answer);
});

test("what is added is found, by likeness", () => {
  const ask = client();
  expect(line(ask, "VADD pets VALUES 2 1 0 cat NOQUANT")).toBe(":1");
  expect(line(ask, "VADD pets VALUES 2 3 0 lion NOQUANT")).toBe(":1");
  expect(line(ask, "VADD pets VALUES 2 0 2 dog NOQUANT")).toBe(":1");
  expect(line(ask, "VADD pets VALUES 2 -1 0 fish NOQUANT CAS EF 50")).toBe(":1");
  expect(line(ask, "VSIM pets VALUES 2 5 0")).toBe("*4 $3 cat $4 lion $3 dog $4 fish");
  expect(line(ask, "VSIM pets ELE cat WITHSCORES COUNT 3 NOTHREAD")).toBe("*6 $3 cat $1 1 $4 lion $1 1 $3 dog $3 0.5");
  expect(line(ask, "VSIM pets ELE cat EPSILON 0.4")).toBe("*2 $3 cat $4 lion");
  expect(line(ask, "VSIM pets VALUES 2 5 0 TRUTH EF 20 COUNT 1")).toBe("*1 $3 cat");
  expect(line(ask, "VEMB pets lion")).toBe("*2 $1 3 $1 0");
  // An element that is there already gets the new vector and keeps its attributes.
  expect(line(ask, 'VSETATTR pets dog {"legs":4}')).toBe(":1");
  expect(line(ask, "VADD pets VALUES 2 1 1 dog NOQUANT")).toBe(":0");
  expect(line(ask, "VGETATTR pets dog")).toBe('$10 {"legs":4}');
  expect(line(ask, "VSIM pets VALUES 2 1 1 COUNT 1 WITHATTRIBS")).toBe('*2 $3 dog $10 {"legs":4}');
  expect(line(ask, "VSIM pets VALUES 2 1 0 COUNT 1 WITHATTRIBS WITHSCORES")).toBe("*3 $3 cat $1 1 $-1");
  expect(line(ask, "VCARD pets")).toBe(":4");
  expect(line(ask, "VREM pets cat")).toBe(":1");
  expect(line(ask, "VREM pets cat")).toBe(":0");
  for (const name of ["lion", "dog", "fish"]) line(ask, `VREM pets ${name}`);
  expect(line(ask, "EXISTS pets")).toBe(":0");
});

test("RESP3 gives maps, booleans and doubles", () => {
  const ask = client();
  line(ask, "HELLO 3");
  expect(line(ask, "VADD three VALUES 2 1 0 a NOQUANT")).toBe("#t");
  expect(line(ask, 'VADD three VALUES 2 0 1 b NOQUANT SETATTR {"n":1}')).toBe("#t");
  expect(line(ask, "VSIM three ELE a")).toBe("*2 $1 a $1 b");
  expect(line(ask, "VSIM three ELE a WITHSCORES")).toBe("%2 $1 a ,1 $1 b ,0.5");
  expect(line(ask, "VSIM three ELE b WITHSCORES WITHATTRIBS")).toBe('%2 $1 b *2 ,1 $7 {"n":1} $1 a *2 ,0.5 _');
  expect(line(ask, "VEMB three a")).toBe("*2 ,1 ,0");
  expect(line(ask, "VLINKS three a WITHSCORES")).toBe("*1 %1 $1 b ,0.5");
  expect(line(ask, "VISMEMBER three c")).toBe("#f");
  expect(line(ask, "VINFO absent")).toBe("_");
});

test("VEMB gives back what quantization left, RAW the bytes of it", () => {
  const ask = client();
  line(ask, "VADD q VALUES 4 1 -2 3 0.5 a");
  const values = bulks(line(ask, "VEMB q a")).map(Number);
  [1, -2, 3, 0.5].forEach((v, i) => expect(Math.abs((values[i] as number) - v)).toBeLessThan(0.02));
  const raw = line(ask, "VEMB q a RAW");
  expect(raw.startsWith("*4 +int8 $4 ")).toBe(true);
  expect([...Buffer.from(raw.slice(12, 16), "latin1")]).toEqual([42, 171, 127, 21]); // 171: -85
  expect(Number(bulks(raw).at(-2))).toBeCloseTo(Math.sqrt(14.25), 5);
  line(ask, "VADD f VALUES 2 3 4 a NOQUANT");
  expect(line(ask, "VEMB f a RAW")).toBe(`*3 +f32 $8 ${floats(0.6, 0.8).toString("latin1")} $1 5`);
  line(ask, "VADD b VALUES 3 5 -5 0.1 a BIN");
  expect(line(ask, "VEMB b a")).toBe("*3 $1 1 $2 -1 $1 1");
  expect(line(ask, "VEMB b a RAW").startsWith("*3 +bin $8 \x05\0\0\0\0\0\0\0 $")).toBe(true);
  line(ask, "VADD b VALUES 3 5 5 0.1 c BIN");
  expect(line(ask, "VSIM b VALUES 3 1 1 1 WITHSCORES COUNT 1")).toBe("*2 $1 c $1 1");
});

test("REDUCE keeps fewer dimensions and takes whole vectors", () => {
  const ask = client();
  expect(line(ask, "VADD r REDUCE 2 VALUES 4 1 0 0 0 a")).toBe(":1");
  expect(line(ask, "VADD r REDUCE 2 VALUES 4 0 1 0 0 b")).toBe(":1");
  expect(line(ask, "VDIM r")).toBe(":2");
  expect(line(ask, "VADD r VALUES 4 0 1 0 0 c")).toBe("-ERR Vector dimension mismatch - got 4 but set has 2");
  expect(line(ask, "VADD r REDUCE 2 VALUES 3 0 1 0 c")).toBe(
    "-ERR Input dimension mismatch for projection - got 3 but projection expects 4",
  );
  expect(bulks(line(ask, "VSIM r VALUES 4 1 0 0 0"))[0]).toBe("a");
  expect(line(ask, "VSIM r VALUES 3 1 0 0")).toBe("-ERR Input dimension mismatch for projection - got 3 but projection expects 4");
  expect(line(ask, "VINFO r")).toMatch(
    /^\*18 \+quant-type \+int8 \+hnsw-m :16 \+vector-dim :2 \+projection-input-dim :4 \+size :2 \+max-level :0 \+attributes-count :0 \+vset-uid :\d+ \+hnsw-max-node-uid :2$/,
  );
});

const people = {
  alice: '{"age": 25, "name": "Alice", "active": true, "scores": [85, 90, 95], "city": "New York", "deep": {"a": [1, {"b": 2}]}}',
  bob: '{"age": 30, "name": "Bob", "active": false, "scores": [70, 75, 80], "city": "Boston", "note": null}',
  charlie: '{"age": 35, "name": "Charlie \\"C\\" \\u00e9\\ud834\\udd1e", "scores": [60, 65, 70], "city": "Seattle"}',
  nobody: undefined,
  broken: "invalid json",
  cut: '{"age": 25, "name": "Al',
};
test.each<readonly [string, string]>([
  [".age == 25", "alice"],
  [".age > 25", "bob charlie"],
  [".age <= 30", "alice bob"],
  [".age >= 30 && .age != 30", "charlie"],
  ['.name == "Alice"', "alice"],
  [".name != 'Alice'", "bob charlie"],
  [".active", "alice"],
  ["!.active", "bob"],
  ["not .active or .age > 20", "alice bob"], // charlie has no such attribute
  [".age > 20 and .age < 30", "alice"],
  [".age < 30 || .age > 34", "alice charlie"],
  ["!(.age == 25)", "bob charlie"],
  ["!!.age", "alice bob charlie"],
  [".age in [25, 35]", "alice charlie"],
  ['.name in ["Alice", "David"]', "alice"],
  ['"lic" in .name', "alice"],
  ['"" in .name', "alice bob charlie"],
  ['.name in ""', ""],
  ["90 in .scores", "alice"],
  ["70 in .scores", "bob charlie"],
  [".scores", "alice bob charlie"],
  [".scores == .scores", ""],
  [".age + 10 > 40", "charlie"],
  [".age * 2 - 10 > 50 - 1", "bob charlie"],
  [".age / 5 == 5", "alice"],
  [".age % 2 == 0", "bob"],
  [".age ** 2 > 900", "charlie"],
  ["2 ** 3 ** 2 == 512 and .age", "alice bob charlie"],
  ["(.age - 30) ** 2 < 25", "bob"],
  [".age == -5 + 30", "alice"],
  [".age - 5 == 20", "alice"],
  [".age -5 == 20", "alice"],
  ['.age == "25"', "alice"],
  [".deep", ""],
  [".note", ""],
  [".missing == 1 or 1", ""],
  ["1", "alice bob charlie"],
  ["'\\x' == \"x\" and 1.5e1 == 15", "alice bob charlie"],
  ['.name == "Charlie \\"C\\" é𝄞"', "charlie"],
  ['(.age > 20 and .age < 40) and (.city == "Boston" or .city == "New York")', "alice bob"],
])("FILTER %s finds %s", (filter, found) => {
  const ask = client();
  Object.entries(people).forEach(([name, attributes], i) => {
    line(ask, `VADD people VALUES 2 1 ${i} ${name}`);
    if (attributes !== undefined) expect(ask("VSETATTR", "people", name, attributes)).toBe(":1");
  });
  expect(bulks(ask("VSIM", "people", "VALUES", "2", "1", "0", "FILTER", filter)).join(" ")).toBe(found);
});

test.each([
  "",
  " ",
  "1 +",
  "(1",
  "1)",
  ".",
  ".a b",
  "[1",
  "1 2",
  '"a',
  "and",
  "1 === 1",
  "foo",
  "1 in [.a]",
  `${"(".repeat(1000)}1`,
  "!".repeat(100_000),
])("FILTER %s is no expression", (filter) => {
  const ask = client();
  line(ask, "VADD one VALUES 1 1 a");
  expect(ask("VSIM", "one", "ELE", "a", "FILTER", filter)).toMatch(/^-ERR syntax error in FILTER expression near:/);
});

test("names come in their order, and by chance", () => {
  const ask = client();
  const names = ["apple", "apricot", "banana", "cherry", "date"];
  for (const name of [...names].reverse()) line(ask, `VADD fruit VALUES 1 1 ${name}`);
  const range = (text: string) => bulks(line(ask, `VRANGE fruit ${text}`)).join(" ");
  expect(range("- +")).toBe(names.join(" "));
  expect(range("[apple [cherry 2")).toBe("apple apricot");
  expect(range("(apple (cherry")).toBe("apricot banana");
  expect(range("[app [apr")).toBe("apple");
  expect(range("- + 0")).toBe("");
  expect(range("[date [apple")).toBe("");
  expect(names).toContain(bulks(line(ask, "VRANDMEMBER fruit"))[0]);
  expect(bulks(line(ask, "VRANDMEMBER fruit 3"))).toHaveLength(3);
  expect(new Set(bulks(line(ask, "VRANDMEMBER fruit 9")))).toEqual(new Set(names));
  const drawn = bulks(line(ask, "VRANDMEMBER fruit -40"));
  expect(drawn).toHaveLength(40);
  expect(new Set(drawn).size).toBeLessThanOrEqual(5);
});

test("keys with vector sets are copied, renamed, dumped, restored, scanned by type and used in transactions", () => {
  const ask = client();
  for (let i = 0; i < 300; i++) line(ask, `VADD many VALUES 3 ${Math.cos(i)} ${Math.sin(i)} ${i / 300} e${i} SETATTR {"i":${i}}`);
  const answers = () =>
    ["many", "copied", "back"].map((key) => line(ask, `VSIM ${key} VALUES 3 1 0.5 0.2 WITHSCORES WITHATTRIBS COUNT 20`));
  expect(line(ask, "COPY many copied")).toBe(":1");
  const payload = ask("DUMP", "many");
  const bytes = Buffer.from(payload.slice(payload.indexOf(" ") + 1), "latin1");
  // The reply's line ends were made blanks above, so the payload is taken where nothing replaces them.
  const received: Buffer[] = [];
  const session = listener.server.connect({
    write: (b) => received.push(Buffer.from(b)) > 0,
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
  });
  session.data(Buffer.from("DUMP many\r\n"));
  const reply = Buffer.concat(received);
  const dumped = reply.subarray(reply.indexOf("\r\n") + 2, reply.length - 2);
  expect(dumped.length).toBeGreaterThanOrEqual(bytes.length);
  expect(ask("RESTORE", "back", "0", dumped)).toBe("+OK");
  const [a, b, c] = answers();
  expect(a).toContain("e");
  expect(b).toBe(a);
  expect(c).toBe(a);
  for (let i = 0; i < 20; i++) {
    const damaged = Buffer.from(dumped);
    damaged[Math.floor((i / 20) * (damaged.length - 12))] = (damaged[Math.floor((i / 20) * (damaged.length - 12))] as number) ^ 0x55;
    expect(ask("RESTORE", "bad", "0", damaged, "REPLACE")).toMatch(/^-ERR/);
  }
  expect(line(ask, "RENAME copied moved")).toBe("+OK");
  expect(line(ask, "VSIM moved VALUES 3 1 0.5 0.2 WITHSCORES WITHATTRIBS COUNT 20")).toBe(a);
  expect(line(ask, "SCAN 0 TYPE vectorset COUNT 100000")).toContain("moved");
  line(ask, "MULTI");
  line(ask, "VADD many VALUES 3 -1 -1 -3 best");
  line(ask, "VSIM many VALUES 3 -1 -1 -3 COUNT 1");
  expect(line(ask, "EXEC")).toBe("*2 :1 *1 $4 best");
  expect(Number(line(ask, "MEMORY USAGE many").slice(1))).toBeGreaterThan(300 * 12);
  expect(ask("EVAL", "return redis.call('VCARD', KEYS[1])", "1", "many")).toBe(":301");
  expect(line(ask, "OBJECT ENCODING many")).toBe("$3 raw");
});

test("a large set answers through its graph as comparing all does, also after most of it changed", () => {
  const ask = client();
  const dimensions = 16;
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648 - 0.5;
  };
  const vector = () => floats(...Array.from({ length: dimensions }, random));
  for (let i = 0; i < 3000; i++) ask("VADD", "graph", "FP32", vector(), `e${i}`, "SETATTR", `{"i":${i}}`);
  for (let i = 0; i < 3000; i += 2) line(ask, `VREM graph e${i}`);
  for (let i = 0; i < 1000; i += 3) ask("VADD", "graph", "FP32", vector(), `e${i}`);
  const size = Number(line(ask, "VCARD graph").slice(1));
  expect(size).toBe(1500 + 167);
  let same = 0;
  for (let i = 0; i < 50; i++) {
    const query = vector();
    const exact = bulks(ask("VSIM", "graph", "FP32", query, "TRUTH"));
    const walked = new Set(bulks(ask("VSIM", "graph", "FP32", query)));
    same += exact.filter((e) => walked.has(e)).length;
    // As many as there are, however rare they are.
    expect(bulks(ask("VSIM", "graph", "FP32", query, "COUNT", "5", "FILTER", ".i >= 2990")).sort()).toEqual([
      "e2991",
      "e2993",
      "e2995",
      "e2997",
      "e2999",
    ]);
  }
  expect(same).toBeGreaterThanOrEqual(490);
  expect(bulks(ask("VSIM", "graph", "FP32", vector(), "COUNT", "5000"))).toHaveLength(size);
  expect(line(ask, "VLINKS graph e1")).toMatch(/^\*\d+ \*\d+ /);
  expect(Number(/\+max-level :(\d+)/.exec(line(ask, "VINFO graph"))?.[1])).toBeGreaterThan(0);
});
