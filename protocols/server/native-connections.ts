/**
 * Connections whose sockets native I/O threads carry (native/io), for one JavaScript thread: events in, calls out. The peer of node:net's
 * sockets in listener.ts; sessions see no difference but the fast lane.
 */
import {
  type Engine,
  IoEvent,
  type IoHub,
  IoProtocol,
  LaneForm,
  LaneKind,
  LaneSearchForm,
  LaneType,
  type NativeAddon,
} from "../../src/native/index.js";
import type { LaneBound, LaneKey, LaneSearch, LaneValue, Peer, PgFastLane, LaneFacts as PgLaneFacts } from "../pgwire/index.js";
import type { FastLane, LaneFacts } from "../resp/index.js";
import { type ConnectionHandler, type Origin, peerOf, type SocketTransport } from "./transport.js";

interface Carried {
  readonly transport: NativeTransport;
  readonly handler: ConnectionHandler;
  readonly gone: () => void;
}

export class NativeConnections {
  readonly #addon: NativeAddon;
  readonly #hub: IoHub;
  readonly #carried = new Map<number, Carried>();

  /**
   * @param before called before input is handed on: a message that was published before a client wrote must reach it before the answer.
   * undefined: this platform has no epoll, or the system refuses.
   */
  static open(addon: NativeAddon, engine: Engine, ioThreads: number, before: () => void): NativeConnections | undefined {
    const hub = addon.io.attach(engine, ioThreads, (batch) => {
      before();
      connections.#handle(batch);
    });
    if (hub === null) return undefined;
    const connections = new NativeConnections(addon, hub);
    return connections;
  }
  private constructor(addon: NativeAddon, hub: IoHub) {
    this.#addon = addon;
    this.#hub = hub;
  }

  /** @param gone called after `disconnected`, when the descriptor is closed. undefined: the peer left before it was served. */
  adopt(
    descriptor: number,
    protocol: keyof typeof IoProtocol,
    connect: (transport: SocketTransport) => ConnectionHandler,
    gone: () => void,
    origin: Origin | undefined,
  ): (SocketTransport & { destroy(): void }) | undefined {
    const adopted = this.#addon.io.adopt(this.#hub, descriptor, IoProtocol[protocol]);
    if (adopted === null) return undefined;
    const [id, address, port] = adopted;
    const transport = new NativeTransport(this.#addon, this.#hub, id, descriptor, peerOf(address, port, origin));
    this.#carried.set(id, { transport, handler: connect(transport), gone });
    return transport;
  }
  configure(stops: boolean, syncAlways: boolean, outputLimit: number, inputLimit: number): void {
    this.#addon.io.configure(this.#hub, stops, syncAlways, outputLimit, inputLimit);
  }
  totals(): readonly [number, number, number, number, number] {
    return this.#addon.io.totals(this.#hub);
  }
  close(): void {
    this.#addon.io.detach(this.#hub);
  }

  #handle(batch: readonly (number | Uint8Array | undefined)[]): void {
    // An event may make another connection's session run: one whose input comes later in the batch keeps the connection.
    for (let at = 0; at < batch.length; at += 4) {
      const transport = this.#carried.get(batch[at + 1] as number)?.transport;
      if (transport !== undefined && batch[at + 3] !== undefined) transport.hasInput = true;
    }
    for (let at = 0; at < batch.length; at += 4) {
      const carried = this.#carried.get(batch[at + 1] as number);
      if (carried === undefined) continue;
      const { handler, transport } = carried;
      switch (batch[at]) {
        case IoEvent.taken:
          handler.taken?.(batch[at + 2] as number);
          transport.take(handler, batch[at + 3] as Buffer);
          break;
        case IoEvent.data:
          transport.take(handler, batch[at + 3] as Buffer);
          break;
        case IoEvent.drained:
          transport.release();
          break;
        case IoEvent.closed:
          transport.release();
          handler.disconnected();
          transport.end();
          break;
        case IoEvent.gone:
          this.#carried.delete(batch[at + 1] as number);
          transport.isOpen = false;
          transport.release();
          handler.disconnected();
          carried.gone();
      }
    }
  }
}

