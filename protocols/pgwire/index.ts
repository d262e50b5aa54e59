export type { Peer, PeerTls } from "./authentication.js";
export { PgConnection, type PgConnectionOptions, type PgTransport } from "./connection.js";
export type { LaneBound, LaneFacts, LaneKey, LaneSearch, LaneValue, PgFastLane } from "./point-lane.js";
