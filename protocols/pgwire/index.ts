export type { Peer, PeerTls } from "./authentication.js";
export { PgConnection, type PgConnectionOptions, type PgTransport } from "./connection.js";
export type { LaneFacts, LaneKey, LaneValue, PgFastLane } from "./point-lane.js";
