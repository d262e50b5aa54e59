/** Questions to the other JavaScript threads of the engine, and their answers: what lives with connections is known by their thread alone. */
import type { ThreadMessage } from "./types.js";

export type ThreadQuestion =
  | { readonly about: "sessions" }
  | { readonly about: "hotPath" }
  | { readonly about: "signal"; readonly processId: number; readonly signal: "cancel" | "terminate" };

/** A thread that is busy for this long is done without: the question must not hang on it. */
const PATIENCE_MILLIS = 2_000;

export class ThreadQuestions {
  readonly #open = new Map<number, { readonly answers: unknown[]; readonly wanted: number; readonly done: () => void }>();
  readonly #tell: (message: ThreadMessage) => void;
  readonly #answer: (question: ThreadQuestion) => unknown;
  readonly #thread: number;
  #next = 1;

  constructor(thread: number, tell: (message: ThreadMessage) => void, answer: (question: ThreadQuestion) => unknown) {
    this.#thread = thread;
    this.#tell = tell;
    this.#answer = answer;
  }

  /** One answer per other thread, `others` of them. */
  ask(question: ThreadQuestion, others: number): Promise<unknown[]> {
    const id = this.#next++;
    const answers: unknown[] = [];
    if (others <= 0) return Promise.resolve(answers);
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#open.delete(id);
        resolve(answers);
      };
      const timer = setTimeout(done, PATIENCE_MILLIS);
      this.#open.set(id, { answers, wanted: others, done });
      this.#tell({ kind: "question", from: this.#thread, id, question });
    });
  }

  told(message: Extract<ThreadMessage, { kind: "question" | "answer" }>): void {
    if (message.kind === "question") {
      this.#tell({ kind: "answer", to: message.from, id: message.id, answer: this.#answer(message.question) });
    } else if (message.to === this.#thread) {
      const open = this.#open.get(message.id);
      if (open === undefined) return;
      open.answers.push(message.answer);
      if (open.answers.length === open.wanted) open.done();
    }
  }
}
