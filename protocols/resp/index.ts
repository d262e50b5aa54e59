export { RespServer, type RespServerOptions } from "./server.js";
export { countersBytes } from "./server-counters.js";
export type { RespHost, RespSession } from "./session.js";
export type { RespThreadMessage } from "./thread-messages.js";