const factsOf = ({ text, parameterCount, catalogVersion, rowDescription, relation }: PgLaneFacts) =>
  [Buffer.from(text), parameterCount, catalogVersion, rowDescription, relation] as const;
const keyWords = (keys: readonly LaneKey[]): Uint32Array =>
  Uint32Array.from(keys.flatMap(({ type, parameter }) => [LaneType[type], parameter]));

/** Most rows, and type and parameter of their number. */
const limitWords = (limit: number | LaneKey | undefined): number[] =>
  typeof limit === "object" ? [0xffffffff, ...keyWords([limit])] : [Math.min(limit ?? 0xffffffff, 0xffffffff), 0, 0];

/** Words of a search as the addon reads them (native/binding/io_binding.cc: read_search). */
function searchWords({ form, list, lower, upper, backward, limit }: LaneSearch): Uint32Array {
  const bound = (b: LaneBound | undefined) => (b === undefined ? [0, 0, 0] : [LaneType[b.type], b.parameter, b.inclusive ? 1 : 0]);
  return Uint32Array.from([
    LaneSearchForm[form],
    backward ? 1 : 0,
    ...limitWords(limit),
    ...bound(lower),
    ...bound(upper),
    ...keyWords(list),
  ]);
}

/** Eight words a value, and the addends that the last of them points at. */
function valueWords(values: readonly LaneValue[]): [Uint32Array, Float64Array] {
  const words = values.flatMap((v, i) => [
    v.column,
    LaneForm[v.form],
    LaneType[v.type],
    v.parameter,
    v.notNull ? 1 : 0,
    v.modifier,
    v.form === "addConstant" || v.form === "nextval" ? v.scale : v.operandModifier,
    i,
  ]);
  return [Uint32Array.from(words), Float64Array.from(values, (v) => v.addend)];
}

/** Unhandled input above which a connection is not read. */
const MAX_BACKLOG_BYTES = 1 << 20;

class NativeTransport implements SocketTransport, FastLane {
  isOpen = true;
  readonly copies = true;
  /** Input of the batch that is being delivered. */
  hasInput = false;
  #waits = false; // output
  #waiting: (() => void)[] = [];
  #checking = false;

  constructor(
    private readonly addon: NativeAddon,
    private readonly hub: IoHub,
    private readonly id: number,
    /** Open until end(): what is closed natively waits for that. */
    private readonly descriptor: number,
    readonly peer: Peer,
  ) {}

  hasLeft(): boolean {
    return this.isOpen && this.addon.engine.peerHasLeft(this.descriptor);
  }

