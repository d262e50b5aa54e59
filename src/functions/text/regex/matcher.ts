/**
 * Matching by POSIX rules: the match that starts first; of those the longest, or the shortest when the expression prefers that; then each
 * part from left to right takes the longest (shortest) piece that lets the rest match. Source: Henry Spencer's dissection, as described in
 * PostgreSQL's manual, 9.7.3.5.
 */
import { invalidRegex } from "../../../types/index.js";
import { Automaton, type Interruptible, Subject } from "./automaton.js";
import { caseVariants } from "./characters.js";
import { parseRegex, type SyntaxOptions } from "./parser.js";
import { hasBackReference, hasCaptures, type Node, needsDissection, preferenceOf } from "./syntax.js";

export type { Interruptible } from "./automaton.js";

/** A match by UTF-16 positions; `groups[0]` is the whole. A group that took no part is undefined. */
export interface RegexMatch {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (readonly [start: number, end: number] | undefined)[];
}

/** Dissections tried for one match of an expression with back references. */
const WORK_MAX = 2_000_000;

export class Regex {
  readonly #root: Node;
  readonly groupCount: number;
  readonly #ignoreCase: boolean;
  readonly #whole: Automaton;
  readonly #captures: boolean;
  readonly #backReferences: boolean;
  readonly #automata = new Map<Node, Automaton>();
  readonly #backward = new Map<Node, Automaton>();
  readonly #tails = new Map<Node, Node[]>();
  readonly #repeats = new Map<Node, Map<number, Node>>();
  #lastSubject: Subject | undefined;

  constructor(source: string, options: SyntaxOptions) {
    const { root, groupCount } = parseRegex(source, options);
    this.#root = root;
    this.groupCount = groupCount;
    this.#ignoreCase = options.ignoreCase;
    this.#whole = new Automaton(root);
    this.#captures = hasCaptures(root);
    this.#backReferences = hasBackReference(root);
  }

