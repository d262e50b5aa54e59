/**
 * One set of permissions of a user: commands, key patterns, channels. A user has a root selector and any number of further ones; a
 * command is allowed when one of them allows all of it.
 */
import { type CommandDescription, commandTable, type KeyUse, keyUses, subcommandTable } from "../../../src/keyspace/index.js";
import { channelUses } from "../channel-uses.js";
import { globMatchBytes } from "../glob.js";

export const categories = [
  ...["keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream", "pubsub"],
  ...["admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting"],
] as const;

interface KeyPattern {
  readonly pattern: string;
  readonly read: boolean;
  readonly write: boolean;
}

/** What a selector does not allow: the argument it is about, and what to tell. */
export interface Denial {
  readonly kind: "command" | "key" | "channel";
  readonly argument: number;
  /** The command, key or channel. */
  readonly object: string;
}

export const subcommandsOf = (name: string): CommandDescription[] =>
  [...subcommandTable.values()].filter((sub) => sub.name.startsWith(`${name}|`));
const everyCommand: readonly CommandDescription[] = [...commandTable.values(), ...subcommandTable.values()];

export class AclSelector {
  allCommands = false;
  allKeys = false;
  allChannels = false;
  /** Names, subcommands as "config|get". With allCommands also what is not in the table yet. */
  #commands = new Set<string>();
  #firstArguments = new Map<string, string[]>();
  #keys: KeyPattern[] = [];
  #channels: string[] = [];

  /** Applies one rule; the error's text, in Redis' words, when it is none. */
  apply(rule: string): string | undefined {
    const lower = rule.toLowerCase();
    switch (lower) {
      case "allkeys":
        this.allKeys = true;
        this.#keys = [];
        return undefined;
      case "resetkeys":
        this.allKeys = false;
        this.#keys = [];
        return undefined;
      case "allchannels":
        this.allChannels = true;
        this.#channels = [];
        return undefined;
      case "resetchannels":
        this.allChannels = false;
        this.#channels = [];
        return undefined;
      case "allcommands":
      case "+@all":
        this.allCommands = true;
        for (const command of everyCommand) this.#commands.add(command.name);
        this.#firstArguments.clear();
        return undefined;
      case "nocommands":
      case "-@all":
        this.allCommands = false;
        this.#commands.clear();
        this.#firstArguments.clear();
        return undefined;
    }
    if (rule[0] === "~" || rule[0] === "%") return this.#applyKey(rule);
    if (rule[0] === "&") return this.#applyChannel(rule.slice(1));
    if (rule[0] === "+" || rule[0] === "-") return this.#applyCommand(rule[0] === "+", lower.slice(1));
    return "Syntax error";
  }

