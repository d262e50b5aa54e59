/** The engine's one door to the clock. */
const EPOCH_2000_MS = 946_684_800_000;

/** Microseconds since 2000-01-01 UTC. */
export function clockMicros(): number {
  return Math.round((performance.timeOrigin + performance.now() - EPOCH_2000_MS) * 1000);
}
