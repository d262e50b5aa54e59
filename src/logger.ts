import { type Logger, destination, pino } from "pino";

/** Structured lines on standard error; standard output belongs to the ready line. Never given statement parameters or passwords. */
export function createLogger(level: string): Logger {
  return pino({ name: "orrery", level }, destination({ dest: 2, sync: true }));
}
