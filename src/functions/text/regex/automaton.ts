/**
 * Where a part of a regular expression can end when it starts at a place: Thompson's construction, all states at once, so that time is
 * bounded by states times characters whatever the pattern. A back reference counts here as anything its group could match; the
 * matcher checks it afterwards.
 */
import { invalidRegex } from "../../../types/index.js";
import { isWord } from "./characters.js";
import type { Assertion, CharacterSet, Node } from "./syntax.js";

const STATES_MAX = 100_000;
enum Op {
  set = 0,
  split = 1,
  assert = 2,
  look = 3,
  accept = 4,
}

/** The statement that matches: it may have to end. */
export interface Interruptible {
  checkCancel(): void;
}
/** States that are looked at between two looks at that: some milliseconds. */
const LOOK_STATES = 1 << 17;
/** Over all texts: short ones are many. */
let spent = 0;

/** One text as code points, with what looks have found in it. */
export class Subject {
  readonly codes: Int32Array;
  /** UTF-16 position of each character and of the end. */
  readonly positions: Int32Array;
  readonly looks = new Map<Automaton, Int8Array>();
  /** While it matches. */
  statement: Partial<Interruptible> | undefined;
  constructor(readonly text: string) {
    const codes = new Int32Array(text.length);
    const positions = new Int32Array(text.length + 1);
    let count = 0;
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at)!;
      codes[count] = code;
      positions[count++] = at;
      at += code > 0xffff ? 2 : 1;
    }
    positions[count] = text.length;
    this.codes = codes.subarray(0, count);
    this.positions = positions.subarray(0, count + 1);
  }
  get length(): number {
    return this.codes.length;
  }
  /** Work that was done, in states; ends it where the statement shall end. */
  spend(states: number): void {
    spent += states;
    if (spent < LOOK_STATES) return;
    spent = 0;
    this.statement?.checkCancel?.();
  }
  holds(what: Assertion, at: number): boolean {
    const { codes } = this;
    const before = at > 0 && isWord(codes[at - 1]!);
    const after = at < codes.length && isWord(codes[at]!);
    switch (what) {
      case "textStart":
        return at === 0;
      case "textEnd":
        return at === codes.length;
      case "lineStart":
        return at === 0 || codes[at - 1] === 10;
      case "lineEnd":
        return at === codes.length || codes[at] === 10;
      case "wordStart":
        return !before && after;
      case "wordEnd":
        return before && !after;
      case "wordEdge":
        return before !== after;
      case "notWordEdge":
        return before === after;
    }
  }
}

interface Look {
  readonly ahead: boolean;
  readonly negated: boolean;
  readonly automaton: Automaton;
}

export class Automaton {
  readonly #ops: Op[] = [];
  readonly #next: number[] = [];
  readonly #other: number[] = [];
  readonly #sets: (CharacterSet | undefined)[] = [];
  readonly #asserts: (Assertion | undefined)[] = [];
  readonly #looks: (Look | undefined)[] = [];
  readonly #start: number;
  #seen: Int32Array;
  #generation = 0;
  #current: Int32Array;
  #following: Int32Array;
  readonly #stack: number[] = [];

  /** `backward`: the same texts read from their ends to their starts. */
  constructor(
    node: Node,
    readonly backward = false,
  ) {
    const accept = this.#add(Op.accept, -1);
    this.#start = this.#compile(node, accept);
    const count = this.#ops.length;
    this.#seen = new Int32Array(count);
    this.#current = new Int32Array(count);
    this.#following = new Int32Array(count);
  }

