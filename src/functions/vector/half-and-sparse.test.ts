import { beforeAll, describe, expect, it } from "vitest";
import { type Datum, type DbError, type SparseVector, TypeOid } from "../../types/index.js";
import { registry } from "../index.js";
import { call, testContext } from "../testing.js";
import { halfFromBits, halfToBits, roundToHalf } from "./half.js";
import { defineVector, halfvecType, parseSparse, sparsevecType } from "./index.js";

beforeAll(() => {
  if (registry.typeByName("halfvec") === undefined) defineVector(registry);
});

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const { sqlstate, message, detail } = (error as DbError).fields;
    return [sqlstate, message, ...(detail === undefined ? [] : [detail])].join("|");
  }
  throw new Error("did not fail");
}
const half = (text: string) => halfvecType.input(text, -1, testContext) as Float32Array;
const sparse = (text: string) => parseSparse(text, -1);
const show = (value: Datum) =>
  value instanceof Float32Array ? halfvecType.output(value, testContext) : sparsevecType.output(value as SparseVector, testContext);

describe("binary16", () => {
  it("every bit pattern goes through a number and back", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = halfFromBits(bits);
      if (Number.isNaN(value)) continue;
      expect(halfToBits(value)).toBe(bits);
      if (roundToHalf(value) !== value) throw new Error(`${bits} rounds to another`);
    }
  });
  it.each([
    [1.23456, 1.234375],
    [65519, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [-1e-8, -0],
    [2 ** -25, 0], // a tie, to even
    [1.5 * 2 ** -25, 2 ** -24],
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
  ])("%d rounds to %d", (value, expected) => {
    expect(roundToHalf(Math.fround(value))).toBe(expected);
  });
});

describe("halfvec", () => {
  it("has the text and binary form of pgvector", () => {
    expect(show(half(" [ 1.23456, -2 ,3] "))).toBe("[1.234375,-2,3]");
    const bytes = halfvecType.send(half("[1,-2]"));
    expect([...bytes]).toEqual([0, 2, 0, 0, 0x3c, 0, 0xc0, 0]);
    expect(halfvecType.receive(bytes, 2)).toEqual(half("[1,-2]"));
  });
  it.each([
    ["[65520]", '22003|"65520" is out of range for type halfvec'],
    ["[NaN]", "22000|NaN not allowed in halfvec"],
    ["[]", "22000|halfvec must have at least 1 dimension"],
    ["[1,2", '22P02|invalid input syntax for type halfvec: "[1,2"'],
  ])("refuses %s", (text, expected) => {
    expect(failure(() => half(text))).toBe(expected);
  });
  it("computes in halves", () => {
    expect(show(call("halfvec_add(halfvec,halfvec)", half("[1,2]"), half("[0.0001,3]")))).toBe("[1,5]");
    expect(failure(() => call("halfvec_add(halfvec,halfvec)", half("[65504]"), half("[65504]")))).toBe(
      "22003|value out of range: overflow",
    );
    expect(call("l2_norm(halfvec)", half("[3,4]"))).toBe(5);
    expect(failure(() => call("l2_distance(halfvec,halfvec)", half("[1]"), half("[1,2]")))).toBe(
      "22000|different halfvec dimensions 1 and 2",
    );
    expect(failure(() => call("vector_to_halfvec(vector,int4,bool)", Float32Array.of(70000), -1, true))).toBe(
      '22003|"70000" is out of range for type halfvec',
    );
  });
});

