/** INFO's section about replication. */
import type { RespServer } from "../server.js";

type Line = readonly [string, string | number];

function linkLines(server: RespServer, now: number): readonly Line[] {
  const { primary, link } = server.replication;
  if (primary === undefined) return [["role", "master"]];
  const isUp = link.state === "connected";
  return [
    ["role", "slave"],
    ["master_host", primary.host],
    ["master_port", primary.port],
    ["master_link_status", isUp ? "up" : "down"],
    ["master_last_io_seconds_ago", isUp ? Math.floor((now - link.lastIoMillis) / 1000) : -1],
    ["master_sync_in_progress", link.state === "sync" ? 1 : 0],
    ["slave_read_repl_offset", link.offset],
    ["slave_repl_offset", link.offset],
    ...(link.state === "sync" ? ([["master_sync_read_bytes", link.syncBytes]] as const) : []),
    ...(isUp ? [] : ([["master_link_down_since_seconds", Math.floor((now - link.downSinceMillis) / 1000)]] as const)),
    ["slave_priority", Number(server.configuration.get("replica-priority"))],
    ["slave_read_only", server.replication.refusesWrites ? 1 : 0],
    ["replica_announced", 1],
  ];
}

export function replicationLines(server: RespServer): readonly Line[] {
  const now = Date.now();
  const { id, firstOffset, endOffset, active, replicas, backlogBytes } = server.replication.state;
  return [
    ...linkLines(server, now),
    ["connected_slaves", replicas.length],
    ...replicas.map((r, i): Line => {
      const at = r.address.lastIndexOf(":");
      const lag = r.acknowledgedMillis === 0 ? 0 : Math.floor((now - r.acknowledgedMillis) / 1000);
      return [
        `slave${i}`,
        `ip=${r.address.slice(0, at)},port=${r.address.slice(at + 1)},state=${r.streaming ? "online" : "send_bulk"},offset=${r.acknowledged},lag=${lag}`,
      ];
    }),
    ["master_failover_state", "no-failover"],
    ["master_replid", id],
    ["master_replid2", "0".repeat(40)],
    ["master_repl_offset", endOffset],
    ["second_repl_offset", -1],
    ["repl_backlog_active", active ? 1 : 0],
    ["repl_backlog_size", backlogBytes],
    ["repl_backlog_first_byte_offset", active ? firstOffset + 1 : 0],
    ["repl_backlog_histlen", endOffset - firstOffset],
  ];
}
