/** SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE, their opposites, PUBLISH, SPUBLISH, PUBSUB. Subscriptions live in the addon; messages come back as events. */
import { ChannelKind } from "../../src/native/index.js";
import type { Handler } from "./dispatch.js";
import { helpReply, subcommandError } from "./help.js";
import { Counter } from "./server-counters.js";
import type { RespSession } from "./session.js";

type Verb = "subscribe" | "unsubscribe" | "psubscribe" | "punsubscribe" | "ssubscribe" | "sunsubscribe";

function change(verb: Verb): Handler {
  const kind = verb.startsWith("p")
    ? ChannelKind.pattern
    : verb.startsWith("ss") || verb.startsWith("sun")
      ? ChannelKind.shard
      : ChannelKind.channel;
  const adds = !verb.includes("unsubscribe");
  return (session, args) => {
    const { addon, engine } = session.server.options;
    // A transaction may subscribe to channels, for reasons of age; not to shard channels.
    if (adds && session.isExecuting && kind === ChannelKind.shard)
      return session.reply.error(`ERR ${verb.toUpperCase()} isn't allowed for a DENY BLOCKING client`);
    const mine = kind === ChannelKind.pattern ? session.patterns : kind === ChannelKind.shard ? session.shardChannels : session.channels;
    const names = args.length > 1 ? args.slice(1) : [...mine.values()];
    const was = session.isSubscribed;
    const announce = (name: Buffer | null) => {
      session.reply.push(3);
      session.reply.bulk(verb);
      if (name === null) session.reply.null();
      else session.reply.bulk(name);
      session.reply.integer(kind === ChannelKind.shard ? session.shardChannels.size : session.channels.size + session.patterns.size);
    };
    if (names.length === 0) announce(null);
    for (const name of names) {
      const text = name.toString("latin1");
      if (adds && !mine.has(text)) {
        if (session.subscriber === 0) {
          session.subscriber = addon.keyspace.newSubscriber(engine);
          session.server.subscribers.set(session.subscriber, session);
        }
        const own = Buffer.from(name);
        mine.set(text, own);
        addon.keyspace.subscribe(engine, session.subscriber, own, kind);
      } else if (!adds && mine.delete(text)) {
        addon.keyspace.unsubscribe(engine, session.subscriber, name, kind);
      }
      announce(name);
    }
    if (was !== session.isSubscribed) session.server.counts.add(Counter.pubsubClients, session.isSubscribed ? 1 : -1);
    session.configure();
  };
}

/** RESET and the end of a session. */
export function unsubscribeAll(session: RespSession): void {
  const { addon, engine } = session.server.options;
  if (session.subscriber === 0) return;
  if (session.isSubscribed) session.server.counts.add(Counter.pubsubClients, -1);
  addon.keyspace.removeSubscriber(engine, session.subscriber);
  session.server.subscribers.delete(session.subscriber);
  session.subscriber = 0;
  session.channels.clear();
  session.patterns.clear();
  session.shardChannels.clear();
}

export const pubsubHandlers: Readonly<Record<string, Handler>> = {
  subscribe: change("subscribe"),
  unsubscribe: change("unsubscribe"),
  psubscribe: change("psubscribe"),
  punsubscribe: change("punsubscribe"),
  ssubscribe: change("ssubscribe"),
  sunsubscribe: change("sunsubscribe"),
  publish: (session, args) => {
    const { addon, engine } = session.server.options;
    session.reply.integer(addon.keyspace.publish(engine, args[1] as Buffer, args[2] as Buffer, false));
  },
  spublish: (session, args) => {
    const { addon, engine } = session.server.options;
    session.reply.integer(addon.keyspace.publish(engine, args[1] as Buffer, args[2] as Buffer, true));
  },
  pubsub: (session, args) => {
    const { addon, engine } = session.server.options;
    const { reply } = session;
    const sub = (args[1] as Buffer).toString("latin1").toLowerCase();
    const sharded = sub.startsWith("shard");
    switch (sub) {
      case "channels":
      case "shardchannels": {
        if (args.length > 3) return subcommandError(session, "pubsub", sub);
        const names = addon.keyspace.channels(engine, args[2] ?? null, sharded);
        reply.array(names.length);
        for (const name of names) reply.bulk(name);
        return;
      }
      case "numsub":
      case "shardnumsub":
        reply.array((args.length - 2) * 2);
        for (const name of args.slice(2)) {
          reply.bulk(name);
          reply.integer(addon.keyspace.subscriberCount(engine, name, sharded));
        }
        return;
      case "numpat":
        return reply.integer(addon.keyspace.patternCount(engine));
      default:
        return helpReply(session, "pubsub");
    }
  },
};
