/**
 * Parameters of Redis 7.0 that nothing here depends on: kept as they are set, with Redis' defaults, because clients, tools and test suites
 * read and set them. What they tune (lazy freeing, rehashing, how often something is looked at, replication and cluster timing, TLS of
 * Redis' own ports) is decided otherwise here.
 */
import type { Parameter } from "./configuration.js";

export const memoryUnits: Readonly<Record<string, number>> = { b: 1, k: 1000, kb: 1024, m: 1e6, mb: 2 ** 20, g: 1e9, gb: 2 ** 30 };

type Row = readonly [name: string, kind: "boolean" | "integer" | "text" | "fixed", value: string];

const rows: readonly Row[] = [
  ["aclfile", "fixed", ""],
  ["active-defrag-cycle-max", "integer", "25"],
  ["active-defrag-cycle-min", "integer", "1"],
  ["active-defrag-ignore-bytes", "integer", "104857600"],
  ["active-defrag-max-scan-fields", "integer", "1000"],
  ["active-defrag-threshold-lower", "integer", "10"],
  ["active-defrag-threshold-upper", "integer", "100"],
  ["active-expire-effort", "integer", "1"],
  ["activerehashing", "boolean", "yes"],
  ["always-show-logo", "fixed", "no"],
  ["aof-disable-auto-gc", "boolean", "no"],
  ["aof-load-truncated", "boolean", "yes"],
  ["aof-rewrite-incremental-fsync", "boolean", "yes"],
  ["aof-timestamp-enabled", "boolean", "no"],
  ["aof-use-rdb-preamble", "boolean", "yes"],
  ["aof_rewrite_cpulist", "fixed", ""],
  ["appenddirname", "fixed", "appendonlydir"],
  ["appendfilename", "fixed", "appendonly.aof"],
  ["auto-aof-rewrite-min-size", "integer", "67108864"],
  ["auto-aof-rewrite-percentage", "integer", "100"],
  ["bgsave_cpulist", "fixed", ""],
  ["bind-source-addr", "fixed", ""],
  ["bio_cpulist", "fixed", ""],
  ["client-query-buffer-limit", "integer", "1073741824"],
  ["cluster-allow-pubsubshard-when-down", "boolean", "yes"],
  ["cluster-allow-reads-when-down", "boolean", "no"],
  ["cluster-allow-replica-migration", "boolean", "yes"],
  ["cluster-announce-bus-port", "fixed", "0"],
  ["cluster-announce-hostname", "text", ""],
  ["cluster-announce-ip", "text", ""],
  ["cluster-announce-port", "fixed", "0"],
  ["cluster-announce-tls-port", "integer", "0"],
  ["cluster-config-file", "fixed", "nodes.conf"],
  ["cluster-link-sendbuf-limit", "integer", "0"],
  ["cluster-migration-barrier", "integer", "1"],
  ["cluster-node-timeout", "integer", "15000"],
  ["cluster-port", "fixed", "0"],
  ["cluster-preferred-endpoint-type", "text", "ip"],
  ["cluster-replica-no-failover", "boolean", "no"],
  ["cluster-replica-validity-factor", "integer", "10"],
  ["cluster-require-full-coverage", "boolean", "yes"],
  ["cluster-slave-no-failover", "boolean", "no"],
  ["cluster-slave-validity-factor", "integer", "10"],
  ["crash-log-enabled", "boolean", "yes"],
  ["crash-memcheck-enabled", "fixed", "yes"],
  ["daemonize", "fixed", "yes"],
  ["databases", "fixed", "16"],
  ["dbfilename", "fixed", "dump.rdb"],
  ["disable-thp", "fixed", "yes"],
  ["dynamic-hz", "boolean", "yes"],
  ["enable-module-command", "fixed", "no"],
  ["enable-protected-configs", "fixed", "no"],
  ["hz", "integer", "10"],
  ["ignore-warnings", "fixed", ""],
  ["io-threads", "fixed", "1"],
  ["io-threads-do-reads", "fixed", "no"],
  ["jemalloc-bg-thread", "fixed", "yes"],
  ["lazyfree-lazy-eviction", "boolean", "no"],
  ["lazyfree-lazy-expire", "boolean", "no"],
  ["lazyfree-lazy-server-del", "boolean", "no"],
  ["lazyfree-lazy-user-del", "boolean", "no"],
  ["lazyfree-lazy-user-flush", "boolean", "no"],
  ["list-compress-depth", "integer", "0"],
  ["logfile", "fixed", ""],
  ["loglevel", "text", "notice"],
  ["maxmemory-clients", "integer", "0"],
  ["maxmemory-eviction-tenacity", "integer", "10"],
  ["min-replicas-max-lag", "integer", "10"],
  ["min-slaves-max-lag", "integer", "10"],
  ["no-appendfsync-on-rewrite", "boolean", "no"],
  ["oom-score-adj", "boolean", "no"],
  ["oom-score-adj-values", "text", "0 200 800"],
  ["pidfile", "fixed", ""],
  ["proc-title-template", "fixed", "{title} {listen-addr} {server-mode}"],
  ["propagation-error-behavior", "text", "ignore"],
  ["rdb-del-sync-files", "fixed", "no"],
  ["rdb-save-incremental-fsync", "boolean", "yes"],
  ["rdbchecksum", "boolean", "yes"],
  ["rdbcompression", "boolean", "yes"],
  ["repl-backlog-size", "integer", "1048576"],
  ["repl-backlog-ttl", "integer", "3600"],
  ["repl-disable-tcp-nodelay", "boolean", "no"],
  ["repl-diskless-load", "text", "disabled"],
  ["repl-diskless-sync", "boolean", "yes"],
  ["repl-diskless-sync-delay", "integer", "5"],
  ["repl-diskless-sync-max-replicas", "integer", "0"],
  ["repl-ping-replica-period", "integer", "10"],
  ["repl-ping-slave-period", "integer", "10"],
  ["repl-timeout", "integer", "60"],
  ["replica-announce-ip", "text", ""],
  ["replica-announce-port", "integer", "0"],
  ["replica-announced", "boolean", "yes"],
  ["replica-ignore-disk-write-errors", "boolean", "no"],
  ["replica-ignore-maxmemory", "boolean", "yes"],
  ["replica-lazy-flush", "boolean", "no"],
  ["replica-priority", "integer", "100"],
  ["replica-serve-stale-data", "boolean", "yes"],
  ["sanitize-dump-payload", "boolean", "no"],
  ["server_cpulist", "fixed", ""],
  ["set-proc-title", "fixed", "yes"],
  ["shutdown-on-sigint", "text", "default"],
  ["shutdown-on-sigterm", "text", "default"],
  ["shutdown-timeout", "integer", "10"],
  ["slave-announce-ip", "text", ""],
  ["slave-announce-port", "integer", "0"],
  ["slave-ignore-maxmemory", "boolean", "yes"],
  ["slave-lazy-flush", "boolean", "no"],
  ["slave-priority", "integer", "100"],
  ["slave-serve-stale-data", "boolean", "yes"],
  ["socket-mark-id", "fixed", "0"],
  ["stop-writes-on-bgsave-error", "boolean", "yes"],
  ["supervised", "fixed", "no"],
  ["syslog-enabled", "fixed", "no"],
  ["syslog-facility", "fixed", "local0"],
  ["syslog-ident", "fixed", "redis"],
  ["tcp-backlog", "fixed", "511"],
  ["tcp-keepalive", "integer", "300"],
  ["unixsocket", "fixed", ""],
  ["unixsocketperm", "fixed", "0"],
  ["tls-auth-clients", "fixed", "yes"],
  ["tls-ca-cert-dir", "fixed", ""],
  ["tls-ca-cert-file", "fixed", ""],
  ["tls-cert-file", "fixed", ""],
  ["tls-ciphers", "fixed", ""],
  ["tls-ciphersuites", "fixed", ""],
  ["tls-client-cert-file", "fixed", ""],
  ["tls-client-key-file", "fixed", ""],
  ["tls-client-key-file-pass", "fixed", ""],
  ["tls-cluster", "fixed", "no"],
  ["tls-dh-params-file", "fixed", ""],
  ["tls-key-file", "fixed", ""],
  ["tls-key-file-pass", "fixed", ""],
  ["tls-port", "fixed", "0"],
  ["tls-prefer-server-ciphers", "fixed", "no"],
  ["tls-protocols", "fixed", ""],
  ["tls-replication", "fixed", "no"],
  ["tls-session-cache-size", "fixed", "20480"],
  ["tls-session-cache-timeout", "fixed", "300"],
  ["tls-session-caching", "fixed", "yes"],
  ["activedefrag", "fixed", "no"],
  ["acl-pubsub-default", "fixed", "resetchannels"],
  ["appendonly", "fixed", "yes"],
  ["bind", "fixed", "* -::*"],
  ["cluster-enabled", "fixed", "no"],
  ["enable-debug-command", "fixed", "yes"],
  ["min-replicas-to-write", "fixed", "0"],
  ["masterauth", "text", ""],
  ["masteruser", "text", ""],
  ["proto-max-bulk-len", "fixed", "536870912"],
  ["protected-mode", "fixed", "yes"],
  ["replica-read-only", "fixed", "yes"],
  ["replicaof", "fixed", ""],
  ["save", "text", ""],
  ["slave-read-only", "fixed", "yes"],
  ["slaveof", "fixed", ""],
];

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
    const parameter: Parameter =
      kind === "fixed"
        ? { get: () => initial }
        : {
            get: () => current,
            set: (value) => {
              if (kind === "boolean") {
                if (!/^(yes|no)$/i.test(value)) return "argument must be 'yes' or 'no'";
                current = value.toLowerCase();
              } else if (kind === "integer") {
                const match = /^(-?\d{1,18})(b|k|kb|m|mb|g|gb)?$/i.exec(value);
                if (match === null) return "argument couldn't be parsed into an integer";
                current = String(Number(match[1]) * (memoryUnits[(match[2] ?? "b").toLowerCase()] ?? 1));
              } else current = value;
              return undefined;
            },
          };
    out.set(name, parameter);
  }
  for (const [name, twin] of twins) out.set(twin, out.get(name) as Parameter);
  out.set("list-max-ziplist-size", out.get("list-max-listpack-size") as Parameter);
  out.set("min-slaves-to-write", out.get("min-replicas-to-write") as Parameter);
  return out;
}
