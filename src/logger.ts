import { createRequire } from "node:module";
import type { pino as Pino } from "pino";

type Level = "fatal" | "error" | "warn" | "info" | "debug";
export interface Logger {
  error(error: unknown, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * Structured lines on standard error; standard output belongs to the ready line. Never given statement parameters or passwords.
 * The logging library is loaded with the first line: most servers never write one.
 */
export function createLogger(level: Level): Logger {
  let logger: Pino.Logger | undefined;
  const loaded = (): Pino.Logger => {
    if (logger === undefined) {
      const { pino } = createRequire(import.meta.url)("pino") as { readonly pino: typeof Pino };
      logger = pino({ name: "orrery", level }, pino.destination({ dest: 2, sync: true }));
    }
    return logger;
  };
  return {
    error: (error, message) => loaded().error(error, message),
    warn: (fields, message) => loaded().warn(fields, message),
    info: (fields, message) => loaded().info(fields, message),
  };
}
