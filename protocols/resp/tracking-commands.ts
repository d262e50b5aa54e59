/**
 * CLIENT TRACKING: which reads the native side remembers for a client (native/keyspace/tracking.h), and how it hears that a key changed:
 * a push in RESP3, or a message on `__redis__:invalidate` of the client that it redirects to.
 */
import type { CommandDescription } from "../../src/keyspace/index.js";
import type { RespServer } from "./server.js";
import type { RespSession } from "./session.js";

export class TrackingState {
  /** CLIENT CACHING said yes or no, for the next command. */
  caching: boolean | undefined;
  /** The client that it redirects to is gone. */
  isBroken = false;
  constructor(
    readonly client: number,
    readonly mode: "default" | "broadcast" | "optin" | "optout",
    /** Client id; 0: itself. */
    readonly redirect: number,
    readonly noLoop: boolean,
    readonly prefixes: readonly Buffer[],
  ) {}

  /** Whether the native side remembers the keys of the next read. */
  get remembers(): boolean {
    switch (this.mode) {
      case "default":
        return true;
      case "optin":
        return this.caching === true;
      case "optout":
        return this.caching !== false;
      default:
        return false;
    }
  }
  /** CLIENT CACHING holds for one command (MULTI and what it queues are one). */
  commandEnded(session: RespSession, _command: CommandDescription): void {
    if (this.caching === undefined || session.isExecuting) return;
    this.caching = undefined;
    session.configure();
  }
}

const text = (bytes: Buffer | undefined) => bytes?.toString("latin1") ?? "";

export function track(session: RespSession, args: readonly Buffer[]): void {
  const { reply, server } = session;
  const { addon, engine } = server.options;
  let redirect = 0;
  let broadcast = false;
  let optIn = false;
  let optOut = false;
  let noLoop = false;
  const prefixes: Buffer[] = [];
  for (let i = 3; i < args.length; i++) {
    const option = text(args[i]).toLowerCase();
    const more = i + 1 < args.length;
    if (option === "redirect" && more) {
      if (redirect !== 0) return reply.error("ERR A client can only redirect to a single other client");
      const value = text(args[++i]);
      if (!/^-?\d{1,18}$/.test(value)) return reply.error("ERR value is not an integer or out of range");
      redirect = Number(value);
    } else if (option === "bcast") broadcast = true;
    else if (option === "optin") optIn = true;
    else if (option === "optout") optOut = true;
    else if (option === "noloop") noLoop = true;
    else if (option === "prefix" && more) prefixes.push(Buffer.from(args[++i] as Buffer));
    else return reply.error("ERR syntax error");
  }
  const finish = () => {
    const switchTo = text(args[2]).toLowerCase();
    if (switchTo === "on") {
      if (!broadcast && prefixes.length > 0) return reply.error("ERR PREFIX option requires BCAST mode to be enabled");
      const old = session.tracking;
      if (old !== undefined && (old.mode === "broadcast") !== broadcast)
        return reply.error(
          "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
        );
      if (broadcast && (optIn || optOut)) return reply.error("ERR OPTIN and OPTOUT are not compatible with BCAST");
      if (optIn && optOut) return reply.error("ERR You can't specify both OPTIN mode and OPTOUT mode");
      if ((optIn && old?.mode === "optout") || (optOut && old?.mode === "optin"))
        return reply.error(
          "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
        );
      const overlap = broadcast ? overlapping([...(old?.prefixes ?? [])], prefixes) : undefined;
      if (overlap !== undefined) return reply.error(overlap);
      if (session.subscriber === 0) {
        session.subscriber = addon.keyspace.newSubscriber(engine);
        server.subscribers.set(session.subscriber, session);
      }
      const mode = broadcast ? "broadcast" : optIn ? "optin" : optOut ? "optout" : "default";
      const all = broadcast ? [...(old?.prefixes ?? []), ...prefixes].sort(Buffer.compare) : [];
      session.tracking = new TrackingState(session.subscriber, mode, redirect, noLoop, all);
      addon.keyspace.startTracking(
        engine,
        session.native,
        session.subscriber,
        broadcast,
        broadcast ? (all.length === 0 ? [Buffer.alloc(0)] : all) : [],
        noLoop,
      );
    } else if (switchTo === "off") stopTracking(session);
    else return reply.error("ERR syntax error");
    session.configure();
    reply.ok();
  };
  if (redirect === 0) return finish();
  server.ask(session, { what: "hasClient", id: redirect }, (answers) => {
    if (answers.includes(true)) finish();
    else reply.error("ERR The client ID you want redirect to does not exist");
  });
}

