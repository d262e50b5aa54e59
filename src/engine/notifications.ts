/**
 * LISTEN and NOTIFY among the sessions of this thread, and on to the other threads of the engine. Notifications leave at commit, in order, each text once per
 * transaction; a session gets its own too.
 */
import type { EngineSession } from "./session.js";
import type { Notification } from "./transaction.js";

export class NotificationHub {
  readonly #sessions = new Set<EngineSession>();
  readonly #tellOthers: (processId: number, notifications: readonly Notification[]) => void;

  constructor(tellOthers: (processId: number, notifications: readonly Notification[]) => void) {
    this.#tellOthers = tellOthers;
  }

  add(session: EngineSession): void {
    this.#sessions.add(session);
  }
  remove(session: EngineSession): void {
    this.#sessions.delete(session);
  }

  publish(processId: number, notifications: readonly Notification[]): void {
    if (notifications.length === 0) return;
    const distinct = [...new Map(notifications.map((n) => [`${n.channel}\0${n.payload}`, n])).values()];
    this.#tellOthers(processId, distinct);
    this.deliver(processId, distinct);
  }
  /** To this thread's sessions, whichever thread they come from. */
  deliver(processId: number, notifications: readonly Notification[]): void {
    for (const { channel, payload } of notifications)
      for (const session of this.#sessions) if (session.channels.has(channel)) session.listener.notification(processId, channel, payload);
  }
}
