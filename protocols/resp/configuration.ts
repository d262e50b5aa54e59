/**
 * What CONFIG GET and SET know. A parameter that does nothing here is not in the table: setting it is refused, never swallowed.
 */
import type { KeyspaceBinding } from "../../src/native/keyspace.js";

export type AppendFsync = "always" | "everysec" | "no";

const maxMemory = 5; // KeyspaceBinding.limit
const evictionPolicies = [
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
];

/** "100mb" to bytes: k, m, g are powers of 1000, kb, mb, gb of 1024. */
function memoryValue(text: string): number | undefined {
  const match = /^(\d+)(b|k|kb|m|mb|g|gb)?$/i.exec(text);
  if (match === null) return undefined;
  const unit = (match[2] ?? "b").toLowerCase();
  const bytes = Number(match[1]) * (unit.length === 2 ? 1024 : 1000) ** " kmg".indexOf(unit === "b" ? " " : (unit[0] as string));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

interface Parameter {
  get(): string;
  /** Absent: read-only. Returns an error text. */
  set?(value: string): string | undefined;
}

export class RespConfiguration {
  requirepass = "";
  appendfsync: AppendFsync = "everysec";
  timeoutSeconds = 0;
  readonly maxClients = 10000;
  readonly #parameters = new Map<string, Parameter>();

  constructor(keyspace: Pick<KeyspaceBinding, "limit">) {
    const limit = (name: string, which: number) => {
      const parameter: Parameter = {
        get: () => String(keyspace.limit(which, -1)),
        set: (value) => {
          if (!/^\d+$/.test(value)) return "argument couldn't be parsed into an integer";
          keyspace.limit(which, Number(value));
          return undefined;
        },
      };
      this.#parameters.set(name, parameter);
      this.#parameters.set(name.replace("listpack", "ziplist"), parameter);
    };
    limit("hash-max-listpack-entries", 0);
    limit("hash-max-listpack-value", 1);
    limit("set-max-intset-entries", 2);
    limit("zset-max-listpack-entries", 3);
    limit("zset-max-listpack-value", 4);
    const fixed = (name: string, value: string) => this.#parameters.set(name, { get: () => value });
    fixed("appendonly", "yes");
    fixed("save", "");
    fixed("databases", "16");
    this.#parameters.set("maxmemory", {
      get: () => String(keyspace.limit(maxMemory, -1)),
      set: (value) => {
        const bytes = memoryValue(value);
        if (bytes === undefined) return "argument must be a memory value";
        keyspace.limit(maxMemory, bytes);
        return undefined;
      },
    });
    this.#parameters.set("maxmemory-policy", {
      get: () => "noeviction",
      set: (value) => {
        const policy = value.toLowerCase();
        if (policy === "noeviction") return undefined;
        return evictionPolicies.includes(policy)
          ? `${policy} is not supported yet`
          : `argument(s) must be one of the following: ${[...evictionPolicies, "noeviction"].join(", ")}`;
      },
    });
    fixed("maxclients", String(this.maxClients));
    fixed("proto-max-bulk-len", "536870912");
    fixed("list-max-listpack-size", "-2");
    fixed("list-max-ziplist-size", "-2");
    fixed("notify-keyspace-events", "");
    this.#parameters.set("requirepass", { get: () => this.requirepass, set: (value) => void (this.requirepass = value) });
    this.#parameters.set("timeout", {
      get: () => String(this.timeoutSeconds),
      set: (value) => (/^\d+$/.test(value) ? void (this.timeoutSeconds = Number(value)) : "argument couldn't be parsed into an integer"),
    });
    this.#parameters.set("appendfsync", {
      get: () => this.appendfsync,
      set: (value) => {
        const lower = value.toLowerCase();
        if (lower !== "always" && lower !== "everysec" && lower !== "no")
          return "argument(s) must be one of the following: everysec, always, no";
        this.appendfsync = lower;
        return undefined;
      },
    });
  }

  names(): IterableIterator<string> {
    return this.#parameters.keys();
  }
  get(name: string): string {
    return (this.#parameters.get(name) as Parameter).get();
  }
  /** All or nothing; the error's text after "ERR ". */
  set(pairs: readonly (readonly [string, string])[]): string | undefined {
    const before: [Parameter, string][] = [];
    const names = new Set<string>();
    for (const [name] of pairs) {
      const parameter = this.#parameters.get(name);
      if (parameter === undefined) return `Unknown option or number of arguments for CONFIG SET - '${name}'`;
      if (names.has(name)) return `CONFIG SET failed (possibly related to argument '${name}') - duplicate parameter`;
      names.add(name);
    }
    for (const [name, value] of pairs) {
      const parameter = this.#parameters.get(name) as Parameter;
      const previous = parameter.get();
      if (parameter.set === undefined && value === previous) continue;
      const error = parameter.set === undefined ? "can't set immutable config" : parameter.set(value);
      if (error !== undefined) {
        for (const [p, v] of before.reverse()) p.set?.(v);
        return `CONFIG SET failed (possibly related to argument '${name}') - ${error}`;
      }
      before.push([parameter, previous]);
    }
    return undefined;
  }
}
