/**
 * What a statement's volatile calls have answered, so that a run that begins again (ADR 1) goes the same way up to where it stopped:
 * a lock is taken once, a sleep slept once, a clock read once.
 *
 * Runs of one statement at one snapshot make the same calls in the same order.
 */
export class StatementJournal {
  readonly #answers: unknown[] = [];
  #at = 0;

  /** @param records false: nothing in the statement pauses, so that its calls may as well be made anew. */
  constructor(readonly records: boolean) {}

  /** The next run begins. */
  rewind(): void {
    this.#at = 0;
  }
  /** What the call answered in an earlier run, or what it answers now. */
  recall<T>(call: () => T): T {
    if (!this.records) return call();
    if (this.#at < this.#answers.length) return this.#answers[this.#at++] as T;
    const answer = call();
    this.#answers.push(answer);
    this.#at++;
    return answer;
  }
  /** The call that paused the last run has its answer. */
  complete(answer: unknown): void {
    this.#answers.push(answer);
  }
}
