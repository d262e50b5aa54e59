/**
 * Parameters of Redis 7.0 that nothing here depends on: kept as they are set, with Redis' defaults, because clients, tools and test suites
 * read and set them. What they tune (lazy freeing, rehashing, how often something is looked at, replication and cluster timing, TLS of
 * Redis' own ports) is decided otherwise here.
 */
import type { Parameter } from "./configuration.js";
import { checkValue } from "./configuration-values.js";

/** Kinds: configuration-values.ts. */
type Row = readonly [name: string, kind: string, value: string];

const rows: readonly Row[] = [
  ["aclfile", "immutable", ""],
  ["active-defrag-cycle-max", "integer 1 99", "25"],
  ["active-defrag-cycle-min", "integer 1 99", "1"],
  ["active-defrag-ignore-bytes", "memory 1", "104857600"],
  ["active-defrag-max-scan-fields", "integer 1 9223372036854775807", "1000"],
  ["active-defrag-threshold-lower", "integer 0 1000", "10"],
  ["active-defrag-threshold-upper", "integer 0 1000", "100"],
  ["active-expire-effort", "integer 1 10", "1"],
  ["activerehashing", "boolean", "yes"],
  ["always-show-logo", "immutable", "no"],
  ["aof-disable-auto-gc", "boolean", "no"],
  ["aof-load-truncated", "boolean", "yes"],
  ["aof-rewrite-incremental-fsync", "boolean", "yes"],
  ["aof-timestamp-enabled", "boolean", "no"],
  ["aof-use-rdb-preamble", "boolean", "yes"],
  ["aof_rewrite_cpulist", "immutable", ""],
  ["appenddirname", "immutable", "appendonlydir"],
  ["appendfilename", "immutable", "appendonly.aof"],
  ["auto-aof-rewrite-min-size", "memory 0", "67108864"],
  ["auto-aof-rewrite-percentage", "integer 0 2147483647", "100"],
  ["bgsave_cpulist", "immutable", ""],
  ["bind-source-addr", "only text", ""],
  ["bio_cpulist", "immutable", ""],
  ["cluster-allow-pubsubshard-when-down", "boolean", "yes"],
  ["cluster-allow-reads-when-down", "boolean", "no"],
  ["cluster-allow-replica-migration", "boolean", "yes"],
  ["cluster-announce-bus-port", "integer 0 65535", "0"],
  ["cluster-announce-hostname", "text", ""],
  ["cluster-announce-ip", "text", ""],
  ["cluster-announce-port", "integer 0 65535", "0"],
  ["cluster-announce-tls-port", "integer 0 65535", "0"],
  ["cluster-config-file", "immutable", "nodes.conf"],
  ["cluster-link-sendbuf-limit", "memory", "0"],
  ["cluster-migration-barrier", "integer 0 2147483647", "1"],
  ["cluster-node-timeout", "integer 0 9223372036854775807", "15000"],
  ["cluster-port", "immutable", "0"],
  ["cluster-preferred-endpoint-type", "enum ip, hostname, unknown-endpoint", "ip"],
  ["cluster-replica-no-failover", "boolean", "no"],
  ["cluster-replica-validity-factor", "integer 0 2147483647", "10"],
  ["cluster-require-full-coverage", "boolean", "yes"],
  ["cluster-slave-no-failover", "boolean", "no"],
  ["cluster-slave-validity-factor", "integer 0 2147483647", "10"],
  ["crash-log-enabled", "boolean", "yes"],
  ["crash-memcheck-enabled", "only boolean", "yes"],
  ["daemonize", "immutable", "yes"],
  ["databases", "immutable", "16"],
  ["dbfilename", "immutable", "dump.rdb"],
  ["disable-thp", "immutable", "yes"],
  ["dynamic-hz", "boolean", "yes"],
  ["enable-module-command", "immutable", "no"],
  ["enable-protected-configs", "immutable", "no"],
  ["hz", "integer 0 2147483647", "10"],
  ["ignore-warnings", "text", ""],
  ["io-threads", "immutable", "1"],
  ["io-threads-do-reads", "immutable", "no"],
  ["jemalloc-bg-thread", "only boolean", "yes"],
  ["lazyfree-lazy-eviction", "boolean", "no"],
  ["lazyfree-lazy-expire", "boolean", "no"],
  ["lazyfree-lazy-server-del", "boolean", "no"],
  ["lazyfree-lazy-user-del", "boolean", "no"],
  ["lazyfree-lazy-user-flush", "boolean", "no"],
  ["list-compress-depth", "integer 0 2147483647", "0"],
  ["logfile", "immutable", ""],
  ["loglevel", "enum debug, verbose, notice, warning", "notice"],
  ["maxmemory-eviction-tenacity", "integer 0 100", "10"],
  ["min-replicas-max-lag", "integer 0 2147483647", "10"],
  ["min-slaves-max-lag", "integer 0 2147483647", "10"],
  ["no-appendfsync-on-rewrite", "boolean", "no"],
  ["oom-score-adj", "enum no, yes, relative, absolute", "no"],
  ["oom-score-adj-values", "text", "0 200 800"],
  ["pidfile", "immutable", ""],
  ["proc-title-template", "text", "{title} {listen-addr} {server-mode}"],
  ["propagation-error-behavior", "enum ignore, panic, panic-on-replicas", "ignore"],
  ["rdb-del-sync-files", "only boolean", "no"],
  ["rdb-save-incremental-fsync", "boolean", "yes"],
  ["rdbchecksum", "immutable", "yes"],
  ["rdbcompression", "boolean", "yes"],
  ["repl-backlog-size", "memory 1", "1048576"],
  ["repl-backlog-ttl", "integer 0 9223372036854775807", "3600"],
  ["repl-disable-tcp-nodelay", "boolean", "no"],
  ["repl-diskless-load", "enum disabled, on-empty-db, swapdb", "disabled"],
  ["repl-diskless-sync", "boolean", "yes"],
  ["repl-diskless-sync-delay", "integer 0 2147483647", "5"],
  ["repl-diskless-sync-max-replicas", "integer 0 2147483647", "0"],
  ["repl-ping-replica-period", "integer 1 2147483647", "10"],
  ["repl-ping-slave-period", "integer 1 2147483647", "10"],
  ["repl-timeout", "integer 1 2147483647", "60"],
  ["replica-announce-ip", "text", ""],
  ["replica-announce-port", "integer 0 65535", "0"],
  ["replica-announced", "boolean", "yes"],
  ["replica-ignore-disk-write-errors", "boolean", "no"],
  ["replica-ignore-maxmemory", "boolean", "yes"],
  ["replica-lazy-flush", "boolean", "no"],
  ["replica-priority", "integer 0 2147483647", "100"],
  ["replica-serve-stale-data", "boolean", "yes"],
  ["sanitize-dump-payload", "enum no, yes, clients", "no"],
  ["server_cpulist", "immutable", ""],
  ["set-proc-title", "immutable", "yes"],
  ["shutdown-on-sigint", "enum default, save, nosave, now, force", "default"],
  ["shutdown-on-sigterm", "enum default, save, nosave, now, force", "default"],
  ["shutdown-timeout", "integer 0 2147483647", "10"],
  ["slave-announce-ip", "text", ""],
  ["slave-announce-port", "integer 0 65535", "0"],
  ["slave-ignore-maxmemory", "boolean", "yes"],
  ["slave-lazy-flush", "boolean", "no"],
  ["slave-priority", "integer 0 2147483647", "100"],
  ["slave-serve-stale-data", "boolean", "yes"],
  ["socket-mark-id", "immutable", "0"],
  ["stop-writes-on-bgsave-error", "boolean", "yes"],
  ["supervised", "immutable", "no"],
  ["syslog-enabled", "immutable", "no"],
  ["syslog-facility", "immutable", "local0"],
  ["syslog-ident", "immutable", "redis"],
  ["tcp-backlog", "immutable", "511"],
  ["tcp-keepalive", "integer 0 2147483647", "300"],
  ["unixsocket", "immutable", ""],
  ["unixsocketperm", "immutable", "0"],
  ["tls-auth-clients", "enum no, yes, optional", "yes"],
  ["tls-ca-cert-dir", "text", ""],
  ["tls-ca-cert-file", "text", ""],
  ["tls-cert-file", "text", ""],
  ["tls-ciphers", "text", ""],
  ["tls-ciphersuites", "text", ""],
  ["tls-client-cert-file", "text", ""],
  ["tls-client-key-file", "text", ""],
  ["tls-client-key-file-pass", "text", ""],
  ["tls-cluster", "only boolean", "no"],
  ["tls-dh-params-file", "text", ""],
  ["tls-key-file", "text", ""],
  ["tls-key-file-pass", "text", ""],
  ["tls-port", "only integer 0 65535", "0"],
  ["tls-prefer-server-ciphers", "boolean", "no"],
  ["tls-protocols", "text", ""],
  ["tls-replication", "only boolean", "no"],
  ["tls-session-cache-size", "integer 0 2147483647", "20480"],
  ["tls-session-cache-timeout", "integer 0 2147483647", "300"],
  ["tls-session-caching", "boolean", "yes"],
  ["activedefrag", "only boolean", "no"],
  ["acl-pubsub-default", "only enum allchannels, resetchannels", "resetchannels"],
  ["appendonly", "only boolean", "yes"],
  ["bind", "only text", "* -::*"],
  ["cluster-enabled", "immutable", "no"],
  ["enable-debug-command", "immutable", "yes"],
  ["min-replicas-to-write", "only integer 0 2147483647", "0"],
  ["masterauth", "text", ""],
  ["masteruser", "text", ""],
  ["proto-max-bulk-len", "only memory 1048576", "536870912"],
  ["protected-mode", "only boolean", "yes"],
  ["replica-read-only", "boolean", "yes"],
  ["replicaof", "immutable", ""],
  ["slave-read-only", "boolean", "yes"],
  ["slaveof", "immutable", ""],
];

