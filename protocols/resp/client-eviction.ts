/**
 * maxmemory-clients: when the buffers of all clients together take more, the largest ones are closed, as Redis' evictClients does. Replicas,
 * the link to a primary and clients with CLIENT NO-EVICT count and stay.
 *
 * Each thread closes clients of its own, by the sum over all threads; it looks ten times a second (Redis: before each command).
 */
import { clientMemory } from "./client-description.js";
import type { RespServer } from "./server.js";
import { Counter } from "./server-counters.js";

export function evictClients(server: RespServer): void {
  const limit = server.configuration.clientsLimitBytes;
  if (limit === 0) return;
  const sizes = [...server.sessions.values()]
    .filter((session) => !session.isPrimary && session.sender === undefined)
    .map((session) => ({ session, bytes: clientMemory(session) }));
  let mine = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  server.counts.set(Counter.clientBytes, mine);
  if (server.counts.total(Counter.clientBytes) <= limit) return;
  for (const { session, bytes } of sizes.sort((a, b) => b.bytes - a.bytes)) {
    if (session.noEvict) continue;
    session.evict();
    server.counts.add(Counter.evictedClients, 1);
    mine -= bytes;
    server.counts.set(Counter.clientBytes, mine);
    if (server.counts.total(Counter.clientBytes) <= limit) return;
  }
}
