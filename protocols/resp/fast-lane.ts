/**
 * Where a connection's hot commands can run without JavaScript (native/io): the session hands its input over while it is in no special
 * state, and gets it back with the first command that has no native body. Sessions work the same without one.
 */
export interface FastLane {
  /** False: input is on its way to the session, which keeps it. */
  handBack(resp3: boolean, database: number): boolean;
  /** The session changed from outside (its user, say): the next input must come to it. */
  revoke(): void;
  /** For SLOWLOG; while the session owns the input. */
  describe(address: Uint8Array, name: Uint8Array): void;
  /** undefined: the connection is gone. */
  facts(): LaneFacts | undefined;
}
export interface LaneFacts {
  readonly isLaneOwner: boolean;
  readonly lastActiveMillis: number;
  readonly database: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** What holds for all fast lanes of a thread's server. */
export interface FastLanes {
  /** Whether every command comes to the sessions; whether a write's reply waits until it is durable; most bytes of output that may wait. */
  configure(stops: boolean, syncAlways: boolean, outputLimit: number, inputLimit: number): void;
  /** [newest LSN of native writes; reads, writes, bytes in, bytes out since the last call by any thread]. */
  totals(): readonly [number, number, number, number, number];
}
