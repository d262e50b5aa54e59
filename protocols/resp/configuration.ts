/**
 * What CONFIG GET and SET know: each parameter with its kind, and what it does when it is set. Parameters that change how Redis works
 * inside and nothing that a client could see are kept and shown ("facts"); those whose promise would not be kept here are refused.
 *
 * CONFIG REWRITE keeps what CONFIG SET changed in the log (SideSpace.settings); it is set again at the next start, below the command
 * line's options.
 */
import type { CommandDescription } from "../../src/keyspace/index.js";
import { SideSpace } from "../../src/native/index.js";
import { facts } from "./configuration-facts.js";
import { checkValue, memoryValue } from "./configuration-values.js";
import type { RespServer } from "./server.js";
import type { RespSession } from "./session.js";

export type AppendFsync = "always" | "everysec" | "no";

/** client-output-buffer-limit of one class of clients, in bytes and seconds; 0: none. */
export interface OutputLimit {
  readonly hard: number;
  readonly soft: number;
  readonly softSeconds: number;
}

export interface Parameter {
  get(): string;
  /** Absent: read-only. Returns an error text. */
  set?(value: string): string | undefined;
  /** Other names of the same. */
  readonly alias?: string;
}

// Numbers of KeyspaceBinding.limit.
const maxMemory = 5;
const evictionPolicy = 12;
const listPackedSize = 13;
/** In the order of the enumeration Eviction (native/keyspace/limits.h). */
const evictionPolicies = [
  "noeviction",
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
];
const notifyLetters: readonly (readonly [string, number])[] = [
  ["g", 1 << 2],
  ["$", 1 << 3],
  ["l", 1 << 4],
  ["s", 1 << 5],
  ["h", 1 << 6],
  ["z", 1 << 7],
  ["x", 1 << 8],
  ["e", 1 << 9],
  ["t", 1 << 10],
  ["d", 1 << 13],
];
const notifyRest: readonly (readonly [string, number])[] = [
  ["K", 1],
  ["E", 2],
  ["m", 1 << 11],
];
/** Redis 7.0 takes it and does not show it. */
const notifyNew = 1 << 14;
const notifyAll = notifyLetters.reduce((sum, [, bit]) => sum | bit, 0);

function notifyFlags(text: string): number | undefined {
  let flags = 0;
  for (const letter of text) {
    const bit =
      letter === "A" ? notifyAll : letter === "n" ? notifyNew : [...notifyLetters, ...notifyRest].find(([l]) => l === letter)?.[1];
    if (bit === undefined) return undefined;
    flags |= bit;
  }
  return flags;
}
function notifyText(flags: number): string {
  const classes = (flags & notifyAll) === notifyAll ? "A" : notifyLetters.map(([l, bit]) => (flags & bit ? l : "")).join("");
  return classes + notifyRest.map(([l, bit]) => (flags & bit ? l : "")).join("");
}

export class RespConfiguration {
  requirepass = "";
  appendfsync: AppendFsync = "everysec";
  timeoutSeconds = 0;
  busyReplyMillis = 5000;
  activeExpire = true;
  /** DEBUG PAUSE-CRON. */
  cronPaused = false;
  latencyPercentiles: readonly number[] = [50, 99, 99.9];
  latencyTracking = true;
  outputLimits: Record<"normal" | "replica" | "pubsub", OutputLimit> = {
    normal: { hard: 0, soft: 0, softSeconds: 0 },
    replica: { hard: 268435456, soft: 67108864, softSeconds: 60 },
    pubsub: { hard: 33554432, soft: 8388608, softSeconds: 60 },
  };
  queryLimitBytes = 2 ** 30;
  readonly maxClients = 10000;
  #notify = 0;
  #listPackedSize = "-2";
  #slowMicros = 10000;
  #slowLength = 128;
  #latencyMillis = 0;
  #trackingKeys = 1000000;
  readonly #parameters = new Map<string, Parameter>();
  readonly #server: RespServer;
  /** Set by CONFIG SET since the start: what CONFIG REWRITE keeps. */
  readonly #changed = new Set<string>();

