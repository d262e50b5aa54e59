/**
 * The text that a deparser writes, with ruleutils.c's way of breaking lines: keywords go to the start of a line, `indentLevel` says how
 * far in, and what follows a nested query continues at the level it started from.
 */
import type { FunctionRegistry } from "../../src/functions/registry.js";
import type { Expression } from "../../src/plan/index.js";
import type { Binder } from "../binder/binder.js";
import type { BindingNotes } from "../binder/binding-notes.js";
import type { Names } from "./names.js";

/** Columns of indentation: PRETTYINDENT_STD, _JOIN, _VAR, _LIMIT. */
export const INDENT = { standard: 8, join: 4, list: 4, limit: 40 } as const;

export interface Layout {
  /** Parentheses only where precedence needs them (PRETTYFLAG_PAREN). */
  readonly fewParentheses: boolean;
  /** Clauses on lines of their own (PRETTYFLAG_INDENT). */
  readonly lines: boolean;
  /** A list goes on in a new line once the line would be longer; 0: every item. */
  readonly wrapColumn: number;
}

export class Printer {
  text = "";
  indentLevel = 0;
  constructor(
    readonly binder: Binder,
    readonly notes: BindingNotes,
    readonly layout: Layout,
    public names: Names,
  ) {}

  get registry(): FunctionRegistry {
    return this.binder.registry;
  }
  add(text: string): void {
    this.text += text;
  }
  /** appendContextKeyword: the keyword in a new line, where lines are broken. */
  keyword(keyword: string, before: number, after: number, plus: number): void {
    if (!this.layout.lines) {
      this.text += keyword;
      return;
    }
    this.indentLevel += before;
    this.text = `${this.text.replace(/ +$/, "")}\n${" ".repeat(Math.max(0, this.#indent() + plus))}${keyword}`;
    this.indentLevel = Math.max(0, this.indentLevel + after);
  }
  #indent(): number {
    if (this.indentLevel < INDENT.limit) return Math.max(this.indentLevel, 0);
    // Deep nesting stays readable: beyond the limit half as far, and round again.
    return (INDENT.limit + Math.trunc((this.indentLevel - INDENT.limit) / (INDENT.standard / 2))) % INDENT.limit;
  }
  /** What `print` writes, without adding it. */
  aside(print: () => void): string {
    const saved = this.text;
    this.text = "";
    try {
      print();
      return this.text;
    } finally {
      this.text = saved;
    }
  }
  list<Item>(items: readonly Item[], print: (item: Item, index: number) => void, separator = ", "): void {
    for (const [i, item] of items.entries()) {
      if (i > 0) this.add(separator);
      print(item, i);
    }
  }
  /** An item of a select list or FROM, in a new line when it would not fit. */
  addWrapped(item: string, mayBreak: boolean, wasMultiline = false): void {
    if (this.layout.lines) {
      if (item.startsWith("\n")) this.text = this.text.replace(/ +$/, "");
      else if (mayBreak) {
        const lineLength = this.text.length - Math.max(0, this.text.lastIndexOf("\n"));
        if (wasMultiline || lineLength + item.length > this.layout.wrapColumn)
          this.keyword("", -INDENT.standard, INDENT.standard, INDENT.list);
      }
    }
    this.add(item);
  }
}

export type PrintExpression = (printer: Printer, expression: Expression, showImplicit: boolean) => void;
