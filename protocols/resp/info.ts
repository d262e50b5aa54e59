/** INFO's text: the sections and lines of Redis 7.0, with this server's numbers. */
import { cpus, totalmem } from "node:os";
import { commandTable, subcommandTable } from "../../src/keyspace/index.js";
import { compatibleVersion } from "./connection-commands.js";
import { replicationLines } from "./replication/replication-info.js";
import type { RespServer } from "./server.js";
import { Counter } from "./server-counters.js";
import type { RespSession } from "./session.js";

export const human = (bytes: number) =>
  bytes < 1024
    ? `${bytes}B`
    : bytes < 1 << 20
      ? `${(bytes / 1024).toFixed(2)}K`
      : bytes < 1 << 30
        ? `${(bytes / 2 ** 20).toFixed(2)}M`
        : `${(bytes / 2 ** 30).toFixed(2)}G`;

type Line = readonly [string, string | number];
type Section = (server: RespServer, session: RespSession) => readonly Line[];

let peakMemory = 0;
/** The most that keys and values have taken, as far as somebody has looked. */
export function peakMemoryOf(used: number): number {
  peakMemory = Math.max(peakMemory, used);
  return peakMemory;
}
const withHuman = (name: string, bytes: number): Line[] => [
  [name, bytes],
  [`${name}_human`, human(bytes)],
];

const everyCommand = () => [...commandTable.values(), ...subcommandTable.values()];