  #add(op: Op, next: number, other = -1): number {
    if (this.#ops.length >= STATES_MAX) throw invalidRegex("regular expression is too complex");
    this.#ops.push(op);
    this.#next.push(next);
    this.#other.push(other);
    this.#sets.push(undefined);
    this.#asserts.push(undefined);
    this.#looks.push(undefined);
    return this.#ops.length - 1;
  }
  /** States for `node` that lead to `next`; built from the end. */
  #compile(node: Node, next: number): number {
    switch (node.kind) {
      case "empty":
        return next;
      case "set": {
        const state = this.#add(Op.set, next);
        this.#sets[state] = node.set;
        return state;
      }
      case "sequence": {
        let at = next;
        const { items } = node;
        for (let i = 0; i < items.length; i++) at = this.#compile(items[this.backward ? i : items.length - 1 - i]!, at);
        return at;
      }
      case "choice": {
        let at = this.#compile(node.branches.at(-1)!, next);
        for (let i = node.branches.length - 2; i >= 0; i--) at = this.#add(Op.split, this.#compile(node.branches[i]!, next), at);
        return at;
      }
      case "group":
      case "back":
        return this.#compile(node.body, next);
      case "assert": {
        const state = this.#add(Op.assert, next);
        this.#asserts[state] = node.what;
        return state;
      }
      case "look": {
        const state = this.#add(Op.look, next);
        this.#looks[state] = { ahead: node.ahead, negated: node.negated, automaton: new Automaton(node.body) };
        return state;
      }
      case "repeat": {
        let at = next;
        if (node.max === Number.POSITIVE_INFINITY) {
          const loop = this.#add(Op.split, -1, next);
          this.#next[loop] = this.#compile(node.body, loop);
          at = loop;
        } else for (let i = node.min; i < node.max; i++) at = this.#add(Op.split, this.#compile(node.body, at), next);
        for (let i = 0; i < node.min; i++) at = this.#compile(node.body, at);
        return at;
      }
    }
  }

  /** Adds a state and all that it reaches without a character; true when acceptance is among them. */
  #close(list: Int32Array, count: number, state: number, at: number, subject: Subject): number {
    const stack = this.#stack;
    // What was stopped within a look has left states there.
    stack.length = 0;
    stack.push(state);
    let size = count;
    while (stack.length > 0) {
      const s = stack.pop()!;
      if (this.#seen[s] === this.#generation) continue;
      this.#seen[s] = this.#generation;
      switch (this.#ops[s]) {
        case Op.split:
          stack.push(this.#next[s]!, this.#other[s]!);
          break;
        case Op.assert:
          if (subject.holds(this.#asserts[s]!, at)) stack.push(this.#next[s]!);
          break;
        case Op.look:
          if (looksRight(this.#looks[s]!, subject, at)) stack.push(this.#next[s]!);
          break;
        case Op.accept:
          this.#accepted = true;
          break;
        default:
          list[size++] = s;
      }
    }
    return size;
  }
  #accepted = false;
  #step(list: Int32Array, count: number, at: number, subject: Subject): number {
    subject.spend(count + 1);
    const code = subject.codes[this.backward ? at - 1 : at]!;
    const after = this.backward ? at - 1 : at + 1;
    this.#generation++;
    this.#accepted = false;
    const following = this.#following;
    let size = 0;
    for (let i = 0; i < count; i++) {
      const s = list[i]!;
      const set = this.#sets[s]!;
      if (set.code === undefined ? set.has(code) : set.code === code) size = this.#close(following, size, this.#next[s]!, after, subject);
    }
    this.#following = list;
    this.#current = following;
    return size;
  }

  /** Places where it can end, ascending; none: an empty list. `limit`: no further than here. */
  ends(subject: Subject, start: number, limit = subject.length): number[] {
    const found: number[] = [];
    this.#generation++;
    this.#accepted = false;
    let count = this.#close(this.#current, 0, this.#start, start, subject);
    if (this.#accepted) found.push(start);
    for (let at = start; at < limit && count > 0; at++) {
      count = this.#step(this.#current, count, at, subject);
      if (this.#accepted) found.push(at + 1);
    }
    return found;
  }
  /** Whether it can match from `start` to exactly anywhere: the first place where a match that starts at or after `start` ends; -1: none. */
  firstEnd(subject: Subject, start: number): number {
    let count = 0;
    this.#generation++;
    this.#accepted = false;
    for (let at = start; ; at++) {
      count = this.#close(this.#current, count, this.#start, at, subject);
      if (this.#accepted) return at;
      if (at === subject.length) return -1;
      count = this.#step(this.#current, count, at, subject);
      if (this.#accepted) return at + 1;
    }
  }
  /** Of a backward automaton: for every place whether a match from there ends at `end`. */
  starts(subject: Subject, end: number): Uint8Array {
    const found = new Uint8Array(end + 1);
    this.#generation++;
    this.#accepted = false;
    let count = this.#close(this.#current, 0, this.#start, end, subject);
    if (this.#accepted) found[end] = 1;
    for (let at = end; at > 0 && count > 0; at--) {
      count = this.#step(this.#current, count, at, subject);
      if (this.#accepted) found[at - 1] = 1;
    }
    return found;
  }
  startsMatch(subject: Subject, start: number): boolean {
    this.#generation++;
    this.#accepted = false;
    let count = this.#close(this.#current, 0, this.#start, start, subject);
    for (let at = start; !this.#accepted && at < subject.length && count > 0; at++) count = this.#step(this.#current, count, at, subject);
    return this.#accepted;
  }
  /** For every place whether a match that started anywhere ends there. */
  allEnds(subject: Subject): Int8Array {
    const ends = new Int8Array(subject.length + 1);
    let count = 0;
    this.#generation++;
    for (let at = 0; ; at++) {
      this.#accepted = ends[at] === 1;
      count = this.#close(this.#current, count, this.#start, at, subject);
      if (this.#accepted) ends[at] = 1;
      if (at === subject.length) return ends;
      count = this.#step(this.#current, count, at, subject);
      if (this.#accepted) ends[at + 1] = 1;
    }
  }
}

const UNKNOWN = 0;
function looksRight({ ahead, negated, automaton }: Look, subject: Subject, at: number): boolean {
  let known = subject.looks.get(automaton);
  if (known === undefined) {
    known = ahead ? new Int8Array(subject.length + 1) : automaton.allEnds(subject);
    subject.looks.set(automaton, known);
  }
  if (ahead && known[at] === UNKNOWN) known[at] = automaton.startsMatch(subject, at) ? 1 : -1;
  return (known[at] === 1) !== negated;
}
