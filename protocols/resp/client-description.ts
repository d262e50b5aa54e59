/** A line of CLIENT LIST. */
import type { RespSession } from "./session.js";

export function clientFlags(session: RespSession): string {
  let flags = session.isPrimary ? "M" : session.sender !== undefined ? "S" : "";
  if (session.isMonitor) flags += "O";
  if (session.isSubscribed) flags += "P";
  if (session.queue !== undefined) flags += "x";
  if (session.isBlocked) flags += "b";
  if (session.tracking !== undefined) {
    flags += "t";
    if (session.tracking.isBroken) flags += "R";
    if (session.tracking.mode === "broadcast") flags += "B";
  }
  if (session.noEvict) flags += "e";
  return flags === "" ? "N" : flags;
}

/** Bytes that a connection of this server costs beside its buffers: its objects on both sides. */
const baseBytes = 2048;

export function clientMemory(session: RespSession): number {
  return baseBytes + session.inputBytes + session.pendingOutputBytes + session.queueBytes;
}

export function describeClient(session: RespSession): string {
  const now = Date.now();
  return [
    `id=${session.id}`,
    `addr=${session.host.remoteAddress ?? "embedded:0"}`,
    `laddr=${session.host.localAddress ?? "embedded:0"}`,
    "fd=0",
    `name=${session.name}`,
    `age=${Math.floor((now - session.createdMillis) / 1000)}`,
    `idle=${Math.floor(session.idleMillis(now) / 1000)}`,
    `flags=${clientFlags(session)}`,
    `db=${session.currentDatabase}`,
    `sub=${session.channels.size}`,
    `psub=${session.patterns.size}`,
    `ssub=${session.shardChannels.size}`,
    `multi=${session.queue?.length ?? -1}`,
    `qbuf=${session.inputBytes}`,
    "qbuf-free=0",
    "argv-mem=0",
    `multi-mem=${session.queueBytes}`,
    "rbs=1024",
    "rbp=0",
    "obl=0",
    `oll=${session.pendingOutputBytes > 0 ? 1 : 0}`,
    `omem=${session.pendingOutputBytes}`,
    `tot-mem=${clientMemory(session)}`,
    "events=r",
    `cmd=${session.lastCommand}`,
    `user=${session.authenticated ? session.user.name : "default"}`,
    `redir=${session.tracking?.redirect ?? -1}`,
    `resp=${session.resp3 ? 3 : 2}`,
    // As 7.2, and only where a client has said so: what it reads is 7.0's line then.
    ...(session.libraryName === "" ? [] : [`lib-name=${session.libraryName}`, `lib-ver=${session.libraryVersion}`]),
  ].join(" ");
}
