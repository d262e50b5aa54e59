import { beforeAll, describe, expect, it } from "vitest";
import { ArrayValue, type Datum, type DbError, TypeOid } from "../../types/index.js";
import { registry } from "../index.js";
import { call, testContext } from "../testing.js";
import { defineVector, parseHnswOptions, parseVector, vectorType } from "./index.js";

beforeAll(() => {
  if (registry.typeByName("vector") === undefined) defineVector(registry);
});

const v = (...values: number[]) => Float32Array.from(values);
function failure(run: () => unknown): readonly [string, string, string?] {
  try {
    run();
  } catch (error) {
    const { sqlstate, message, detail } = (error as DbError).fields;
    return detail === undefined ? [sqlstate, message] : [sqlstate, message, detail];
  }
  throw new Error("did not fail");
}
const text = (value: Datum) => vectorType.output(value as Float32Array, testContext);

describe("vector text", () => {
  it.each([
    ["[1,2,3]", "[1,2,3]"],
    ["[-1,-2,-3]", "[-1,-2,-3]"],
    ["[1.,2.,3.]", "[1,2,3]"],
    [" [ 1,  2 ,    3  ] ", "[1,2,3]"],
    ["[1.23456]", "[1.23456]"],
    ["[1e37,-1e37]", "[1e+37,-1e+37]"],
    ["[1e-37]", "[1e-37]"],
    ["[1e-46,1]", "[0,1]"],
    ["[-1e-46,1]", "[-0,1]"],
    ["[1234567]", "[1.234567e+06]"],
    ["[0.1]", "[0.1]"],
    ["[+1,.5,-.5e1]", "[1,0.5,-5]"],
    ["\t\n\v\f\r [1]\t\n\v\f\r ", "[1]"],
    // Rounded to a double first they would be ties.
    ["[1.00000017881393432617187501]", "[1.0000002]"],
    ["[1.00000017881393432617187499]", "[1.0000001]"],
    ["[7.0064923216240853546186479164495e-46]", "[0]"],
    ["[7.0064923216240853546186479164496e-46]", "[1e-45]"],
    ["[340282356779733661637539395458142568447]", "[3.4028235e+38]"],
    ["[1e-400,0e400]", "[0,0]"],
  ])("reads %s", (input, output) => {
    expect(text(parseVector(input, -1))).toBe(output);
  });
  it.each([
    ["[hello,1]", "22P02", 'invalid input syntax for type vector: "[hello,1]"', undefined],
    ["[NaN,1]", "22000", "NaN not allowed in vector", undefined],
    ["[Infinity,1]", "22000", "infinite value not allowed in vector", undefined],
    ["[-Infinity,1]", "22000", "infinite value not allowed in vector", undefined],
    ["[4e38,1]", "22003", '"4e38" is out of range for type vector', undefined],
    [
      "[340282356779733661637539395458142568448]",
      "22003",
      '"340282356779733661637539395458142568448" is out of range for type vector',
      undefined,
    ],
    ["[1\u00a0]", "22P02", 'invalid input syntax for type vector: "[1\u00a0]"', undefined],
    ["[\u0131]", "22P02", 'invalid input syntax for type vector: "[\u0131]"', undefined],
    ["[1e]", "22P02", 'invalid input syntax for type vector: "[1e]"', undefined],
    ["[-4e38,1]", "22003", '"-4e38" is out of range for type vector', undefined],
    ["[1,2,3", "22P02", 'invalid input syntax for type vector: "[1,2,3"', undefined],
    ["[1,2,3]9", "22P02", 'invalid input syntax for type vector: "[1,2,3]9"', "Junk after closing right brace."],
    ["1,2,3", "22P02", 'invalid input syntax for type vector: "1,2,3"', 'Vector contents must start with "[".'],
    ["", "22P02", 'invalid input syntax for type vector: ""', 'Vector contents must start with "[".'],
    ["[", "22P02", 'invalid input syntax for type vector: "["', undefined],
    ["[ ", "22P02", 'invalid input syntax for type vector: "[ "', undefined],
    ["[,", "22P02", 'invalid input syntax for type vector: "[,"', undefined],
    ["[]", "22000", "vector must have at least 1 dimension", undefined],
    ["[ ]", "22000", "vector must have at least 1 dimension", undefined],
    ["[,]", "22P02", 'invalid input syntax for type vector: "[,]"', undefined],
    ["[1,]", "22P02", 'invalid input syntax for type vector: "[1,]"', undefined],
    ["[1a]", "22P02", 'invalid input syntax for type vector: "[1a]"', undefined],
    ["[1,,3]", "22P02", 'invalid input syntax for type vector: "[1,,3]"', undefined],
    ["[1, ,3]", "22P02", 'invalid input syntax for type vector: "[1, ,3]"', undefined],
  ])("refuses %s", (input, sqlstate, message, detail) => {
    const [code, said, more] = failure(() => parseVector(input, -1));
    expect([code, said, more]).toEqual([sqlstate, message, detail]);
  });
  it("holds the modifier and the limit", () => {
    expect(failure(() => parseVector("[1,2,3]", 2))).toEqual(["22000", "expected 2 dimensions, not 3"]);
    expect(parseVector(`[${"1,".repeat(15999)}1]`, -1).length).toBe(16000);
    expect(failure(() => parseVector(`[${"1,".repeat(16000)}1]`, -1))).toEqual(["54000", "vector cannot have more than 16000 dimensions"]);
    expect(vectorType.parseModifier!(["3"])).toBe(3);
    expect(failure(() => vectorType.parseModifier!(["0"]))).toEqual(["22023", "dimensions for type vector must be at least 1"]);
    expect(failure(() => vectorType.parseModifier!(["16001"]))).toEqual(["22023", "dimensions for type vector cannot exceed 16000"]);
    expect(failure(() => vectorType.parseModifier!(["3", "2"]))).toEqual(["22023", "invalid type modifier"]);
    expect(vectorType.formatModifier(3)).toBe("(3)");
  });
});

