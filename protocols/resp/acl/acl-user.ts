/** A user of the Redis door: on or off, passwords, selectors. Changed by rules, all or none of a command. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { CommandDescription } from "../../../src/keyspace/index.js";
import { AclSelector, type Denial } from "./acl-selector.js";

const hashOf = (password: string) => createHash("sha256").update(Buffer.from(password, "latin1")).digest("hex");

export class AclUser {
  isOn = false;
  noPassword = false;
  /** Whether RESTORE checks payloads deeply; undefined: nobody said. */
  sanitizes: boolean | undefined;
  passwords: string[] = [];
  root = new AclSelector();
  selectors: AclSelector[] = [];
  /** Nothing has to be checked: kept up to date by `set`. */
  isUnrestricted = false;

  constructor(readonly name: string) {}

  /** The user "default" of a fresh server. */
  static newDefault(): AclUser {
    const user = new AclUser("default");
    user.set(["on", "nopass", "~*", "&*", "+@all"]);
    return user;
  }

  /** Applies all rules or none; the error's text after "ERR ". Each rule is one character a byte. */
  set(rules: readonly string[]): string | undefined {
    const merged = mergeSelectors(rules);
    if ("unmatched" in merged) return `Unmatched parenthesis in acl selector starting at '${merged.unmatched}'.`;
    const copy = this.copy();
    for (const rule of merged.rules) {
      const error = copy.#apply(rule);
      if (error !== undefined) return `Error in ACL SETUSER modifier '${rule}': ${error}`;
    }
    this.take(copy);
    return undefined;
  }
  take(other: AclUser): void {
    this.isOn = other.isOn;
    this.noPassword = other.noPassword;
    this.sanitizes = other.sanitizes;
    this.passwords = other.passwords;
    this.root = other.root;
    this.selectors = other.selectors;
    this.isUnrestricted = this.root.isUnrestricted;
  }
  copy(): AclUser {
    const other = new AclUser(this.name);
    other.isOn = this.isOn;
    other.noPassword = this.noPassword;
    other.sanitizes = this.sanitizes;
    other.passwords = [...this.passwords];
    other.root = this.root.copy();
    other.selectors = this.selectors.map((s) => s.copy());
    other.isUnrestricted = this.isUnrestricted;
    return other;
  }

  #apply(rule: string): string | undefined {
    const badHash = "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters";
    const noSuchPassword = "The password you are trying to remove from the user does not exist";
    const add = (hash: string) => {
      if (!this.passwords.includes(hash)) this.passwords.push(hash);
      this.noPassword = false;
      return undefined;
    };
    const remove = (hash: string) => {
      if (!this.passwords.includes(hash)) return noSuchPassword;
      this.passwords = this.passwords.filter((p) => p !== hash);
      return undefined;
    };
    switch (rule.toLowerCase()) {
      case "":
        return undefined;
      case "on":
        this.isOn = true;
        return undefined;
      case "off":
        this.isOn = false;
        return undefined;
      case "nopass":
        this.noPassword = true;
        this.passwords = [];
        return undefined;
      case "resetpass":
        this.noPassword = false;
        this.passwords = [];
        return undefined;
      case "sanitize-payload":
        this.sanitizes = true;
        return undefined;
      case "skip-sanitize-payload":
        this.sanitizes = false;
        return undefined;
      case "clearselectors":
        this.selectors = [];
        return undefined;
      case "reset":
        this.isOn = false;
        this.noPassword = false;
        this.sanitizes = true;
        this.passwords = [];
        this.root = new AclSelector();
        this.selectors = [];
        return undefined;
    }
    switch (rule[0]) {
      case ">":
        return add(hashOf(rule.slice(1)));
      case "<":
        return remove(hashOf(rule.slice(1)));
      case "#":
        return /^[0-9a-f]{64}$/.test(rule.slice(1)) ? add(rule.slice(1)) : badHash;
      case "!":
        return /^[0-9a-f]{64}$/.test(rule.slice(1)) ? remove(rule.slice(1)) : badHash;
      case "(": {
        if (!rule.endsWith(")")) return "Syntax error";
        const selector = new AclSelector();
        for (const word of rule.slice(1, -1).split(/\s+/)) {
          const error = word === "" ? undefined : selector.apply(word);
          if (error !== undefined) return error;
        }
        this.selectors.push(selector);
        return undefined;
      }
      default:
        return this.root.apply(rule);
    }
  }

  accepts(password: string): boolean {
    if (!this.isOn) return false;
    if (this.noPassword) return true;
    const given = Buffer.from(hashOf(password));
    let found = false;
    for (const hash of this.passwords) found = timingSafeEqual(Buffer.from(hash), given) || found;
    return found;
  }

  /** The most telling of the selectors' refusals; undefined when one of them allows the command. */
  check(command: CommandDescription, args: readonly Buffer[]): Denial | undefined {
    if (this.isUnrestricted) return undefined;
    const rank = { command: 1, key: 2, channel: 4 } as const;
    let worst: Denial | undefined;
    for (const selector of [this.root, ...this.selectors]) {
      const denial = selector.check(command, args);
      if (denial === undefined) return undefined;
      if (worst === undefined || rank[denial.kind] > rank[worst.kind] || (denial.kind === worst.kind && denial.argument > worst.argument))
        worst = denial;
    }
    return worst;
  }
  allowsChannels(channels: readonly string[], isPattern: boolean): boolean {
    return [this.root, ...this.selectors].some((s) => s.allowsChannels(channels, isPattern));
  }

  /** ACL GETUSER's flags. */
  flags(): string[] {
    return [
      this.isOn ? "on" : "off",
      ...(this.noPassword ? ["nopass"] : []),
      ...(this.sanitizes === undefined ? [] : [this.sanitizes ? "sanitize-payload" : "skip-sanitize-payload"]),
    ];
  }
  /** A line of ACL LIST. */
  text(): string {
    return `user ${this.name} ${this.rules()}`;
  }
  rules(): string {
    return [...this.flags(), ...this.passwords.map((p) => `#${p}`), this.root.text(true), ...this.selectors.map((s) => s.text(false))].join(
      " ",
    );
  }
}

/** Puts the words of "( … )" together again. */
function mergeSelectors(rules: readonly string[]): { readonly rules: string[] } | { readonly unmatched: string } {
  const out: string[] = [];
  let open: string | undefined;
  let startedAt = "";
  for (const rule of rules) {
    if (open !== undefined) {
      open += ` ${rule}`;
      if (rule.endsWith(")")) {
        out.push(open);
        open = undefined;
      }
    } else if (rule.startsWith("(") && !rule.endsWith(")")) {
      open = rule;
      startedAt = rule;
    } else out.push(rule);
  }
  return open === undefined ? { rules: out } : { unmatched: startedAt };
}

/** Rules of a stored line to words: the parentheses hold spaces. */
export const splitRules = (text: string): string[] => text.split(" ").filter((word) => word !== "");
