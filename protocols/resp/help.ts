/** HELP of the container commands. */
import { helpTexts } from "./help-texts.js";
import type { RespSession } from "./session.js";

export function helpReply(session: RespSession, command: string): void {
  const lines = helpTexts[command] ?? [];
  session.reply.array(lines.length);
  for (const line of lines) session.reply.status(line);
}