  get fastLane(): FastLane {
    return this;
  }
  get pgFastLane(): PgFastLane {
    const { hub, id } = this;
    const { io } = this.addon;
    return {
      setSession: ({ process, isolation, isSynchronous }) =>
        io.setSession(hub, id, process, isolation === "repeatable read" ? 1 : 0, isSynchronous),
      registerSelect: (place, facts, keys, pipeline, search) =>
        io.registerSelect(hub, id, place, ...factsOf(facts), keyWords(keys), pipeline, search && searchWords(search)),
      registerNearest: (place, facts, limit, { pipeline, parameter, effort, recallTarget }) =>
        io.registerNearest(
          hub,
          id,
          place,
          ...factsOf(facts),
          pipeline,
          Uint32Array.from([parameter, effort, ...limitWords(limit)]),
          recallTarget,
        ),
      registerWrite: (place, facts, keys, values, replaced, conditions, { source, outputs }) =>
        io.registerWrite(
          ...([
            hub,
            id,
            place,
            ...factsOf(facts),
            LaneKind[source.kind],
            source.storage,
            source.index,
            keyWords(keys),
            source.row,
          ] as const),
          ...valueWords(values),
          outputs,
          source.conflict && [
            source.conflict.action === "update" ? 1 : 0,
            source.conflict.index,
            source.conflict.row,
            ...valueWords(replaced),
          ],
          Uint32Array.from(conditions.flatMap(({ column, type, parameter }) => [column, LaneType[type], parameter])),
        ),
      registerControl: (place, text, rowDescription, kind, tag) =>
        io.registerControl(hub, id, place, Buffer.from(text), rowDescription, LaneKind[kind], Buffer.from(tag)),
      activity: () => {
        const facts = io.activity(hub, id);
        if (facts === null) return undefined;
        const [query, queryMicros, transactionMicros, xid] = facts;
        return { query, queryMicros, transactionMicros, xid };
      },
      forgetPlans: () => io.forgetPlans(hub, id),
      handBack: (parse) => !this.#waits && !this.hasInput && io.handBackStatements(hub, id, parse),
      takeBack: () => {
        const [parse, xid, startMicros, locks, drawn = []] = io.takeBack(hub, id);
        const block = xid === undefined || startMicros === undefined ? undefined : { xid, startMicros, locks: locks ?? [] };
        return { parse, block, drawn };
      },
    };
  }

  write(bytes: Uint8Array): boolean {
    if (!this.isOpen) return false;
    if (this.addon.io.write(this.hub, this.id, bytes)) return !this.#waits;
    if (!this.#waits) this.addon.io.tellWhenDrained(this.hub, this.id);
    this.#waits = true;
    return false;
  }
  drained(): Promise<void> {
    return this.#waits && this.isOpen ? new Promise<void>((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }
  get queuedBytes(): number {
    return this.#waits ? (this.addon.io.facts(this.hub, this.id)?.[4] ?? 0) : 0;
  }
  whenSent(callback: () => void): void {
    if (!this.isOpen) return;
    if (this.#waits) this.#waiting.push(callback);
    else setImmediate(callback);
  }
  pause(): void {
    this.addon.io.pauseReading(this.hub, this.id, true);
  }
  resume(): void {
    this.addon.io.pauseReading(this.hub, this.id, false);
  }
  end(): void {
    this.addon.io.end(this.hub, this.id);
  }
  destroy(): void {
    this.addon.io.destroy(this.hub, this.id);
  }

  /** Input; reading pauses while the handler has too much of it. */
  take(handler: ConnectionHandler, chunk: Buffer): void {
    this.hasInput = false;
    handler.data(chunk);
    if (this.#checking || handler.backlogBytes <= MAX_BACKLOG_BYTES) return;
    this.#checking = true;
    this.pause();
    const resumeWhenHandled = () => {
      if (!this.isOpen) return;
      if (handler.backlogBytes > MAX_BACKLOG_BYTES) return void setTimeout(resumeWhenHandled, 2);
      this.#checking = false;
      this.resume();
    };
    setTimeout(resumeWhenHandled, 2);
  }
  /** Nothing waits any more (or the connection is over): who waited goes on. */
  release(): void {
    this.#waits = false;
    const callbacks = this.#waiting;
    this.#waiting = [];
    for (const callback of callbacks) callback();
  }

  // FastLane.

  handBack(resp3: boolean, database: number): boolean {
    return !this.#waits && !this.hasInput && this.addon.io.handBack(this.hub, this.id, resp3, database);
  }
  revoke(): void {
    this.addon.io.revoke(this.hub, this.id);
  }
  describe(address: Uint8Array, name: Uint8Array): void {
    this.addon.io.describe(this.hub, this.id, address, name);
  }
  facts(): LaneFacts | undefined {
    const facts = this.addon.io.facts(this.hub, this.id);
    if (facts === null) return undefined;
    return { isLaneOwner: facts[0] === 1, lastActiveMillis: facts[1], database: facts[2], inputBytes: facts[3], outputBytes: facts[4] };
  }
}