  #applyKey(rule: string): string | undefined {
    let read = true;
    let write = true;
    let pattern = rule.slice(1);
    if (rule[0] === "%") {
      const parsed = /^([rRwW]*)(?:~([\s\S]*))?$/.exec(pattern);
      if (parsed === null || parsed[1] === "") return "Syntax error";
      if (parsed[2] === undefined) return undefined; // as Redis: permissions without a pattern change nothing
      read = /r/i.test(parsed[1] as string);
      write = /w/i.test(parsed[1] as string);
      pattern = parsed[2];
    }
    if (this.allKeys)
      return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns";
    if (pattern === "*" && read && write) return this.apply("allkeys");
    if (/[\s\0]/.test(pattern)) return "Syntax error";
    const same = this.#keys.findIndex((k) => k.pattern === pattern);
    if (same < 0) this.#keys.push({ pattern, read, write });
    else {
      const old = this.#keys[same] as KeyPattern;
      this.#keys[same] = { pattern, read: read || old.read, write: write || old.write };
    }
    return undefined;
  }
  #applyChannel(pattern: string): string | undefined {
    if (this.allChannels)
      return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels";
    if (pattern === "*") return this.apply("allchannels");
    if (/[\s\0]/.test(pattern)) return "Syntax error";
    if (!this.#channels.includes(pattern)) this.#channels.push(pattern);
    return undefined;
  }
  #applyCommand(allow: boolean, name: string): string | undefined {
    const unknown = "Unknown command or category name in ACL";
    if (name.startsWith("@")) {
      const category = name.slice(1);
      if (!(categories as readonly string[]).includes(category)) return unknown;
      for (const command of commandTable.values()) if (command.categories.includes(category)) this.#set(command.name, allow, false);
      for (const sub of subcommandTable.values()) if (sub.categories.includes(category)) this.#set(sub.name, allow, false);
      return undefined;
    }
    const [top = "", sub, more] = name.split("|");
    const command = commandTable.get(top);
    if (command === undefined) return unknown;
    if (sub === undefined) {
      this.#set(top, allow, true);
      return undefined;
    }
    if (subcommandTable.has(`${top}|${sub}`)) {
      if (more !== undefined) return "Allowing first-arg of a subcommand is not supported";
      this.#set(`${top}|${sub}`, allow, false);
      return undefined;
    }
    // A first argument may be allowed, never denied; a container has subcommands only.
    if (!allow || subcommandsOf(top).length > 0 || more !== undefined || sub === "") return unknown;
    if (this.#commands.has(top)) return undefined;
    const list = this.#firstArguments.get(top) ?? [];
    if (!list.includes(sub)) this.#firstArguments.set(top, [...list, sub]);
    return undefined;
  }
  #set(name: string, allow: boolean, withSubcommands: boolean): void {
    if (allow) this.#commands.add(name);
    else {
      this.#commands.delete(name);
    }
    if (!name.includes("|")) this.#firstArguments.delete(name);
    if (withSubcommands) for (const sub of subcommandsOf(name)) this.#set(sub.name, allow, false);
  }

  /** Whether every command on every key and channel is allowed: then nothing needs to be checked. */
  get isUnrestricted(): boolean {
    return this.allCommands && this.allKeys && this.allChannels && everyCommand.every((command) => this.#commands.has(command.name));
  }

  allowsCommand(command: CommandDescription, firstArgument: string | undefined): boolean {
    if (command.flags.includes("no_auth") || this.#commands.has(command.name)) return true;
    return firstArgument !== undefined && (this.#firstArguments.get(command.name)?.includes(firstArgument.toLowerCase()) ?? false);
  }

  /** `command` is the subcommand where there is one. */
  check(command: CommandDescription, args: readonly Buffer[]): Denial | undefined {
    if (!this.allowsCommand(command, args[1]?.toString("latin1"))) return { kind: "command", argument: 0, object: command.name };
    if (!this.allKeys) {
      for (const use of keyUses(command, args) ?? []) {
        if (use.isNotKey) continue;
        const key = (args[use.position] as Buffer).toString("latin1");
        if (!this.#allowsKey(key, use)) return { kind: "key", argument: use.position, object: key };
      }
    }
    if (!this.allChannels) {
      for (const use of channelUses(command.name, args)) {
        const channel = (args[use.position] as Buffer).toString("latin1");
        const allowed = this.#channels.some((pattern) => (use.isPattern ? pattern === channel : globMatchBytes(pattern, channel)));
        if (!allowed) return { kind: "channel", argument: use.position, object: channel };
      }
    }
    return undefined;
  }
  #allowsKey(key: string, use: KeyUse): boolean {
    return this.#keys.some((k) => (k.read || !use.reads) && (k.write || !use.writes) && globMatchBytes(k.pattern, key));
  }
  allowsChannels(channels: Iterable<string>, isPattern: boolean): boolean {
    if (this.allChannels) return true;
    for (const channel of channels)
      if (!this.#channels.some((pattern) => (isPattern ? pattern === channel : globMatchBytes(pattern, channel)))) return false;
    return true;
  }

  keysText(): string {
    if (this.allKeys) return "~*";
    return this.#keys.map((k) => `${k.read && k.write ? "~" : k.read ? "%R~" : "%W~"}${k.pattern}`).join(" ");
  }
  channelsText(): string {
    return this.allChannels ? "&*" : this.#channels.map((c) => `&${c}`).join(" ");
  }
  /**
   * Rules that give the same commands: from all or none, the categories that fit best, then single commands.
   * Source: Redis 7.0 describes a user in this way too, so ACL LIST reads the same.
   */
  commandsText(): string {
    const additive = !this.allCommands;
    const fake = new AclSelector();
    fake.apply(additive ? "-@all" : "+@all");
    const rest = new Set(this.#commands);
    const rules = [additive ? "-@all" : "+@all"];
    const left = new Set<string>(categories);
    for (;;) {
      let best: string | undefined;
      let fewest = Number.POSITIVE_INFINITY;
      let most = 0;
      for (const category of left) {
        let on = 0;
        let off = 0;
        for (const command of everyCommand)
          if (command.categories.includes(category)) {
            if (rest.has(command.name)) on++;
            else off++;
          }
        const differ = additive ? off : on;
        const same = additive ? on : off;
        if (same > differ && (differ < fewest || (differ === fewest && same > most))) {
          best = category;
          fewest = differ;
          most = same;
        }
      }
      if (best === undefined) break;
      const rule = `${additive ? "+@" : "-@"}${best}`;
      fake.apply(rule);
      for (const command of everyCommand)
        if (command.categories.includes(best)) {
          if (additive) rest.delete(command.name);
          else rest.add(command.name);
        }
      rules.push(rule);
      left.delete(best);
    }
    const single = (command: CommandDescription) => {
      const mine = this.#commands.has(command.name);
      if (mine !== fake.#commands.has(command.name)) {
        rules.push(`${mine ? "+" : "-"}${command.name}`);
        fake.#set(command.name, mine, true);
      }
      for (const sub of subcommandsOf(command.name)) single(sub);
      if (!mine) for (const argument of this.#firstArguments.get(command.name) ?? []) rules.push(`+${command.name}|${argument}`);
    };
    for (const command of commandTable.values()) single(command);
    return rules.join(" ");
  }
  /** As in ACL LIST; `isRoot` without parentheses. */
  text(isRoot: boolean): string {
    const parts = [
      this.keysText(),
      this.allChannels ? "&*" : `resetchannels${this.#channels.map((c) => ` &${c}`).join("")}`,
      this.commandsText(),
    ];
    const text = parts.filter((p) => p !== "").join(" ");
    return isRoot ? text : `(${text})`;
  }
  copy(): AclSelector {
    const other = new AclSelector();
    other.allCommands = this.allCommands;
    other.allKeys = this.allKeys;
    other.allChannels = this.allChannels;
    other.#commands = new Set(this.#commands);
    other.#firstArguments = new Map(this.#firstArguments);
    other.#keys = [...this.#keys];
    other.#channels = [...this.#channels];
    return other;
  }
}
