import { describe, expect, it } from "vitest";
import * as precise from "./double-double.js";

/** What glibc 2.36 gives, at arguments where JavaScript's own functions are one unit of the last place off. */
const cases = [
  ["exp", [270], 1.8176493851391e117],
  ["cos", [90], -0.4480736161291701],
  ["sinh", [270], 9.0882469256955e116],
  ["cosh", [-270], 9.0882469256955e116],
  ["atan2", [-2.5, 3], -0.6947382761967031],
  ["exp", [-521.4807813366699], 3.340213653239312e-227],
  ["log", [1.2748140574656974], 0.24280033069329313],
  ["log", [1.130201061257997], 0.12239554721333927],
  ["sin", [-43.017737608943136], 0.8217980320684091],
  ["sin", [-61.85976394636683], 0.8260648940214294],
  ["cos", [32.106206145123735], 0.7710680031821945],
  ["tan", [-22.733116197812066], -0.916704125626452],
  ["tan", [2.943228661944514], -0.20100736449489823],
  ["atan", [-5.12575652796217], -1.378123310771752],
  ["atan", [-6.343357998070846], -1.4144379170081935],
  ["sinh", [-593.1507697185878], -2.0002129273299513e257],
  ["cosh", [3.751300094548924], 21.299943284267083],
  ["pow", [6.758496583898558, -15.686523183960851], 9.605880705468669e-14],
  ["pow", [0.004089293416122677, 20.73958048645173], 2.9281082886887724e-50],
  ["atan2", [0.7959062931603762, -2.026570925222054], 2.7673644433694116],
] as const;

describe("functions of twice a double's precision", () => {
  it.each(cases)("%s of %j", (name, values, result) => {
    const evaluate = precise[name] as (...values: readonly number[]) => number;
    expect(evaluate(...values)).toBe(result);
    expect((Math[name] as (...values: readonly number[]) => number)(...values)).not.toBe(result);
  });
  it("leave what is no number, infinite, zero and beyond the range as it is", () => {
    for (const value of [Number.NaN, Infinity, -Infinity, 0, -0, 5e-324, 1e308, -745, 1e-310]) {
      expect(precise.exp(value)).toBe(Math.exp(value));
      expect(precise.sin(value)).toBe(Math.sin(value));
      expect(precise.atan(value)).toBe(Math.atan(value));
      expect(precise.cosh(value)).toBe(Math.cosh(value));
      expect(precise.log(value)).toBe(Math.log(value));
    }
    expect(precise.exp(709.7)).toBeCloseTo(1.6549840276802644e308, -294);
    expect(precise.pow(2, 1023)).toBe(2 ** 1023);
    expect(precise.pow(10, 22)).toBe(1e22);
    expect(precise.atan2(0, -1)).toBe(Math.PI);
  });
});
