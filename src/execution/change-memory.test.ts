import { expect, test } from "vitest";
import { ChangeMemory } from "./change-memory.js";

test("what statements hold together is bounded, and given back", () => {
  const [one, other] = [new ChangeMemory("Update on t"), new ChangeMemory("Insert on t")];
  // One row stands for 64.
  const large = [new Uint8Array(64 << 20)];
  expect(() => one.hold(large, 3)).toThrow("out of memory");
  expect(() => other.hold([1], 1)).toThrow("out of memory");
  other.release();
  one.release();
  other.hold([1], 1);
  other.release();
});