export function stopTracking(session: RespSession): void {
  if (session.tracking === undefined) return;
  session.tracking = undefined;
  session.server.options.addon.keyspace.stopTracking(session.server.options.engine, session.native);
}

/** Prefixes of one client may not overlap: it would hear twice. */
function overlapping(old: readonly Buffer[], fresh: readonly Buffer[]): string | undefined {
  for (let i = 0; i < fresh.length; i++)
    for (const [other, existing] of [...old.map((o) => [o, true] as const), ...fresh.slice(i + 1).map((o) => [o, false] as const)]) {
      const prefix = fresh[i] as Buffer;
      const [short, long] = other.length < prefix.length ? [other, prefix] : [prefix, other];
      if (!long.subarray(0, short.length).equals(short)) continue;
      const a = prefix.toString("latin1");
      const b = other.toString("latin1");
      return existing
        ? `ERR Prefix '${a}' overlaps with an existing prefix '${b}'. Prefixes for a single client must not overlap.`
        : `ERR Prefix '${a}' overlaps with another provided prefix '${b}'. Prefixes for a single client must not overlap.`;
    }
  return undefined;
}

export function caching(session: RespSession, argument: string): void {
  const { reply, tracking } = session;
  if (tracking === undefined)
    return reply.error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled");
  const choice = argument.toLowerCase();
  if (choice === "yes") {
    if (tracking.mode !== "optin") return reply.error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    tracking.caching = true;
  } else if (choice === "no") {
    if (tracking.mode !== "optout") return reply.error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    tracking.caching = false;
  } else return reply.error("ERR syntax error");
  session.configure();
  reply.ok();
}

export const getRedirection = (session: RespSession): void =>
  session.reply.integer(session.tracking === undefined ? -1 : session.tracking.redirect);

export function trackingInfo(session: RespSession): void {
  const { reply, tracking } = session;
  const flags = [tracking === undefined ? "off" : "on"];
  if (tracking?.mode === "broadcast") flags.push("bcast");
  if (tracking?.mode === "optin") {
    flags.push("optin");
    if (tracking.caching === true) flags.push("caching-yes");
  }
  if (tracking?.mode === "optout") {
    flags.push("optout");
    if (tracking.caching === false) flags.push("caching-no");
  }
  if (tracking?.noLoop) flags.push("noloop");
  if (tracking?.isBroken) flags.push("broken_redirect");
  reply.map(3);
  reply.bulk("flags");
  reply.set(flags.length);
  for (const flag of flags) reply.bulk(flag);
  reply.bulk("redirect");
  reply.integer(tracking === undefined ? -1 : tracking.redirect);
  reply.bulk("prefixes");
  const prefixes = tracking?.prefixes ?? [];
  reply.array(prefixes.length);
  for (const prefix of prefixes) reply.bulk(prefix);
}

/** Broadcast clients hear once a moment of all keys of that moment. */
const gathered = new WeakMap<RespSession, Uint8Array[]>();

/** An invalidation of the addon for `client` (a subscriber number of this thread). */
export function deliverInvalidation(server: RespServer, client: number, key: Uint8Array | null, broadcast: boolean): void {
  const session = server.subscribers.get(client);
  if (session?.tracking === undefined) return;
  if (!broadcast || key === null) return send(session, key === null ? null : [key]);
  const waiting = gathered.get(session);
  if (waiting !== undefined) {
    waiting.push(key);
    return;
  }
  gathered.set(session, [key]);
  setImmediate(() => {
    const keys = gathered.get(session) ?? [];
    gathered.delete(session);
    if (!session.isClosed) send(session, keys);
  });
}

function send(session: RespSession, keys: readonly Uint8Array[] | null): void {
  const { server, tracking } = session;
  if (tracking === undefined) return;
  if (tracking.redirect === 0) return session.sendInvalidation(keys);
  const target = server.sessions.get(tracking.redirect);
  if (target !== undefined) return target.sendInvalidation(keys);
  if ((server.options.threadCount ?? 1) > 1)
    return server.tellOthers({
      kind: "invalidate",
      client: tracking.redirect,
      keys: keys === null ? null : keys.map((k) => Buffer.from(k).toString("latin1")),
    });
  if (tracking.isBroken) return;
  tracking.isBroken = true;
  if (!session.resp3) return;
  session.sendPush(Buffer.from(`>2\r\n$21\r\ntracking-redir-broken\r\n:${tracking.redirect}\r\n`));
}
