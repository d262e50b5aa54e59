/** LISTEN, UNLISTEN, NOTIFY. */
import type { Command } from "../../plan/index.js";
import { DbError } from "../../types/index.js";
import type { EngineSession } from "../session.js";
import type { ExecuteResult } from "../types.js";
import { done } from "./results.js";

/** PostgreSQL's limit: a notification fits one page of its queue. */
const PAYLOAD_LENGTH_BYTES_MAX = 7999;

export function listen(session: EngineSession, command: Extract<Command, { kind: "Listen" | "Unlisten" }>): ExecuteResult {
  const change = { channel: command.channel, listens: command.kind === "Listen" };
  if (session.block !== undefined) session.block.listening.push(change);
  else session.changeChannels([change]);
  return done(command.kind === "Listen" ? "LISTEN" : "UNLISTEN");
}

export function notify(session: EngineSession, command: Extract<Command, { kind: "Notify" }>): ExecuteResult {
  if (Buffer.byteLength(command.payload) > PAYLOAD_LENGTH_BYTES_MAX)
    throw new DbError({ sqlstate: "22023", message: "payload string too long" });
  const notification = { channel: command.channel, payload: command.payload };
  if (session.block !== undefined) session.block.notifications.push(notification);
  else session.database.notifications.publish(session.id, [notification]);
  return done("NOTIFY");
}