const sections: Readonly<Record<string, Section>> = {
  Server: (server) => {
    const now = Date.now();
    const up = Math.floor((now - server.startedMillis) / 1000);
    return [
      ["redis_version", compatibleVersion],
      ["redis_git_sha1", "00000000"],
      ["redis_git_dirty", 0],
      ["redis_build_id", "0"],
      ["redis_mode", "standalone"],
      ["orrery_version", server.options.version ?? "0.1.0"],
      ["os", `${process.platform} ${process.arch}`],
      ["arch_bits", 64],
      ["monotonic_clock", "POSIX clock_gettime"],
      ["multiplexing_api", "epoll"],
      ["process_id", process.pid],
      ["process_supervised", "no"],
      ["run_id", server.replication.id],
      ["tcp_port", server.options.port ?? 0],
      ["server_time_usec", Math.floor((performance.timeOrigin + performance.now()) * 1000)],
      ["uptime_in_seconds", up],
      ["uptime_in_days", Math.floor(up / 86400)],
      ["hz", 10],
      ["configured_hz", Number(server.configuration.get("hz"))],
      ["lru_clock", Math.floor(now / 1000) & 0xffffff],
      ["executable", process.execPath],
      ["config_file", ""],
      ["io_threads_active", 0],
      ["javascript_threads", server.options.threadCount ?? 1],
    ];
  },
  Clients: (server) => [
    ["connected_clients", server.counts.total(Counter.clients)],
    ["cluster_connections", 0],
    ["maxclients", server.configuration.maxClients],
    ["client_recent_max_input_buffer", 0],
    ["client_recent_max_output_buffer", 0],
    ["blocked_clients", server.counts.total(Counter.blocked)],
    ["tracking_clients", server.options.addon.keyspace.trackingTotals(server.options.engine, -1)[3]],
    ["clients_in_timeout_table", 0],
    ["pubsub_clients", server.counts.total(Counter.pubsubClients)],
  ],
  Memory: (server) => {
    const counters = server.counters();
    const used = counters.memory;
    const peak = peakMemoryOf(used);
    const rss = process.memoryUsage.rss();
    const maxmemory = Number(server.configuration.get("maxmemory"));
    const evalBytes = server.scripts.usedBytes;
    const { endOffset, firstOffset } = server.replication.state;
    const backlog = endOffset - firstOffset;
    const functionBytes = server.functions.usedBytes;
    const libraries = [...server.functions.libraries.values()];
    return [
      ...withHuman("used_memory", used),
      ...withHuman("used_memory_rss", rss),
      ...withHuman("used_memory_peak", peak),
      ["used_memory_peak_perc", `${((used / Math.max(peak, 1)) * 100).toFixed(2)}%`],
      ["used_memory_overhead", 0],
      ["used_memory_startup", 0],
      ["used_memory_dataset", used],
      ["used_memory_dataset_perc", "100.00%"],
      ["allocator_allocated", used],
      ["allocator_active", rss],
      ["allocator_resident", rss],
      ...withHuman("total_system_memory", totalmem()),
      ["used_memory_lua", evalBytes],
      ["used_memory_vm_eval", evalBytes],
      ["used_memory_lua_human", human(evalBytes)],
      ["used_memory_scripts_eval", 0],
      ["number_of_cached_scripts", server.scripts.count],
      ["number_of_functions", libraries.reduce((sum, l) => sum + l.functions.size, 0)],
      ["number_of_libraries", libraries.length],
      ["used_memory_vm_functions", functionBytes],
      ...withHuman("used_memory_vm_total", evalBytes + functionBytes),
      ["used_memory_functions", libraries.reduce((sum, l) => sum + l.code.length, 0)],
      ...withHuman(
        "used_memory_scripts",
        libraries.reduce((sum, l) => sum + l.code.length, 0),
      ),
      ...withHuman("maxmemory", maxmemory),
      ["maxmemory_policy", server.configuration.get("maxmemory-policy")],
      ["mem_fragmentation_ratio", (rss / Math.max(used, 1)).toFixed(2)],
      ["mem_fragmentation_bytes", Math.max(rss - used, 0)],
      ["mem_not_counted_for_evict", 0],
      ["mem_replication_backlog", backlog],
      ["mem_total_replication_buffers", 0],
      ["mem_clients_slaves", 0],
      ["mem_clients_normal", 0],
      ["mem_cluster_links", 0],
      ["mem_aof_buffer", 0],
      ["mem_allocator", "libc"],
      ["active_defrag_running", 0],
      ["lazyfree_pending_objects", counters.waitingToBeFreed],
      ["lazyfreed_objects", counters.lazilyFreed],
    ];
  },
  Persistence: (server) => [
    ["loading", server.isLoading ? 1 : 0],
    ["async_loading", 0],
    ["current_cow_peak", 0],
    ["current_cow_size", 0],
    ["current_cow_size_age", 0],
    ["current_fork_perc", "0.00"],
    ["current_save_keys_processed", 0],
    ["current_save_keys_total", 0],
    ["rdb_changes_since_last_save", server.counters().changes - server.changesAtSave],
    ["rdb_bgsave_in_progress", server.checkpointing ? 1 : 0],
    ["rdb_last_save_time", server.lastSaveSeconds],
    ["rdb_last_bgsave_status", server.lastSaveFailed ? "err" : "ok"],
    ["rdb_last_bgsave_time_sec", server.lastSaveDuration],
    ["rdb_current_bgsave_time_sec", server.checkpointing ? Math.floor((Date.now() - server.checkpointStarted) / 1000) : -1],
    ["rdb_saves", server.saves],
    ["rdb_last_cow_size", 0],
    ["rdb_last_load_keys_expired", 0],
    ["rdb_last_load_keys_loaded", 0],
    ["aof_enabled", 1],
    ["aof_rewrite_in_progress", 0],
    ["aof_rewrite_scheduled", 0],
    ["aof_last_rewrite_time_sec", -1],
    ["aof_current_rewrite_time_sec", -1],
    ["aof_last_bgrewrite_status", "ok"],
    ["aof_rewrites", 0],
    ["aof_rewrites_consecutive_failures", 0],
    ["aof_last_write_status", "ok"],
    ["aof_last_cow_size", 0],
    ["module_fork_in_progress", 0],
    ["module_fork_last_cow_size", 0],
    ["aof_current_size", server.newestLsn],
    ["aof_base_size", 0],
    ["aof_pending_rewrite", 0],
    ["aof_buffer_length", 0],
    ["aof_pending_bio_fsync", 0],
    ["aof_delayed_fsync", 0],
  ],
  Stats: (server) => {
    const c = server.counters();
    const { addon, engine } = server.options;
    const { counts } = server;
    server.countFastLanes();
    const rates = counts.rates();
    const [trackedKeys, trackedItems, trackedPrefixes] = addon.keyspace.trackingTotals(engine, -1);
    return [
      ["total_connections_received", counts.total(Counter.connectionsReceived)],
      ["total_commands_processed", c.commands + server.scriptCommandCount],
      ["instantaneous_ops_per_sec", rates.commands],
      ["total_net_input_bytes", counts.total(Counter.inputBytes)],
      ["total_net_output_bytes", counts.total(Counter.outputBytes)],
      ["total_net_repl_input_bytes", 0],
      ["total_net_repl_output_bytes", 0],
      ["instantaneous_input_kbps", rates.input.toFixed(2)],
      ["instantaneous_output_kbps", rates.output.toFixed(2)],
      ["instantaneous_input_repl_kbps", "0.00"],
      ["instantaneous_output_repl_kbps", "0.00"],
      ["rejected_connections", counts.total(Counter.rejected)],
      ["sync_full", counts.total(Counter.fullSyncs)],
      ["sync_partial_ok", counts.total(Counter.partialSyncs)],
      ["sync_partial_err", counts.total(Counter.refusedPartialSyncs)],
      ["expired_keys", c.expired],
      ["expired_stale_perc", "0.00"],
      ["expired_time_cap_reached_count", 0],
      ["expire_cycle_cpu_milliseconds", 0],
      ["evicted_keys", 0],
      ["evicted_clients", counts.total(Counter.evictedClients)],
      ["total_eviction_exceeded_time", 0],
      ["current_eviction_exceeded_time", 0],
      ["keyspace_hits", c.hits],
      ["keyspace_misses", c.misses],
      ["pubsub_channels", addon.keyspace.channels(engine, null).length],
      ["pubsub_patterns", addon.keyspace.patternCount(engine)],
      ["pubsubshard_channels", addon.keyspace.channels(engine, null, true).length],
      ["latest_fork_usec", 0],
      ["total_forks", 0],
      ["migrate_cached_sockets", 0],
      ["slave_expires_tracked_keys", 0],
      ["active_defrag_hits", 0],
      ["active_defrag_misses", 0],
      ["active_defrag_key_hits", 0],
      ["active_defrag_key_misses", 0],
      ["total_active_defrag_time", 0],
      ["current_active_defrag_time", 0],
      ["tracking_total_keys", trackedKeys],
      ["tracking_total_items", trackedItems],
      ["tracking_total_prefixes", trackedPrefixes],
      ["unexpected_error_replies", 0],
      ["total_error_replies", addon.keyspace.errorStatistics()[0]],
      ["dump_payload_sanitizations", 0],
      ["total_reads_processed", counts.total(Counter.reads)],
      ["total_writes_processed", counts.total(Counter.writes)],
      ["io_threaded_reads_processed", 0],
      ["io_threaded_writes_processed", 0],
      ["reply_buffer_shrinks", 0],
      ["reply_buffer_expands", 0],
    ];
  },
  Replication: replicationLines,
  CPU: () => {
    const u = process.cpuUsage();
    return [
      ["used_cpu_sys", (u.system / 1e6).toFixed(6)],
      ["used_cpu_user", (u.user / 1e6).toFixed(6)],
      ["used_cpu_sys_children", "0.000000"],
      ["used_cpu_user_children", "0.000000"],
      ["used_cpu_sys_main_thread", (u.system / 1e6).toFixed(6)],
      ["used_cpu_user_main_thread", (u.user / 1e6).toFixed(6)],
      ["cpus", cpus().length],
    ];
  },
  Modules: () => [],
  Commandstats: (server) =>
    everyCommand().flatMap((c) => {
      const s = server.options.addon.keyspace.commandStatistics(c.index, []);
      if (s === null) return [];
      const [calls = 0, micros = 0, rejected = 0, failed = 0] = s;
      const each = calls === 0 ? 0 : micros / calls;
      return [
        [
          `cmdstat_${c.name}`,
          `calls=${calls},usec=${micros},usec_per_call=${each.toFixed(2)},rejected_calls=${rejected},failed_calls=${failed}`,
        ],
      ] as const;
    }),
  Errorstats: (server) => {
    const all = server.options.addon.keyspace.errorStatistics();
    const lines: Line[] = [];
    for (let i = 1; i < all.length; i += 2)
      lines.push([
        `errorstat_${Buffer.from(all[i] as Uint8Array)
          .toString("latin1")
          .replace(/[:\s]/g, "_")}`,
        `count=${all[i + 1] as number}`,
      ]);
    return lines;
  },
  Latencystats: (server) => {
    const percentiles = server.configuration.latencyPercentiles;
    if (!server.configuration.latencyTracking) return [];
    return everyCommand().flatMap((c) => {
      const s = server.options.addon.keyspace.commandStatistics(c.index, percentiles);
      if (s === null || s[0] === 0) return [];
      return [
        [`latency_percentiles_usec_${c.name}`, percentiles.map((p, i) => `p${p}=${(s[4 + i] as number).toFixed(3)}`).join(",")],
      ] as const;
    });
  },
  Cluster: () => [["cluster_enabled", 0]],
  Keyspace: (server, session) => {
    const sizes = server.options.addon.keyspace.databaseSizes(session.native);
    const lines: [string, string][] = [];
    for (let db = 0; db * 2 < sizes.length; db++)
      if ((sizes[db * 2] as number) > 0) lines.push([`db${db}`, `keys=${sizes[db * 2]},expires=${sizes[db * 2 + 1]},avg_ttl=0`]);
    return lines;
  },
};
/** Only when they are asked for. */
const notByDefault = new Set(["Commandstats", "Latencystats"]);

export function infoText(server: RespServer, wanted: readonly string[], session: RespSession): string {
  const everything = wanted.includes("all") || wanted.includes("everything");
  const byDefault = wanted.length === 0 || wanted.includes("default");
  const parts: string[] = [];
  for (const [name, lines] of Object.entries(sections))
    if (everything || (byDefault && !notByDefault.has(name)) || wanted.includes(name.toLowerCase()))
      parts.push(
        `# ${name}\r\n${lines(server, session)
          .map(([k, v]) => `${k}:${v}\r\n`)
          .join("")}`,
      );
  return parts.join("\r\n");
}
