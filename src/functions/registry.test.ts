import { describe, expect, it } from "vitest";
import { TypeOid } from "../types/index.js";
import { registry } from "./index.js";
import { call, testContext } from "./testing.js";

describe("registry", () => {
  it("finds types by internal and SQL names", () => {
    expect(registry.typeByName("integer")).toBe(registry.typeByOid(TypeOid.int4));
    expect(registry.typeByName("character varying")).toBe(registry.typeByOid(TypeOid.varchar));
    expect(registry.typeByName("double precision")?.name).toBe("float8");
  });
  it("has a body for every function but window functions", () => {
    // What polymorphic functions over ranges do depends on the range: they have no body without one.
    const named = (name: string) => registry.typeByName(name)?.oid ?? 0;
    const concrete: Record<number, number> = {
      [named("anyrange")]: named("int4range"),
      [named("anymultirange")]: named("int4multirange"),
      [named("anycompatiblerange")]: named("int4range"),
      [named("anycompatiblemultirange")]: named("int4multirange"),
    };
    const real = (oid: number) => concrete[oid] ?? oid;
    for (const f of registry.functions()) {
      const call = { argTypes: f.argTypes.map(real), returnType: real(f.returnType) };
      if (f.kind === "function") expect(() => registry.scalarBody(f.id, call), f.id).not.toThrow();
      if (f.kind === "aggregate") expect(() => registry.aggregateBody(f.id, call), f.id).not.toThrow();
      if (f.kind === "set") expect(() => registry.setBody(f.id, call), f.id).not.toThrow();
    }
  });
  it("has operators with PostgreSQL's OIDs", () => {
    const plus = registry.operatorsByName("+").find((o) => o.left === TypeOid.int4 && o.right === TypeOid.int4);
    expect(plus).toMatchObject({ oid: 551, functionId: "int4pl(int4,int4)", result: TypeOid.int4 });
  });
  it("checks ranges", () => {
    expect(call("int4pl(int4,int4)", 1, 2)).toBe(3);
    expect(() => call("int4pl(int4,int4)", 2147483647, 1)).toThrow("integer out of range");
    expect(() => call("int4div(int4,int4)", 1, 0)).toThrow("division by zero");
    expect(call("int8pl(int8,int8)", 9007199254740991, 1)).toBe(9007199254740992n);
    expect(() => call("int8pl(int8,int8)", 9223372036854775807n, 1)).toThrow("bigint out of range");
  });
  it("prints floats as PostgreSQL does", () => {
    const float8 = registry.typeByOid(TypeOid.float8)!;
    const cases: [number, string][] = [
      [1e15, "1e+15"],
      [123456789012345, "123456789012345"],
      [1234567890123456, "1.234567890123456e+15"],
      [0.0001, "0.0001"],
      [0.00001, "1e-05"],
      [-0, "-0"],
      [1e23, "9.999999999999999e+22"],
      [1e22, "1e+22"],
      [-8.41e21, "-8.409999999999999e+21"],
      [2 ** 60, "1.152921504606847e+18"],
      [0.1, "0.1"],
      [1.5, "1.5"],
      [5e-324, "5e-324"],
      [1e100, "1e+100"],
    ];
    for (const [value, text] of cases) expect(float8.output(value, testContext)).toBe(text);
    expect(registry.typeByOid(TypeOid.float4)!.output(Math.fround(0.1), testContext)).toBe("0.1");
    expect(registry.typeByOid(TypeOid.float4)!.output(1234567, testContext)).toBe("1.234567e+06");
    expect(registry.typeByOid(TypeOid.float4)!.output(3927094.25, testContext)).toBe("3.9270942e+06");
    expect(registry.typeByOid(TypeOid.float4)!.output(3927094.75, testContext)).toBe("3.9270948e+06");
    expect(registry.typeByOid(TypeOid.float4)!.output(2 ** -96, testContext)).toBe("1.2621775e-29");
  });
});
