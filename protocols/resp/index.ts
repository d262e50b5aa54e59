export { RespServer, type RespServerOptions } from "./server.js";
export type { RespHost, RespSession } from "./session.js";
