/**
 * Which arguments of a command are keys and what it does with them: Redis' key specifications (COMMAND INFO) read by one small
 * interpreter. COMMAND GETKEYS, GETKEYSANDFLAGS and the key permissions of users stand on it.
 */
import type { CommandDescription } from "./command-table.js";
import { commandInfoFacts, type Fact } from "./facts/command-info.js";

export interface KeyUse {
  readonly position: number;
  /** As Redis names them: "RW", "access", "update", … */
  readonly flags: readonly string[];
  readonly reads: boolean;
  readonly writes: boolean;
  /** Routed like a key and none: a shard channel. */
  readonly isNotKey: boolean;
}

type Start = { readonly index: number } | { readonly keyword: string; readonly startFrom: number } | undefined;
type Find =
  | { readonly kind: "range"; readonly lastKey: number; readonly step: number; readonly limit: number }
  | { readonly kind: "keynum"; readonly keyNumberIndex: number; readonly firstKey: number; readonly step: number }
  | undefined;
interface KeySpec {
  readonly flags: readonly string[];
  readonly start: Start;
  readonly find: Find;
}

const parsed = new Map<string, { readonly fact: readonly Fact[]; readonly subcommands: ReadonlyMap<string, readonly Fact[]> }>();

/** What COMMAND INFO says of a command ("config|get" for a subcommand); undefined for one that Redis 7.0 does not have. */
export function commandFact(name: string): readonly Fact[] | undefined {
  const [top = "", sub] = name.split("|");
  let entry = parsed.get(top);
  if (entry === undefined) {
    const text = commandInfoFacts[top];
    if (text === undefined) return undefined;
    const fact = JSON.parse(text) as Fact[];
    const subcommands = (fact[9] as { s?: Fact[] } | Fact[]) ?? [];
    const list = (Array.isArray(subcommands) ? subcommands : (subcommands.s ?? [])) as Fact[][];
    entry = { fact, subcommands: new Map(list.map((f) => [(f[0] as string).slice(1), f])) };
    parsed.set(top, entry);
  }
  return sub === undefined ? entry.fact : entry.subcommands.get(name);
}

const specCache = new Map<string, readonly KeySpec[]>();

function fieldsOf(fact: Fact): Map<string, Fact> {
  const pairs = (fact as { m: Fact[] }).m;
  const out = new Map<string, Fact>();
  for (let i = 0; i < pairs.length; i += 2) out.set((pairs[i] as string).slice(1), pairs[i + 1] as Fact);
  return out;
}

function specsOf(name: string): readonly KeySpec[] {
  let specs = specCache.get(name);
  if (specs !== undefined) return specs;
  const listed = commandFact(name)?.[8];
  const list = (Array.isArray(listed) ? listed : ((listed as { s?: Fact[] } | undefined)?.s ?? [])) as Fact[];
  specs = list.map((fact) => {
    const fields = fieldsOf(fact);
    const flags = ((fields.get("flags") as { s: string[] }).s ?? []).map((f) => f.slice(1));
    const begin = fieldsOf(fields.get("begin_search") as Fact);
    const find = fieldsOf(fields.get("find_keys") as Fact);
    const number = (map: Map<string, Fact>, key: string) => map.get(key) as number;
    const startFields = begin.get("type") === "$unknown" ? undefined : fieldsOf(begin.get("spec") as Fact);
    const findFields = find.get("type") === "$unknown" ? undefined : fieldsOf(find.get("spec") as Fact);
    const start: Start =
      startFields === undefined
        ? undefined
        : begin.get("type") === "$index"
          ? { index: number(startFields, "index") }
          : { keyword: (startFields.get("keyword") as string).slice(1).toLowerCase(), startFrom: number(startFields, "startfrom") };
    const finder: Find =
      findFields === undefined
        ? undefined
        : find.get("type") === "$range"
          ? {
              kind: "range",
              lastKey: number(findFields, "lastkey"),
              step: number(findFields, "keystep"),
              limit: number(findFields, "limit"),
            }
          : {
              kind: "keynum",
              keyNumberIndex: number(findFields, "keynumidx"),
              firstKey: number(findFields, "firstkey"),
              step: number(findFields, "keystep"),
            };
    return { flags, start, find: finder };
  });
  specCache.set(name, specs);
  return specs;
}

/** Whether the command has keys at all (it may have none for these arguments). */
export const hasKeys = (command: CommandDescription): boolean =>
  specsOf(command.name).length > 0 || command.firstKey > 0 || command.keyCountAt > 0;

