export type { FastLane, FastLanes, LaneFacts } from "./fast-lane.js";
export type { Outgoing, OutgoingEvents, PrimaryAddress } from "./replication/primary-link.js";
export { RespServer, type RespServerOptions } from "./server.js";
export { countersBytes } from "./server-counters.js";
export type { RespHost, RespSession } from "./session.js";
export type { RespThreadMessage } from "./thread-messages.js";