describe("sparsevec", () => {
  it.each([
    ["{1:1.5,3:3.5}/5", "{1:1.5,3:3.5}/5"],
    [" { 1 : 1.5 ,  3  :  3.5  } / 5 ", "{1:1.5,3:3.5}/5"],
    ["{1:0,2:1,3:0}/3", "{2:1}/3"],
    ["{2:1,1:1}/2", "{1:1,2:1}/2"],
    ["{}/5", "{}/5"],
  ])("reads %s", (text, expected) => {
    expect(show(sparse(text))).toBe(expected);
  });
  it.each([
    ["{1:hello,2:1}/2", '22P02|invalid input syntax for type sparsevec: "{1:hello,2:1}/2"'],
    ["{1:NaN}/2", "22000|NaN not allowed in sparsevec"],
    ["{1:4e38}/2", '22003|"4e38" is out of range for type sparsevec'],
    ["1:1", '22P02|invalid input syntax for type sparsevec: "1:1"|Vector contents must start with "{".'],
    ["{}", '22P02|invalid input syntax for type sparsevec: "{}"|Unexpected end of input.'],
    ["{}/1a", '22P02|invalid input syntax for type sparsevec: "{}/1a"|Junk after closing.'],
    ["{1:1,}/1", '22P02|invalid input syntax for type sparsevec: "{1:1,}/1"'],
    ["{1:1,1:1}/2", "22000|sparsevec indices must not contain duplicates"],
    ["{0:1}/1", "22000|sparsevec index out of bounds"],
    ["{2147483648:1}/1", "22000|sparsevec index out of bounds"],
    ["{}/0", "22000|sparsevec must have at least 1 dimension"],
    ["{}/9223372036854775808", "54000|sparsevec cannot have more than 1000000000 dimensions"],
  ])("refuses %s", (text, expected) => {
    expect(failure(() => sparse(text))).toBe(expected);
  });
  it("goes both ways in binary and refuses what is no sparsevec", () => {
    const value = sparse("{1:1.5,3:-2}/5");
    const bytes = sparsevecType.send(value);
    expect(show(sparsevecType.receive(bytes, -1))).toBe("{1:1.5,3:-2}/5");
    const swapped = bytes.slice();
    swapped[15] = 2;
    swapped[19] = 0;
    expect(failure(() => sparsevecType.receive(swapped, -1))).toBe("22000|sparsevec indices must be in ascending order");
    expect(failure(() => sparsevecType.receive(bytes.subarray(0, 20), -1))).toBe("08P01|insufficient data left in message");
  });
  it.each([
    ["l2_distance", 5],
    ["inner_product", 0],
    ["cosine_distance", 1],
    ["l1_distance", 7],
  ])("%s agrees with the dense one", (name, expected) => {
    expect(call(`${name}(sparsevec,sparsevec)`, sparse("{1:3}/9"), sparse("{9:4}/9"))).toBe(expected);
  });
  it("orders as dense vectors do", () => {
    const dense = ["{}/2", "{1:1}/2", "{2:1}/2", "{1:-1}/2", "{1:1,2:1}/2", "{1:1}/3", "{2:-1}/2"];
    const asArray = (text: string) => {
      const value = sparse(text);
      const full = new Array<number>(value.dimensions).fill(0);
      value.indices.forEach((index, i) => {
        full[index] = value.values[i] as number;
      });
      return full;
    };
    const compareArrays = (a: number[], b: number[]) => {
      for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return Math.sign((a[i] as number) - (b[i] as number));
      return Math.sign(a.length - b.length);
    };
    for (const a of dense)
      for (const b of dense) {
        const order = call("sparsevec_cmp(sparsevec,sparsevec)", sparse(a), sparse(b)) as number;
        expect([a, b, order + 0]).toEqual([a, b, compareArrays(asArray(a), asArray(b))]);
      }
  });
  it("casts as pg_cast says", () => {
    expect(registry.cast(TypeOid.vector, TypeOid.sparsevec)?.context).toBe("implicit");
    expect(registry.cast(TypeOid.sparsevec, TypeOid.vector)?.context).toBe("assignment");
    expect(show(call("vector_to_sparsevec(vector,int4,bool)", Float32Array.of(0, 1.5, 0, 2), 4, true))).toBe("{2:1.5,4:2}/4");
    expect(failure(() => call("sparsevec_to_vector(sparsevec,int4,bool)", sparse("{}/16001"), -1, true))).toBe(
      "54000|vector cannot have more than 16000 dimensions",
    );
    expect(show(call("l2_normalize(sparsevec)", sparse("{1:3,2:4}/2")))).toBe("{1:0.6,2:0.8}/2");
  });
});

describe("bit strings", () => {
  it.each([
    ["111", "111", 0, 0],
    ["111", "000", 3, 1],
    ["1111", "1110", 1, 0.25],
    ["000", "000", 0, 1],
    ["", "", 0, 1],
  ])("%s and %s", (left, right, hamming, jaccard) => {
    expect(call("hamming_distance(bit,bit)", left, right)).toBe(hamming);
    expect(call("jaccard_distance(bit,bit)", left, right)).toBe(jaccard);
  });
  it("refuses different lengths; quantizes by sign", () => {
    expect(failure(() => call("hamming_distance(bit,bit)", "111", "00"))).toBe("22000|different bit lengths 3 and 2");
    expect(call("binary_quantize(vector)", Float32Array.of(1, 0, -1, 0.5))).toBe("1001");
    expect(call("binary_quantize(halfvec)", half("[0,0.1,-0.2]"))).toBe("010");
  });
});
