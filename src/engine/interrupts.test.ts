import { expect, test } from "vitest";
import { Interrupt, Interrupts } from "./interrupts.js";
import { SessionPlaces, Word } from "./session-places.js";

function session() {
  const places = new SessionPlaces();
  const interrupts = new Interrupts(places);
  const place = places.take(7);
  interrupts.setKey(place, [1, 2]);
  return { interrupts, place, stop: () => places.words[place + Word.stop] };
}
const never = () => new Promise<void>(() => {});

test("a statement that begins forgets what was asked for before it", () => {
  const { interrupts, place, stop } = session();
  expect(interrupts.ask(7, Interrupt.cancel)).toBe(true);
  interrupts.forget(place);
  expect([interrupts.take(place), stop()]).toEqual([Interrupt.none, 0]);
});

test("a place that is free is no session's", () => {
  const { interrupts } = session();
  expect(interrupts.ask(0, Interrupt.cancel)).toBe(false);
});

test("a client's request stands for the statement that begins next, and is taken once", async () => {
  const { interrupts, place, stop } = session();
  const over = interrupts.stand(7, [1, 2], never);
  expect(interrupts.stands(place)).toBe(true);
  interrupts.forget(place);
  expect(stop()).toBe(1);
  expect(interrupts.take(place)).toBe(Interrupt.cancel);
  expect(interrupts.take(place)).toBe(Interrupt.none);
  await over;
  interrupts.forget(place);
  expect([interrupts.take(place), stop()]).toEqual([Interrupt.none, 0]);
});

test("a request stands no longer than a moment after it was heard, but what runs still finds it", async () => {
  const { interrupts, place } = session();
  await interrupts.stand(7, [1, 2], () => Promise.resolve());
  expect(interrupts.stands(place)).toBe(false);
  expect(interrupts.take(place)).toBe(Interrupt.cancel);
  await interrupts.stand(7, [1, 2], () => Promise.resolve());
  interrupts.forget(place);
  expect(interrupts.take(place)).toBe(Interrupt.none);
});

test("a request needs the session's key, and does not hide that the session shall end", () => {
  const { interrupts, place } = session();
  expect(interrupts.stand(7, [1, 3], never)).toBeUndefined();
  expect(interrupts.stand(8, [1, 2], never)).toBeUndefined();
  expect(interrupts.take(place)).toBe(Interrupt.none);
  void interrupts.stand(7, [1, 2], () => Promise.resolve());
  interrupts.ask(7, Interrupt.terminate);
  expect(interrupts.stands(place)).toBe(false);
  expect(interrupts.take(place)).toBe(Interrupt.terminate);
});
