/** Types of the messages that clients send. Source: PostgreSQL documentation, "Message Formats". */
export const Frontend = {
  bind: 0x42,
  close: 0x43,
  describe: 0x44,
  execute: 0x45,
  functionCall: 0x46,
  flush: 0x48,
  parse: 0x50,
  password: 0x70,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
} as const;

/** Result and parameter formats of a message that names none, and of BINARY cursors. */
export const TEXT: readonly number[] = [0];
export const BINARY: readonly number[] = [1];

/** The work of a message: over when the handler returns, or later. */
export type Pending = void | Promise<void>;