describe("vector binary", () => {
  it("goes both ways", () => {
    const bytes = vectorType.send(v(1, -2.5));
    expect([...bytes]).toEqual([0, 2, 0, 0, 0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0]);
    expect(vectorType.receive(bytes, -1)).toEqual(v(1, -2.5));
  });
  it("refuses what is no vector", () => {
    expect(failure(() => vectorType.receive(Uint8Array.of(0, 0, 0, 0), -1))).toEqual(["22000", "vector must have at least 1 dimension"]);
    expect(failure(() => vectorType.receive(Uint8Array.of(0, 1, 0, 1, 0, 0, 0, 0), -1))).toEqual([
      "22000",
      "expected unused to be 0, not 1",
    ]);
    expect(failure(() => vectorType.receive(Uint8Array.of(0, 1, 0, 0, 0x7f, 0xc0, 0, 0), -1))).toEqual([
      "22000",
      "NaN not allowed in vector",
    ]);
    expect(failure(() => vectorType.receive(Uint8Array.of(0, 1, 0, 0, 0), -1))[0]).toBe("08P01");
    expect(failure(() => vectorType.receive(vectorType.send(v(1, 2)), 3))).toEqual(["22000", "expected 3 dimensions, not 2"]);
  });
});

// pgvector's own regression values.
describe("vector functions", () => {
  it.each([
    ["l2_distance(vector,vector)", [v(0, 0), v(3, 4)], 5],
    ["l2_distance(vector,vector)", [v(3e38), v(-3e38)], Number.POSITIVE_INFINITY],
    ["l2_distance(vector,vector)", [v(1, 1, 1, 1, 1, 1, 1, 1, 1), v(1, 1, 1, 1, 1, 1, 1, 4, 5)], 5],
    ["inner_product(vector,vector)", [v(1, 2), v(3, 4)], 11],
    ["inner_product(vector,vector)", [v(3e38), v(3e38)], Number.POSITIVE_INFINITY],
    ["vector_negative_inner_product(vector,vector)", [v(1, 2), v(3, 4)], -11],
    ["cosine_distance(vector,vector)", [v(1, 2), v(2, 4)], 0],
    ["cosine_distance(vector,vector)", [v(1, 2), v(0, 0)], Number.NaN],
    ["cosine_distance(vector,vector)", [v(1, 1), v(-1, -1)], 2],
    ["cosine_distance(vector,vector)", [v(1, 0), v(0, 2)], 1],
    ["cosine_distance(vector,vector)", [v(3e38), v(3e38)], Number.NaN],
    ["l1_distance(vector,vector)", [v(0, 0), v(3, 4)], 7],
    ["l1_distance(vector,vector)", [v(3e38), v(-3e38)], Number.POSITIVE_INFINITY],
    ["vector_norm(vector)", [v(3, 4)], 5],
    ["vector_norm(vector)", [v(3e37, 4e37)], 5.000000020638463e37],
    ["vector_dims(vector)", [v(1, 2, 3)], 3],
    ["vector_cmp(vector,vector)", [v(1, 2), v(1, 2, 3)], -1],
    ["vector_lt(vector,vector)", [v(1, 2, 3), v(2, 3)], true],
    ["vector_spherical_distance(vector,vector)", [v(1, 0), v(0, 1)], 0.5],
  ] as [string, Float32Array[], Datum][])("%s of %j", (id, args, expected) => {
    const result = call(id, ...args);
    if (id.startsWith("vector_norm")) expect(result).toBeCloseTo(expected as number, -31);
    else expect(result).toEqual(expected);
  });
  it("does arithmetic", () => {
    expect(text(call("vector_add(vector,vector)", v(1, 2, 3), v(4, 5, 6)))).toBe("[5,7,9]");
    expect(text(call("vector_sub(vector,vector)", v(1, 2, 3), v(4, 5, 6)))).toBe("[-3,-3,-3]");
    expect(text(call("vector_mul(vector,vector)", v(1, 2, 3), v(4, 5, 6)))).toBe("[4,10,18]");
    expect(text(call("vector_concat(vector,vector)", v(1, 2), v(3)))).toBe("[1,2,3]");
    expect(text(call("l2_normalize(vector)", v(3, 4)))).toBe("[0.6,0.8]");
    expect(text(call("l2_normalize(vector)", v(0, 0)))).toBe("[0,0]");
    expect(failure(() => call("vector_add(vector,vector)", v(3e38), v(3e38)))).toEqual(["22003", "value out of range: overflow"]);
    expect(failure(() => call("vector_mul(vector,vector)", v(1e-37), v(1e-37)))).toEqual(["22003", "value out of range: underflow"]);
    expect(failure(() => call("vector_add(vector,vector)", v(1), v(1, 2)))).toEqual(["22000", "different vector dimensions 1 and 2"]);
    expect(failure(() => call("l2_distance(vector,vector)", v(1, 2), v(3)))).toEqual(["22000", "different vector dimensions 2 and 1"]);
    expect(failure(() => call("vector_concat(vector,vector)", new Float32Array(16000), v(1)))).toEqual([
      "54000",
      "vector cannot have more than 16000 dimensions",
    ]);
  });
  it.each([
    [1, 3, "[1,2,3]"],
    [3, 2, "[3,4]"],
    [-1, 3, "[1]"],
    [1, 2147483647, "[1,2,3,4,5]"],
    [3, 3, "[3,4,5]"],
    [0, 2, "[1]"],
  ])("subvector from %d for %d", (start, count, expected) => {
    expect(text(call("subvector(vector,int4,int4)", v(1, 2, 3, 4, 5), start, count))).toBe(expected);
  });
  it.each([
    [-1, 2],
    [6, 1],
    [1, 0],
    [1, -2147483648],
    [2147483647, 10],
    [-2147483648, 2147483647],
  ])("subvector(%d, %d) is empty", (start, count) => {
    expect(failure(() => call("subvector(vector,int4,int4)", v(1, 2, 3, 4, 5), start, count))).toEqual([
      "22000",
      "vector must have at least 1 dimension",
    ]);
  });
  it("aggregates", () => {
    const run = (id: string, rows: Float32Array[]) => {
      const body = registry.aggregateBody(id);
      return body.finish(
        testContext,
        rows.reduce((state: unknown, row) => body.step(testContext, state, row), body.create()),
      );
    };
    expect(run("avg(vector)", [v(1, 2, 3), v(3, 5, 7)])).toEqual(v(2, 3.5, 5));
    expect(run("avg(vector)", [])).toBeNull();
    expect(run("avg(vector)", [v(3e38), v(3e38)])).toEqual(v(3e38));
    const numbers = (...values: number[]) => new ArrayValue(TypeOid.float8, values);
    expect(call("vector_accum(_float8,vector)", numbers(0), v(1, 2))).toEqual(numbers(1, 1, 2));
    expect(call("vector_combine(_float8,_float8)", numbers(1, 2, 3), numbers(2, 3, 4))).toEqual(numbers(3, 5, 7));
    expect(call("vector_avg(_float8)", numbers(2, 4, 6))).toEqual(v(2, 3));
    expect(call("vector_avg(_float8)", numbers(0))).toBeNull();
    expect(failure(() => run("avg(vector)", [v(1, 2), v(3)]))).toEqual(["22000", "expected 2 dimensions, not 1"]);
    expect(run("sum(vector)", [v(1, 2, 3), v(3, 5, 7)])).toEqual(v(4, 7, 10));
    expect(failure(() => run("sum(vector)", [v(3e38), v(3e38)]))).toEqual(["22003", "value out of range: overflow"]);
  });
  it("casts arrays", () => {
    const array = (...items: Datum[]) => new ArrayValue(TypeOid.float8, items);
    const cast = (value: ArrayValue, typmod: number) => call("array_to_vector(_float8,int4,bool)", value, typmod, true);
    expect(cast(array(1, 2, 3), -1)).toEqual(v(1, 2, 3));
    expect(failure(() => cast(array(1, 2, 3), 2))).toEqual(["22000", "expected 2 dimensions, not 3"]);
    expect(failure(() => cast(array(1, null), -1))).toEqual(["22004", "array must not contain nulls"]);
    expect(failure(() => cast(array(), -1))).toEqual(["22000", "vector must have at least 1 dimension"]);
    expect(failure(() => cast(array(4e38), -1))).toEqual(["22000", "infinite value not allowed in vector"]);
    expect(failure(() => cast(new ArrayValue(TypeOid.float8, [1, 2], [1, 2]), -1))).toEqual(["22000", "array must be 1-D"]);
    expect(call("vector_to_float4(vector,int4,bool)", v(1, 2), -1, false)).toEqual(new ArrayValue(TypeOid.float4, [1, 2]));
    expect(registry.cast(TypeOid.vector, TypeOid.float4Array)?.context).toBe("implicit");
  });
  it("has arrays of vectors", () => {
    const type = registry.typeByName("_vector")!;
    const value = type.input('{"[1,2]","[3]"}', -1, testContext);
    expect(type.output(value as ArrayValue, testContext)).toBe('{"[1,2]",[3]}');
  });
});

describe("hnsw options", () => {
  it("has pgvector's defaults and limits", () => {
    expect(parseHnswOptions({})).toEqual({ m: 16, efConstruction: 64, quantization: "none" });
    expect(failure(() => parseHnswOptions({ m: "1" }))).toEqual([
      "22023",
      'value 1 out of bounds for option "m"',
      'Valid values are between "2" and "100".',
    ]);
    expect(failure(() => parseHnswOptions({ ef_construction: "1001" }))).toEqual([
      "22023",
      'value 1001 out of bounds for option "ef_construction"',
      'Valid values are between "4" and "1000".',
    ]);
    expect(failure(() => parseHnswOptions({ m: "16", ef_construction: "31" }))).toEqual([
      "XX000",
      "ef_construction must be greater than or equal to 2 * m",
    ]);
    expect(failure(() => parseHnswOptions({ lists: "1" }))).toEqual(["22023", 'unrecognized parameter "lists"']);
  });
});
