/** How far a session's long work has come, for pg_stat_progress_*: written to the session's place, read by any thread. */
import type { ProgressFacts, ProgressKind } from "../catalog/index.js";
import { Amount, NO_PLACE, type SessionPlaces, Word } from "./session-places.js";

const kinds: readonly ProgressKind[] = ["createIndex", "copy", "vacuum"];

export interface ProgressOf {
  readonly relation?: number;
  readonly index?: number;
  /** By the kind, see sql/pg_catalog/progress.ts. */
  readonly command?: number;
}

export class Progress {
  readonly #places: SessionPlaces;
  readonly #place: number;

  constructor(places: SessionPlaces, place: number) {
    this.#places = places;
    this.#place = place;
  }
  begin(kind: ProgressKind, of: ProgressOf): void {
    if (this.#place === NO_PLACE) return;
    const { words } = this.#places;
    words[this.#place + Word.command] = of.command ?? 0;
    words[this.#place + Word.relation] = of.relation ?? 0;
    words[this.#place + Word.index] = of.index ?? 0;
    this.phase(0);
    this.set(Amount.more, 0);
    this.setWord(Word.extra, 0);
    Atomics.store(words, this.#place + Word.kind, kinds.indexOf(kind) + 1);
  }
  /** The next phase, of which nothing is done yet. */
  phase(phase: number, total = 0): void {
    if (this.#place === NO_PLACE) return;
    this.#places.words[this.#place + Word.phase] = phase;
    this.set(Amount.total, total);
    this.set(Amount.done, 0);
  }
  set(amount: (typeof Amount)[keyof typeof Amount], value: number): void {
    if (this.#place !== NO_PLACE) this.#places.amounts[this.#place / 2 + amount] = value;
  }
  setWord(word: (typeof Word)[keyof typeof Word], value: number): void {
    if (this.#place !== NO_PLACE) this.#places.words[this.#place + word] = value;
  }
  end(): void {
    if (this.#place !== NO_PLACE) Atomics.store(this.#places.words, this.#place + Word.kind, 0);
  }
}

export function* progressOf(places: SessionPlaces): Iterable<ProgressFacts> {
  const { words, amounts } = places;
  for (const place of places.taken()) {
    const kind = kinds[Atomics.load(words, place + Word.kind) - 1];
    if (kind === undefined) continue;
    const word = (at: number) => (words[place + at] as number) >>> 0;
    const amount = (at: number) => amounts[place / 2 + at] as number;
    yield {
      processId: word(Word.process),
      kind,
      command: word(Word.command),
      phase: word(Word.phase),
      relation: word(Word.relation),
      index: word(Word.index),
      total: amount(Amount.total),
      done: amount(Amount.done),
      more: amount(Amount.more),
      extra: word(Word.extra),
    };
  }
}