const clamp = (min: number, max: number) => (value: string) => String(Math.min(Math.max(Number(value), min), max));
/** What Redis makes of values that it takes and does not like. */
const adjusted: Readonly<Record<string, (value: string) => string>> = {
  hz: clamp(1, 500),
  "repl-backlog-size": clamp(16384, Number.MAX_SAFE_INTEGER),
};

/** Two names of one thing. */
const twins: readonly (readonly [string, string])[] = rows.flatMap(([name]) =>
  name.includes("replica") && rows.some(([other]) => other === name.replace("replica", "slave"))
    ? [[name, name.replace("replica", "slave")] as const]
    : [],
);

export function facts(): Map<string, Parameter> {
  const out = new Map<string, Parameter>();
  for (const [name, kind, initial] of rows) {
    let current = initial;
    const parameter: Parameter = {
      get: () => current,
      ...(kind === "immutable"
        ? {}
        : {
            set: (value: string) => {
              const checked = checkValue(kind, value, current);
              if ("error" in checked) return checked.error;
              current = adjusted[name]?.(checked.value) ?? checked.value;
              return undefined;
            },
          }),
    };
    out.set(name, parameter);
  }
  for (const [name, twin] of twins) out.set(twin, out.get(name) as Parameter);
  out.set("list-max-ziplist-size", out.get("list-max-listpack-size") as Parameter);
  out.set("min-slaves-to-write", out.get("min-replicas-to-write") as Parameter);
  return out;
}
