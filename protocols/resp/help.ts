/** HELP of the container commands. */
import { helpTexts } from "./help-texts.js";
import type { RespSession } from "./session.js";

/** A known subcommand with arguments that it does not take. */
export function subcommandError(session: RespSession, command: string, subcommand: string): void {
  session.reply.error(
    `ERR unknown subcommand or wrong number of arguments for '${subcommand.slice(0, 128)}'. Try ${command.toUpperCase()} HELP.`,
  );
}

export function helpReply(session: RespSession, command: string): void {
  const lines = helpTexts[command] ?? [];
  session.reply.array(lines.length);
  for (const line of lines) session.reply.status(line);
}
