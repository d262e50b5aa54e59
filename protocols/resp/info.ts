/** INFO's text: the sections and lines that clients and dashboards read, with this server's numbers. */
import { compatibleVersion } from "./connection-commands.js";
import type { RespServer } from "./server.js";
import type { RespSession } from "./session.js";

const human = (bytes: number) =>
  bytes < 1024
    ? `${bytes}B`
    : bytes < 1 << 20
      ? `${(bytes / 1024).toFixed(2)}K`
      : bytes < 1 << 30
        ? `${(bytes / 2 ** 20).toFixed(2)}M`
        : `${(bytes / 2 ** 30).toFixed(2)}G`;

type Section = (server: RespServer, session: RespSession) => readonly (readonly [string, string | number])[];

const sections: Readonly<Record<string, Section>> = {
  Server: (server) => {
    const up = Math.floor((Date.now() - server.startedMillis) / 1000);
    return [
      ["redis_version", compatibleVersion],
      ["redis_mode", "standalone"],
      ["orrery_version", server.options.version ?? "0.1.0"],
      ["os", `${process.platform} ${process.arch}`],
      ["arch_bits", 64],
      ["process_id", process.pid],
      ["tcp_port", server.options.port ?? 0],
      ["uptime_in_seconds", up],
      ["uptime_in_days", Math.floor(up / 86400)],
    ];
  },
  Clients: (server) => [
    ["connected_clients", server.sessions.size],
    ["maxclients", server.configuration.maxClients],
    ["blocked_clients", server.blocked.size],
  ],
  Memory: (server) => {
    const { addon, engine } = server.options;
    const used = addon.keyspace.counters(engine).memory;
    const rss = process.memoryUsage.rss();
    return [
      ["used_memory", used],
      ["used_memory_human", human(used)],
      ["used_memory_rss", rss],
      ["used_memory_rss_human", human(rss)],
      ["maxmemory", Number(server.configuration.get("maxmemory"))],
      ["maxmemory_human", human(Number(server.configuration.get("maxmemory")))],
      ["maxmemory_policy", "noeviction"],
    ];
  },
  Persistence: (server) => [
    ["loading", 0],
    ["rdb_changes_since_last_save", server.options.addon.keyspace.counters(server.options.engine).changes],
    ["rdb_bgsave_in_progress", 0],
    ["rdb_last_save_time", server.lastSaveSeconds],
    ["rdb_last_bgsave_status", "ok"],
    ["aof_enabled", 1],
    ["aof_rewrite_in_progress", 0],
    ["aof_last_write_status", "ok"],
  ],
  Stats: (server) => {
    const c = server.counters();
    return [
      ["total_connections_received", server.connectionsReceived],
      ["total_commands_processed", c.commands],
      ["expired_keys", c.expired],
      ["evicted_keys", 0],
      ["keyspace_hits", c.hits],
      ["keyspace_misses", c.misses],
      ["pubsub_channels", server.options.addon.keyspace.channels(server.options.engine, null).length],
      ["pubsub_patterns", server.options.addon.keyspace.patternCount(server.options.engine)],
    ];
  },
  Replication: (server) => [
    ["role", "master"],
    ["connected_slaves", 0],
    ["master_repl_offset", server.newestLsn],
  ],
  CPU: () => {
    const u = process.cpuUsage();
    return [
      ["used_cpu_sys", (u.system / 1e6).toFixed(6)],
      ["used_cpu_user", (u.user / 1e6).toFixed(6)],
    ];
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

export function infoText(server: RespServer, wanted: readonly string[], session: RespSession): string {
  const everything = wanted.length === 0 || wanted.some((w) => w === "all" || w === "everything" || w === "default");
  const parts: string[] = [];
  for (const [name, lines] of Object.entries(sections))
    if (everything || wanted.includes(name.toLowerCase()))
      parts.push(
        `# ${name}\r\n${lines(server, session)
          .map(([k, v]) => `${k}:${v}\r\n`)
          .join("")}`,
      );
  return parts.join("\r\n");
}
