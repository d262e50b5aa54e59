import { describe, expect, it } from "vitest";
import { native } from "../native/index.js";
import type { Datum } from "../types/index.js";
import { keyFunctions, keyProviders } from "./index.js";

const engine = native.engine.open({ folder: null });
const waits: number[] = [];
const functions = keyFunctions({
  native,
  wait: (xid) => {
    waits.push(xid);
    throw new Error("wait");
  },
});
const call = (xid: number, id: string, ...args: Datum[]) => {
  const f = functions.find((x) => x.signature.id === `redis.${id}`);
  if (f === undefined) throw new Error(`no function redis.${id}`);
  return (f.body as (c: unknown, ...a: Datum[]) => Datum)({ service: () => ({ engine, xid, readOnly: false }) }, ...args);
};
const rows = (name: string, xid = 0, key?: string) => {
  const provider = keyProviders(native).find(([n]) => n === `redis.${name}`)?.[1];
  return [...(provider?.({ engine, xid, checkCancel: () => undefined }, key === undefined ? [] : [{ column: 0, value: key }]) ?? [])];
};

describe("keys in SQL", () => {
  it("a transaction sees its own keys; others after its commit, never after a rollback", () => {
    const first = native.storage.begin(engine, 0);
    expect(call(first, "set(text,text)", "k", "v")).toBe("OK");
    expect(call(first, "get(text)", "k")).toBe("v");
    expect(call(first, "zadd(text,float8,text)", "z", 1.5, "m")).toBe(1);
    expect(rows("strings", first)).toEqual([["k", "v"]]);
    expect(rows("strings")).toEqual([]);
    native.storage.rollback(engine, first);
    expect(rows("keys")).toEqual([]);
    const second = native.storage.begin(engine, 0);
    call(second, "set(text,text)", "k", "w");
    call(second, "hset(text,text,text)", "h", "f", "1");
    call(second, "rpush(text,text)", "l", "é");
    expect(native.storage.commit(engine, second)).toBeGreaterThan(0);
    expect(rows("strings", 0, "k")).toEqual([["k", "w"]]);
    expect(rows("hashes")).toEqual([["h", "f", "1"]]);
    expect(rows("lists")).toEqual([["l", 0, "é"]]);
    expect(
      rows("keys")
        .map((r) => r[0])
        .sort(),
    ).toEqual(["h", "k", "l"]);
  });

  it("a key that another open transaction holds makes the statement wait", () => {
    const [a, b] = [native.storage.begin(engine, 0), native.storage.begin(engine, 0)];
    expect(call(a, "incr(text)", "n")).toBe(1);
    expect(() => call(b, "incr(text)", "n")).toThrow("wait");
    expect(waits).toEqual([a]);
    native.storage.commit(engine, a);
    expect(call(b, "incr(text)", "n")).toBe(2);
    native.storage.commit(engine, b);
  });

  it("a wrong type is 42809", () => {
    const xid = native.storage.begin(engine, 0);
    expect(() => call(xid, "get(text)", "h")).toThrow("Operation against a key holding the wrong kind of value");
    native.storage.rollback(engine, xid);
  });
});
