/** SUBSCRIBE, PSUBSCRIBE, their opposites, PUBLISH, PUBSUB. Subscriptions live in the addon; messages come back as events. */
import { ChannelKind } from "../../src/native/index.js";
import type { Handler } from "./dispatch.js";
import type { RespSession } from "./session.js";

function change(kind: "subscribe" | "unsubscribe" | "psubscribe" | "punsubscribe"): Handler {
  const isPattern = kind.startsWith("p");
  const adds = !kind.includes("unsubscribe");
  return (session, args) => {
    const { addon, engine } = session.server.options;
    const mine = isPattern ? session.patterns : session.channels;
    const names = args.length > 1 ? args.slice(1) : [...mine.values()];
    const announce = (name: Buffer | null) => {
      session.reply.push(3);
      session.reply.bulk(kind);
      if (name === null) session.reply.null();
      else session.reply.bulk(name);
      session.reply.integer(session.channels.size + session.patterns.size);
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
        addon.keyspace.subscribe(engine, session.subscriber, own, isPattern ? ChannelKind.pattern : ChannelKind.channel);
      } else if (!adds && mine.delete(text)) {
        addon.keyspace.unsubscribe(engine, session.subscriber, name, isPattern ? ChannelKind.pattern : ChannelKind.channel);
      }
      announce(name);
    }
    session.configure();
  };
}

/** RESET and the end of a session. */
export function unsubscribeAll(session: RespSession): void {
  const { addon, engine } = session.server.options;
  if (session.subscriber === 0) return;
  addon.keyspace.removeSubscriber(engine, session.subscriber);
  session.server.subscribers.delete(session.subscriber);
  session.subscriber = 0;
  session.channels.clear();
  session.patterns.clear();
}

export const pubsubHandlers: Readonly<Record<string, Handler>> = {
  subscribe: change("subscribe"),
  unsubscribe: change("unsubscribe"),
  psubscribe: change("psubscribe"),
  punsubscribe: change("punsubscribe"),
  publish: (session, args) => {
    const { addon, engine } = session.server.options;
    session.reply.integer(addon.keyspace.publish(engine, args[1] as Buffer, args[2] as Buffer));
  },
  pubsub: (session, args) => {
    const { addon, engine } = session.server.options;
    const { reply } = session;
    switch ((args[1] as Buffer).toString("latin1").toLowerCase()) {
      case "channels": {
        const names = addon.keyspace.channels(engine, args[2] ?? null);
        reply.array(names.length);
        for (const name of names) reply.bulk(name);
        return;
      }
      case "numsub":
        reply.array((args.length - 2) * 2);
        for (const name of args.slice(2)) {
          reply.bulk(name);
          reply.integer(addon.keyspace.subscriberCount(engine, name));
        }
        return;
      case "numpat":
        return reply.integer(addon.keyspace.patternCount(engine));
      default:
        return reply.error(`ERR PUBSUB ${(args[1] as Buffer).toString("latin1").toUpperCase()} is not supported yet`);
    }
  },
};
