/**
 * LISTEN and NOTIFY among the sessions of this thread. Notifications leave at commit, in order, each text once per
 * transaction; a session gets its own too.
 */
import type { EngineSession } from "./session.js";
import type { Notification } from "./transaction.js";

export class NotificationHub {
  readonly #sessions = new Set<EngineSession>();

  add(session: EngineSession): void {
    this.#sessions.add(session);
  }
  remove(session: EngineSession): void {
    this.#sessions.delete(session);
  }

  publish(processId: number, notifications: readonly Notification[]): void {
    if (notifications.length === 0) return;
    const sent = new Set<string>();
    for (const { channel, payload } of notifications) {
      const key = `${channel}\0${payload}`;
      if (sent.has(key)) continue;
      sent.add(key);
      for (const session of this.#sessions) if (session.channels.has(channel)) session.listener.notification(processId, channel, payload);
    }
  }
}
