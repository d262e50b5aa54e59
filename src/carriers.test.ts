import { expect, test } from "vitest";
import { Carriers } from "./carriers.js";

function carriers(threads: number, running: number) {
  const carried = new Int32Array(new SharedArrayBuffer(4 * threads));
  const begun: number[] = [];
  return { carried, begun, carriers: new Carriers(carried, running, (thread) => begun.push(thread)) };
}
const take = (from: Carriers, count: number): number[] => Array.from({ length: count }, () => from.next());

test("connections go to the thread that has the fewest", () => {
  const { carriers: all, carried } = carriers(3, 3);
  expect(take(all, 4)).toEqual([0, 1, 2, 0]);
  carried[1] = 0;
  expect(take(all, 2)).toEqual([1, 1]);
});

test("one client after the other needs one thread", () => {
  const { carriers: all, carried, begun } = carriers(4, 1);
  for (let i = 0; i < 5; i++) {
    expect(all.next()).toBe(0);
    carried[0] = 0;
  }
  expect(begun).toEqual([]);
});

test("the second client lets a thread begin and does not wait for it; of a pool the others do", () => {
  const { carriers: all, carried, begun } = carriers(2, 1);
  expect(take(all, 2)).toEqual([0, 0]);
  expect(begun).toEqual([1]);
  expect(take(all, 6)).toEqual([1, 0, 1, 0, 1, 0]);
  all.runs(1);
  expect(take(all, 2)).toEqual([1, 1]);
  expect([...carried]).toEqual([5, 5]);
});

test("each further thread begins when all others have a connection", () => {
  const { carriers: all, begun } = carriers(4, 1);
  take(all, 8);
  expect(begun).toEqual([1, 2, 3]);
});
