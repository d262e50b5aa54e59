/**
 * Scenarios of interleaved sessions. A file holds several; lines that begin with `#` are comments:
 *
 *     scenario lost update
 *     levels read committed, repeatable read      -- optional: once for each, {level} stands for it
 *     setup create table t (k int primary key, v int);
 *     setup insert into t values (1, 10);
 *     1: begin isolation level {level}            -- a step: session and statement, in the order written
 *     2: update t set v = 2
 *     1 name: commit                              -- a step with a name, run where an `order` line says so
 *     order a b name                              -- one run for each order; steps without a name come first
 *     differs: why Orrery's outcome is another    -- then the outcomes must not be equal
 */
export interface Step {
  readonly session: string;
  readonly sql: string;
}
export interface Scenario {
  readonly name: string;
  readonly setup: readonly string[];
  readonly steps: readonly Step[];
  readonly differs: string | undefined;
}
interface Draft {
  readonly name: string;
  levels: string[];
  readonly setup: string[];
  readonly steps: Step[];
  readonly named: Map<string, Step>;
  readonly orders: string[][];
  differs: string | undefined;
}

export function parseScenarios(text: string): Scenario[] {
  const drafts: Draft[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const bad = (why: string) => new Error(`line ${index + 1}: ${why}: ${line}`);
    const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    if (word === "scenario") {
      drafts.push({ name: rest, levels: [""], setup: [], steps: [], named: new Map(), orders: [], differs: undefined });
      continue;
    }
    const draft = drafts.at(-1);
    if (draft === undefined) throw bad("outside of a scenario");
    const step = /^(\d+)(?: (\w+))?: (.*)$/.exec(line);
    if (word === "levels") draft.levels = rest.split(",").map((level) => level.trim());
    else if (word === "setup") draft.setup.push(rest);
    else if (word === "order") draft.orders.push(rest.split(/\s+/));
    else if (word === "differs:") draft.differs = rest;
    else if (step === null) throw bad("not understood");
    else if (step[2] === undefined) draft.steps.push({ session: step[1] as string, sql: step[3] as string });
    else draft.named.set(step[2], { session: step[1] as string, sql: step[3] as string });
  }
  return drafts.flatMap(expand);
}

function expand(draft: Draft): Scenario[] {
  const { name, setup, differs } = draft;
  const orders = draft.orders.length === 0 ? [[]] : draft.orders;
  return draft.levels.flatMap((level) =>
    orders.map((order): Scenario => {
      const steps = [...draft.steps, ...order.map((step) => stepNamed(draft, step))];
      const parts = [name, level, order.join(" ")].filter((part) => part !== "");
      return { name: parts.join(" / "), setup, differs, steps: steps.map((s) => ({ ...s, sql: s.sql.replaceAll("{level}", level) })) };
    }),
  );
}

function stepNamed(draft: Draft, name: string): Step {
  const step = draft.named.get(name);
  if (step === undefined) throw new Error(`scenario ${draft.name}: no step ${name}`);
  return step;
}