  test(text: string, statement?: Partial<Interruptible>): boolean {
    return this.#match(text, statement, (subject) =>
      this.#backReferences ? this.#find(subject, 0) !== undefined : this.#whole.firstEnd(subject, 0) >= 0,
    );
  }
  /** The first match that starts at or after UTF-16 position `from`; what stands before it still counts as context. */
  exec(text: string, from = 0, statement?: Partial<Interruptible>): RegexMatch | undefined {
    return this.#match(text, statement, (subject) => this.#find(subject, from));
  }
  #find(subject: Subject, from: number): RegexMatch | undefined {
    const first = from === 0 ? 0 : characterAt(subject, from);
    const firstEnd = this.#whole.firstEnd(subject, first);
    if (firstEnd < 0) return undefined;
    const last = this.#backReferences ? subject.length : firstEnd;
    const isShort = preferenceOf(this.#root) === "short";
    for (let start = first; start <= last; start++) {
      const ends = this.#whole.ends(subject, start);
      if (!isShort) ends.reverse();
      for (const end of ends) {
        const captures = this.#captures ? new Dissector(this, subject).dissect(this.#root, start, end) : [];
        if (captures !== undefined) return this.#result(subject, start, end, captures);
      }
    }
    return undefined;
  }
  #match<T>(text: string, statement: Partial<Interruptible> | undefined, work: (subject: Subject) => T): T {
    if (this.#lastSubject?.text !== text) this.#lastSubject = new Subject(text);
    const subject = this.#lastSubject;
    subject.statement = statement;
    try {
      return work(subject);
    } finally {
      subject.statement = undefined;
    }
  }
  #result(subject: Subject, start: number, end: number, captures: readonly (readonly [number, number] | undefined)[]): RegexMatch {
    const place = (at: number) => subject.positions[at]!;
    const groups: (readonly [number, number] | undefined)[] = [[place(start), place(end)]];
    for (let i = 1; i <= this.groupCount; i++) {
      const capture = captures[i];
      groups.push(capture === undefined ? undefined : [place(capture[0]), place(capture[1])]);
    }
    return { start: place(start), end: place(end), groups };
  }

  get hasBackReferences(): boolean {
    return this.#backReferences;
  }
  get ignoreCase(): boolean {
    return this.#ignoreCase;
  }
  automaton(node: Node): Automaton {
    return made(this.#automata, node, () => new Automaton(node));
  }
  backwardAutomaton(node: Node): Automaton {
    return made(this.#backward, node, () => new Automaton(node, true));
  }
  /** The parts of a sequence: plain ones that stand together are one; then what follows each. */
  parts(node: Extract<Node, { kind: "sequence" }>): { readonly units: readonly Node[]; readonly tails: readonly Node[] } {
    let tails = this.#tails.get(node);
    if (tails === undefined) {
      const units = joinPlain(node.items);
      tails = [...units, ...units.map((_, i): Node => ({ kind: "sequence", items: units.slice(i) }))];
      this.#tails.set(node, tails);
    }
    const count = tails.length / 2;
    return { units: tails.slice(0, count), tails: tails.slice(count) };
  }
  /** What is left of a repetition after `done` times. */
  rest(node: Extract<Node, { kind: "repeat" }>, done: number): Node {
    const kept = node.max === Number.POSITIVE_INFINITY ? Math.min(done, node.min) : done;
    let known = this.#repeats.get(node);
    if (known === undefined) {
      known = new Map();
      this.#repeats.set(node, known);
    }
    let rest = known.get(kept);
    if (rest === undefined) {
      rest = { ...node, min: Math.max(node.min - kept, 0), max: node.max - kept };
      known.set(kept, rest);
    }
    return rest;
  }
}
function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
function characterAt(subject: Subject, position: number): number {
  let low = 0;
  let high = subject.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (subject.positions[middle]! < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
function joinPlain(items: readonly Node[]): Node[] {
  const units: Node[] = [];
  let run: Node[] = [];
  const flush = () => {
    if (run.length > 0) units.push(run.length === 1 ? run[0]! : { kind: "sequence", items: run });
    run = [];
  };
  for (const item of items) {
    if (needsDissection(item)) {
      flush();
      units.push(item);
    } else if (run.length > 0 && needsDissection({ kind: "sequence", items: [...run, item] })) {
      flush();
      run = [item];
    } else run.push(item);
  }
  flush();
  return units;
}

type Captures = (readonly [number, number] | undefined)[];

class Dissector {
  readonly #captures: Captures = [];
  readonly #starts = new Map<Node, Map<number, Uint8Array>>();
  #work = 0;
  constructor(
    readonly regex: Regex,
    readonly subject: Subject,
  ) {}

  dissect(node: Node, start: number, end: number): Captures | undefined {
    return this.#match(node, start, end) ? this.#captures : undefined;
  }
  /** Asked from the end, because what is left of a match always ends where the match does: one pass answers for all starts. */
  #reaches(node: Node, start: number, end: number): boolean {
    const ends = made(this.#starts, node, () => new Map<number, Uint8Array>());
    return made(ends, end, () => this.regex.backwardAutomaton(node).starts(this.subject, end))[start] === 1;
  }
  /** Ends up to `limit` in the order in which the part wants them. */
  #candidates(node: Node, start: number, limit: number): number[] {
    const ends = this.regex.automaton(node).ends(this.subject, start, limit);
    return preferenceOf(node) === "short" ? ends : ends.reverse();
  }

  #match(node: Node, start: number, end: number): boolean {
    this.subject.spend(1);
    if (++this.#work > WORK_MAX) throw invalidRegex("regular expression is too complex");
    if (!hasCaptures(node)) return this.#reaches(node, start, end);
    switch (node.kind) {
      case "group":
        if (!this.#match(node.body, start, end)) return false;
        this.#captures[node.index] = [start, end];
        return true;
      case "back":
        return this.#isSame(node.index, start, end);
      case "choice":
        return node.branches.some((branch) => this.#reaches(branch, start, end) && this.#match(branch, start, end));
      case "sequence": {
        const { units, tails } = this.regex.parts(node);
        return this.#sequence(units, tails, 0, start, end);
      }
      case "repeat":
        return this.regex.hasBackReferences ? this.#repeat(node, 0, start, end) : this.#rounds(node, start, end);
      default:
        return this.#reaches(node, start, end);
    }
  }
  #sequence(units: readonly Node[], tails: readonly Node[], index: number, start: number, end: number): boolean {
    const unit = units[index]!;
    if (index === units.length - 1) return this.#reaches(unit, start, end) && this.#match(unit, start, end);
    for (const middle of this.#candidates(unit, start, end)) {
      if (!this.#reaches(tails[index + 1]!, middle, end)) continue;
      const before = this.#captures.slice();
      if (this.#match(unit, start, middle) && this.#sequence(units, tails, index + 1, middle, end)) return true;
      this.#restore(before);
    }
    return false;
  }
  /** Without back references a round that leaves a possible rest is right, and only the last one's captures stay. */
  #rounds(node: Extract<Node, { kind: "repeat" }>, start: number, end: number): boolean {
    let at = start;
    for (let done = 0; at !== end || done < node.min; done++) {
      const middle = this.#candidates(node.body, at, end).find(
        (place) => (place > at || done + 1 < node.min || end === at) && this.#reaches(this.regex.rest(node, done + 1), place, end),
      );
      if (middle === undefined) return false;
      if (middle === end && done + 1 >= node.min) {
        this.#forget(node.body);
        return this.#match(node.body, at, end);
      }
      at = middle;
    }
    return true;
  }
  #repeat(node: Extract<Node, { kind: "repeat" }>, done: number, start: number, end: number): boolean {
    if (start === end && done >= Math.max(node.min, done === 0 ? 0 : 1)) return true;
    if (done >= node.max) return start === end;
    for (const middle of this.#candidates(node.body, start, end)) {
      // Beyond the least number an empty round gets nowhere.
      if (middle === start && (end > start ? done + 1 >= node.min : false)) continue;
      if (!this.#reaches(this.regex.rest(node, done + 1), middle, end)) continue;
      const before = this.#captures.slice();
      this.#forget(node.body);
      if (this.#match(node.body, start, middle) && this.#repeat(node, done + 1, middle, end)) return true;
      this.#restore(before);
    }
    return false;
  }
  /** A round starts without the captures of the one before. */
  #forget(node: Node): void {
    switch (node.kind) {
      case "group":
        this.#captures[node.index] = undefined;
        this.#forget(node.body);
        break;
      case "repeat":
        this.#forget(node.body);
        break;
      case "sequence":
        for (const item of node.items) this.#forget(item);
        break;
      case "choice":
        for (const branch of node.branches) this.#forget(branch);
        break;
    }
  }
  #restore(captures: Captures): void {
    this.#captures.length = 0;
    this.#captures.push(...captures);
  }
  #isSame(index: number, start: number, end: number): boolean {
    const capture = this.#captures[index];
    if (capture === undefined || capture[1] - capture[0] !== end - start) return false;
    const { codes } = this.subject;
    for (let i = 0; i < end - start; i++) {
      const a = codes[capture[0] + i]!;
      const b = codes[start + i]!;
      if (a !== b && !(this.regex.ignoreCase && caseVariants(a).includes(b))) return false;
    }
    return true;
  }
}