  constructor(server: RespServer) {
    this.#server = server;
    const { keyspace } = server.options.addon;
    const { engine } = server.options;
    for (const [name, parameter] of facts()) this.#parameters.set(name, parameter);
    const add = (name: string, parameter: Parameter, ...others: string[]) => {
      for (const each of [name, ...others]) this.#parameters.set(each, parameter);
    };
    /** A parameter whose value is checked first, then set as CONFIG GET will show it. */
    const checked = (kind: string, get: () => string, set: (value: string) => void): Parameter => ({
      get,
      set: (value) => {
        const result = checkValue(kind, value, get());
        if ("error" in result) return result.error;
        set(result.value);
        return undefined;
      },
    });
    const limit = (name: string, which: number, kind: string) =>
      add(
        name,
        checked(
          kind,
          () => String(keyspace.limit(which, -1)),
          (value) => void keyspace.limit(which, Number(value)),
        ),
        ...(name.includes("listpack") ? [name.replace("listpack", "ziplist")] : []),
      );
    const whole = "integer 0 9223372036854775807";
    limit("hash-max-listpack-entries", 0, whole);
    limit("hash-max-listpack-value", 1, "memory 0");
    limit("set-max-intset-entries", 2, whole);
    limit("zset-max-listpack-entries", 3, whole);
    limit("zset-max-listpack-value", 4, "memory 0");
    limit("stream-node-max-bytes", 6, "memory 0");
    limit("stream-node-max-entries", 7, whole);
    limit("hll-sparse-max-bytes", 8, "memory 0");
    limit("maxmemory-samples", 9, "integer 1 2147483647");
    limit("lfu-log-factor", 10, "integer 0 2147483647");
    limit("lfu-decay-time", 11, "integer 0 2147483647");
    add(
      "maxmemory-policy",
      checked(
        `enum ${[...evictionPolicies.slice(1), "noeviction"].join(", ")}`,
        () => evictionPolicies[keyspace.limit(evictionPolicy, -1)] as string,
        (value) => void keyspace.limit(evictionPolicy, evictionPolicies.indexOf(value)),
      ),
    );
    add(
      "list-max-listpack-size",
      {
        get: () => this.#listPackedSize,
        set: (value) => {
          const result = checkValue("integer -2147483648 2147483647", value, "");
          if ("error" in result) return result.error;
          // Below -5 Redis takes it for -5; near the end of 32 bits what is kept would run over.
          this.#listPackedSize = result.value;
          keyspace.limit(listPackedSize, Math.min(Math.max(Number(result.value), -5), 2147483637) + 10);
          return undefined;
        },
      },
      "list-max-ziplist-size",
    );
    const big = Number.MAX_SAFE_INTEGER;
    const integer = (name: string, min: number, max: number, get: () => number, set: (value: number) => void, ...others: string[]) =>
      add(
        name,
        checked(
          `integer ${min} ${max === big ? "9223372036854775807" : max}`,
          () => String(get()),
          (value) => set(Math.min(Number(value), big)),
        ),
        ...others,
      );
    add(
      "maxmemory",
      checked(
        "memory",
        () => String(keyspace.limit(maxMemory, -1)),
        (value) => void keyspace.limit(maxMemory, Number(value)),
      ),
    );
    add(
      "client-query-buffer-limit",
      checked(
        "memory 1048576",
        () => String(this.queryLimitBytes),
        (value) => {
          this.queryLimitBytes = Math.min(Number(value), Number.MAX_SAFE_INTEGER);
          server.configureFastLanes();
        },
      ),
    );
    // Not Redis': the relations over keys in SQL answer prefixes, ranges and orders of keys by it.
    add(
      "ordered-keys",
      checked(
        "boolean",
        () => (keyspace.orderedKeys(engine) ? "yes" : "no"),
        (value) => {
          if ((value === "yes") !== keyspace.orderedKeys(engine)) keyspace.orderedKeys(engine, value === "yes");
        },
      ),
    );
    integer(
      "timeout",
      0,
      2147483647,
      () => this.timeoutSeconds,
      (v) => (this.timeoutSeconds = v),
    );
    integer(
      "busy-reply-threshold",
      0,
      big,
      () => this.busyReplyMillis,
      (v) => (this.busyReplyMillis = v),
      "lua-time-limit",
    );
    integer(
      "slowlog-log-slower-than",
      -1,
      big,
      () => this.#slowMicros,
      (v) => this.#setSlow((this.#slowMicros = v)),
    );
    integer(
      "slowlog-max-len",
      0,
      big,
      () => this.#slowLength,
      (v) => keyspace.slowLogSettings(Number.NaN, (this.#slowLength = v), Number.NaN),
    );
    integer(
      "latency-monitor-threshold",
      0,
      big,
      () => this.#latencyMillis,
      (v) => keyspace.slowLogSettings(Number.NaN, Number.NaN, (this.#latencyMillis = v)),
    );
    integer(
      "acllog-max-len",
      0,
      big,
      () => server.aclLog.maxLength,
      (v) => (server.aclLog.maxLength = v),
    );
    integer(
      "tracking-table-max-keys",
      0,
      big,
      () => this.#trackingKeys,
      (v) => void keyspace.trackingTotals(engine, (this.#trackingKeys = v)),
    );
    // Decided at the start: Redis lets them be set, here to what they are.
    const decided = (name: string, kind: string, get: () => string) =>
      add(
        name,
        checked(`only ${kind}`, get, () => undefined),
      );
    decided("maxclients", "integer 1 4294967295", () => String(this.maxClients));
    decided("port", "integer 0 65535", () => String(server.options.port ?? 0));
    decided("dir", "text", () => server.options.dataFolder ?? "");
    add(
      "replicaof",
      {
        get: () => {
          const { primary } = server.replication;
          return primary === undefined ? "" : `${primary.host} ${primary.port}`;
        },
      },
      "slaveof",
    );
    add("requirepass", {
      get: () => this.requirepass,
      set: (value) => {
        this.requirepass = value;
        const user = server.acl.default;
        user.set(value === "" ? ["resetpass", "nopass"] : ["resetpass", `>${Buffer.from(value).toString("latin1")}`]);
        for (const session of server.sessions.values()) if (session.user === user) session.configure();
        return undefined;
      },
    });
    add("notify-keyspace-events", {
      get: () => notifyText(this.#notify),
      set: (value) => {
        const flags = notifyFlags(value);
        if (flags === undefined) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
        this.#notify = flags;
        // Classes without a channel to tell them on are nothing.
        keyspace.setNotify(engine, (flags & 3) === 0 ? 0 : flags);
        return undefined;
      },
    });
    add("appendfsync", {
      get: () => this.appendfsync,
      set: (value) => {
        const lower = value.toLowerCase();
        if (lower !== "always" && lower !== "everysec" && lower !== "no")
          return "argument(s) must be one of the following: everysec, always, no";
        this.appendfsync = lower;
        server.configureFastLanes();
        return undefined;
      },
    });
    add("latency-tracking-info-percentiles", {
      get: () => this.latencyPercentiles.join(" "),
      set: (value) => {
        const numbers = value
          .split(/\s+/)
          .filter((w) => w !== "")
          .map(Number);
        if (numbers.some((n) => Number.isNaN(n))) return "Invalid latency-tracking-info-percentiles parameters";
        if (numbers.some((n) => n < 0 || n > 100)) return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
        this.latencyPercentiles = numbers;
        return undefined;
      },
    });
    add("latency-tracking", {
      get: () => (this.latencyTracking ? "yes" : "no"),
      set: (value) => {
        if (!/^(yes|no)$/i.test(value)) return "argument must be 'yes' or 'no'";
        this.latencyTracking = value.toLowerCase() === "yes";
        return undefined;
      },
    });
    add("maxmemory-clients", {
      get: () => this.#clientsLimit,
      set: (value) => {
        const percent = /^(\d{1,9})%$/.exec(value);
        if (percent !== null && Number(percent[1]) > 100) return "percentage argument must be less or equal to 100";
        const zero = percent !== null && Number(percent[1]) === 0;
        const checkedValue = percent === null ? checkValue("memory", value, this.#clientsLimit) : { value: zero ? "0" : value };
        if ("error" in checkedValue) return percent === null ? "argument must be a memory or percent value" : checkedValue.error;
        this.#clientsLimit = checkedValue.value;
        return undefined;
      },
    });
    let save = "";
    add("save", {
      get: () => save,
      set: (value) => {
        // "seconds changes", any number of times. Durability is the log's, so nothing else follows from it.
        const words = value === "" ? [] : value.split(" ");
        const isWrong = (w: string, i: number) => !/^\d{1,18}$/.test(w) || (i % 2 === 0 && Number(w) < 1);
        if (words.length % 2 !== 0 || words.some(isWrong)) return "Invalid save parameters";
        save = words.map((w) => String(Number(w))).join(" ");
        return undefined;
      },
    });
    add("client-output-buffer-limit", { get: () => this.#outputLimitsText(), set: (value) => this.#setOutputLimits(value) });
  }

  #setSlow(micros: number): void {
    const { keyspace } = this.#server.options.addon;
    keyspace.slowLogSettings(micros, Number.NaN, Number.NaN);
  }

  #clientsLimit = "0";
  /** maxmemory-clients in bytes: a percentage is one of maxmemory; 0: none. */
  get clientsLimitBytes(): number {
    if (this.#clientsLimit === "0") return 0;
    if (!this.#clientsLimit.endsWith("%")) return Number(this.#clientsLimit);
    return Math.floor((Number.parseInt(this.#clientsLimit, 10) * Number(this.get("maxmemory"))) / 100);
  }

  #outputLimitsText(): string {
    return (["normal", "replica", "pubsub"] as const)
      .map((kind) => {
        const { hard, soft, softSeconds } = this.outputLimits[kind];
        return `${kind === "replica" ? "slave" : kind} ${hard} ${soft} ${softSeconds}`;
      })
      .join(" ");
  }
  #setOutputLimits(value: string): string | undefined {
    const words = value.split(/\s+/).filter((w) => w !== "");
    if (words.length % 4 !== 0) return "Wrong number of arguments in buffer limit configuration.";
    const next = { ...this.outputLimits };
    for (let i = 0; i < words.length; i += 4) {
      const kind = { normal: "normal", slave: "replica", replica: "replica", pubsub: "pubsub" }[(words[i] as string).toLowerCase()] as
        | keyof typeof next
        | undefined;
      if (kind === undefined) return "Invalid client class specified in buffer limit configuration.";
      const hard = memoryValue(words[i + 1] as string);
      const soft = memoryValue(words[i + 2] as string);
      const softSeconds = Number(words[i + 3]);
      if (hard === undefined || soft === undefined || !(softSeconds >= 0))
        return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
      next[kind] = { hard, soft, softSeconds };
    }
    this.outputLimits = next;
    this.#server.configureFastLanes();
    return undefined;
  }

  names(): IterableIterator<string> {
    return this.#parameters.keys();
  }
  has(name: string): boolean {
    return this.#parameters.has(name);
  }
  get(name: string): string {
    return (this.#parameters.get(name) as Parameter).get();
  }
  /** All or nothing; the error's text after "ERR ". */
  set(pairs: readonly (readonly [string, string])[]): string | undefined {
    const before: [Parameter, string][] = [];
    const names = new Set<string>();
    for (const [name] of pairs) {
      if (!this.#parameters.has(name)) return `Unknown option or number of arguments for CONFIG SET - '${name}'`;
      if (names.has(name)) return `CONFIG SET failed (possibly related to argument '${name}') - duplicate parameter`;
      names.add(name);
    }
    for (const [name, value] of pairs) {
      const parameter = this.#parameters.get(name) as Parameter;
      const previous = parameter.get();
      const error = parameter.set === undefined ? "can't set immutable config" : parameter.set(value);
      if (error !== undefined) {
        for (const [p, v] of before.reverse()) p.set?.(v);
        return `CONFIG SET failed (possibly related to argument '${name}') - ${error}`;
      }
      before.push([parameter, previous]);
    }
    for (const [name] of pairs) this.#changed.add(name);
    this.#server.replication.settingsChanged();
    return undefined;
  }

  /** CONFIG REWRITE. */
  save(): void {
    const { addon, engine } = this.#server.options;
    for (const name of this.#changed) {
      if (name === "requirepass") continue; // kept with the user, as a hash
      this.#server.noteDurable(addon.keyspace.sideSet(engine, SideSpace.settings, Buffer.from(name), Buffer.from(this.get(name))));
    }
    if (this.#changed.has("requirepass")) this.#server.acl.save(this.#server.acl.default);
  }
  /** What the last CONFIG REWRITE kept; one that does not fit any more is left out. */
  loadSaved(): void {
    const { addon, engine } = this.#server.options;
    const all = addon.keyspace.sideAll(engine, SideSpace.settings);
    for (let i = 0; i < all.length; i += 2) {
      const name = Buffer.from(all[i] as Uint8Array).toString();
      this.#parameters.get(name)?.set?.(Buffer.from(all[i + 1] as Uint8Array).toString());
    }
  }

  /** A command that TypeScript ran: into SLOWLOG and LATENCY when it was slow. */
  noteSlow(session: RespSession, args: readonly Buffer[], command: CommandDescription, micros: number): void {
    const isSlow = this.#slowMicros >= 0 && micros >= this.#slowMicros;
    const isLate = this.#latencyMillis > 0 && micros >= this.#latencyMillis * 1000;
    if ((!isSlow && !isLate) || command.flags.includes("skip_slowlog")) return;
    this.#server.options.addon.keyspace.addSlow(
      args.map((a, i) => hideSecret(args, i) ?? a),
      micros,
      Buffer.from(session.host.remoteAddress ?? "embedded:0"),
      Buffer.from(session.name, "latin1"),
      isLate ? (command.flags.includes("fast") ? "fast-command" : "command") : null,
    );
  }
}

/** Passwords do not go into the log. */
function hideSecret(args: readonly Buffer[], at: number): Buffer | undefined {
  const name = (args[0] as Buffer).toString("latin1").toLowerCase();
  const redacted = Buffer.from("(redacted)");
  if (name === "auth" && at > 0) return redacted;
  if (
    name === "hello" &&
    at > 1 &&
    (args[at - 1]?.toString("latin1").toLowerCase() === "auth" || args[at - 2]?.toString("latin1").toLowerCase() === "auth")
  )
    return redacted;
  if (name === "acl" && at > 2 && /^(setuser|deluser|getuser)$/i.test((args[1] as Buffer).toString("latin1"))) return redacted;
  if (name === "acl" && at === 2 && /^(setuser|deluser|getuser)$/i.test((args[1] as Buffer).toString("latin1"))) return redacted;
  if (name === "config" && at > 2 && /^set$/i.test((args[1] as Buffer).toString("latin1"))) {
    const parameter = args[at - 1]?.toString("latin1").toLowerCase();
    if (
      at % 2 === 1 &&
      (parameter === "requirepass" ||
        parameter === "masterauth" ||
        parameter === "masteruser" ||
        parameter === "tls-key-file-pass" ||
        parameter === "tls-client-key-file-pass")
    )
      return redacted;
  }
  return undefined;
}