/** The keys of a whole command (args[0] is its name); undefined when the arguments make no sense. */
export function keyUses(command: CommandDescription, args: readonly Uint8Array[]): KeyUse[] | undefined {
  const specs = specsOf(command.name);
  if (commandFact(command.name) === undefined) return plainUses(command, args);
  if (command.name === "sort" || command.name === "sort_ro") return sortUses(args);
  if (command.name.startsWith("georadius")) return geoRadiusUses(command.name, args);
  const out: KeyUse[] = [];
  const word = (i: number) => Buffer.from(args[i] as Uint8Array).toString("latin1");
  for (const spec of specs) {
    if (spec.start === undefined || spec.find === undefined) continue;
    let first = -1;
    if ("index" in spec.start) first = spec.start.index;
    else {
      const { keyword, startFrom } = spec.start;
      const step = startFrom > 0 ? 1 : -1;
      const from = startFrom > 0 ? startFrom : args.length + startFrom;
      for (let i = from; i >= 1 && i < args.length; i += step)
        if (word(i).toLowerCase() === keyword) {
          first = i + 1;
          break;
        }
    }
    if (first < 0 || first >= args.length) continue;
    // MIGRATE … "" … KEYS a b: the keys are the ones behind KEYS.
    if (command.name === "migrate" && "index" in spec.start && word(first) === "") continue;
    let last: number;
    let step = 1;
    if (spec.find.kind === "range") {
      step = spec.find.step;
      const { lastKey, limit } = spec.find;
      if (lastKey >= 0) last = first + lastKey;
      else if (limit <= 1) last = args.length + lastKey;
      else last = first + Math.floor((args.length - first) / limit + lastKey);
    } else {
      step = spec.find.step;
      const at = first + spec.find.keyNumberIndex;
      const count = at < args.length && /^\d{1,9}$/.test(word(at)) ? Number(word(at)) : -1;
      if (count < 0) return undefined;
      first += spec.find.firstKey;
      last = first + (count - 1) * step;
    }
    if (last >= args.length) return undefined;
    for (let i = first; i <= last; i += step) out.push(use(i, flagsFor(command.name, spec.flags, args)));
  }
  return out;
}

function use(position: number, flags: readonly string[]): KeyUse {
  return {
    position,
    flags,
    reads: flags.includes("access"),
    writes: flags.includes("insert") || flags.includes("update") || flags.includes("delete"),
    isNotKey: flags.includes("not_key"),
  };
}

/** Flags that depend on the arguments. */
function flagsFor(name: string, flags: readonly string[], args: readonly Uint8Array[]): readonly string[] {
  if (!flags.includes("variable_flags")) return flags;
  const words = args.slice(1).map((a) => Buffer.from(a).toString("latin1").toLowerCase());
  if (name === "set") return words.slice(2).includes("get") ? ["RW", "access", "update"] : ["OW", "update"];
  if (name === "bitfield") {
    // GET alone reads.
    const writes = words.some((w) => w === "set" || w === "incrby");
    return writes ? ["RW", "access", "update"] : ["RO", "access"];
  }
  return flags.filter((f) => f !== "variable_flags");
}

function sortUses(args: readonly Uint8Array[]): KeyUse[] {
  const out = [use(1, ["RO", "access"])];
  for (let i = 2; i < args.length; i++) {
    const word = Buffer.from(args[i] as Uint8Array)
      .toString("latin1")
      .toLowerCase();
    if (word === "limit") i += 2;
    else if (word === "get" || word === "by") i++;
    else if (word === "store" && i + 1 < args.length) out[1] = use(++i, ["OW", "update"]);
  }
  return out;
}

function geoRadiusUses(name: string, args: readonly Uint8Array[]): KeyUse[] {
  const out = [use(1, ["RO", "access"])];
  for (let i = 5; i < args.length && !name.endsWith("_ro"); i++) {
    const word = Buffer.from(args[i] as Uint8Array)
      .toString("latin1")
      .toLowerCase();
    if ((word === "store" || word === "storedist") && i + 1 < args.length) out[1] = use(++i, ["OW", "update"]);
  }
  return out;
}

/** A command that Redis 7.0 does not know: by the table's positions. */
function plainUses(command: CommandDescription, args: readonly Uint8Array[]): KeyUse[] {
  const out: KeyUse[] = [];
  const flags = command.flags.includes("write") ? ["RW", "access", "update"] : ["RO", "access"];
  if (command.firstKey > 0) {
    const last = command.lastKey < 0 ? args.length + command.lastKey : command.lastKey;
    for (let i = command.firstKey; i <= last && i < args.length; i += Math.max(command.keyStep, 1)) out.push(use(i, flags));
  }
  return out;
}
