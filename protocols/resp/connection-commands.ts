/** AUTH, HELLO, QUIT, RESET, CLIENT. */
import type { Handler } from "./dispatch.js";
import { unsubscribeAll } from "./pubsub-commands.js";
import type { RespSession } from "./session.js";
import { endTransaction } from "./transaction-commands.js";

/** What clients take for the server's version when they decide what it can do. */
export const compatibleVersion = "7.0.15";
const wrongPassword = "WRONGPASS invalid username-password pair or user is disabled.";

const auth: Handler = (session, args) => {
  const { reply } = session;
  if (args.length > 3) return reply.error("ERR syntax error");
  const password = session.server.configuration.requirepass;
  if (args.length === 2 && password === "")
    return reply.error(
      "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
    );
  const user = args.length === 3 ? (args[1] as Buffer).toString() : "default";
  const given = (args[args.length - 1] as Buffer).toString();
  if (user !== "default" || (password !== "" && given !== password)) return reply.error(wrongPassword);
  session.authenticated = true;
  session.configure();
  reply.ok();
};

const hello: Handler = (session, args) => {
  const { reply, server } = session;
  let version = session.resp3 ? 3 : 2;
  let at = 1;
  if (args.length > 1) {
    const text = (args[1] as Buffer).toString("latin1");
    if (!/^-?\d+$/.test(text)) return reply.error("ERR Protocol version is not an integer or out of range");
    version = Number(text);
    if (version !== 2 && version !== 3) return reply.error("NOPROTO unsupported protocol version");
    at = 2;
  }
  let user: string | undefined;
  let password = "";
  let name: string | undefined;
  for (; at < args.length; at++) {
    const option = (args[at] as Buffer).toString("latin1").toLowerCase();
    if (option === "auth" && at + 2 < args.length) {
      user = (args[++at] as Buffer).toString();
      password = (args[++at] as Buffer).toString();
    } else if (option === "setname" && at + 1 < args.length) {
      name = (args[++at] as Buffer).toString();
      if (!isName(name)) return reply.error(badName);
    } else return reply.error(`ERR Syntax error in HELLO option '${(args[at] as Buffer).toString("latin1")}'`);
  }
  const required = server.configuration.requirepass;
  if (user !== undefined) {
    if (user !== "default" || (required !== "" && password !== required)) return reply.error(wrongPassword);
    session.authenticated = true;
  }
  if (!session.authenticated)
    return reply.error(
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
    );
  if (name !== undefined) session.name = name;
  reply.resp3 = version === 3;
  session.configure();
  reply.map(7);
  for (const [key, value] of [
    ["server", "redis"],
    ["version", compatibleVersion],
    ["proto", version],
    ["id", session.id],
    ["mode", "standalone"],
    ["role", "master"],
  ] as const) {
    reply.bulk(key);
    if (typeof value === "number") reply.integer(value);
    else reply.bulk(value);
  }
  reply.bulk("modules");
  reply.array(0);
};

const badName = "ERR Client names cannot contain spaces, newlines or special characters.";
const isName = (text: string) => /^[!-~]*$/.test(text);

function describeClient(session: RespSession): string {
  const now = Date.now();
  const flags = session.isSubscribed ? "P" : session.queue !== undefined ? "x" : "N";
  return [
    `id=${session.id}`,
    `addr=${session.host.remoteAddress ?? "embedded:0"}`,
    `laddr=${session.host.localAddress ?? "embedded:0"}`,
    "fd=0",
    `name=${session.name}`,
    `age=${Math.floor((now - session.createdMillis) / 1000)}`,
    `idle=${Math.floor((now - session.lastActiveMillis) / 1000)}`,
    `flags=${flags}`,
    `db=${session.database}`,
    `sub=${session.channels.size}`,
    `psub=${session.patterns.size}`,
    "ssub=0",
    `multi=${session.queue?.length ?? -1}`,
    "qbuf=0",
    "qbuf-free=0",
    "argv-mem=0",
    "multi-mem=0",
    "rbs=16384",
    "rbp=0",
    "obl=0",
    "oll=0",
    "omem=0",
    "tot-mem=0",
    "events=r",
    `cmd=${session.lastCommand}`,
    "user=default",
    "redir=-1",
    `resp=${session.resp3 ? 3 : 2}`,
  ].join(" ");
}

function kill(session: RespSession, args: readonly Buffer[]): void {
  const { reply, server } = session;
  const end = (victims: readonly RespSession[]) => {
    for (const victim of victims)
      if (victim === session) victim.closeSoon();
      else victim.close();
  };
  if (args.length === 3) {
    const victim = [...server.sessions.values()].find((s) => s.host.remoteAddress === (args[2] as Buffer).toString());
    if (victim === undefined) return reply.error("ERR No such client");
    end([victim]);
    return reply.ok();
  }
  let skipMe = true;
  const filters: ((s: RespSession) => boolean)[] = [];
  for (let i = 2; i < args.length; i += 2) {
    const value = args[i + 1]?.toString();
    if (value === undefined) return reply.error("ERR syntax error");
    switch ((args[i] as Buffer).toString("latin1").toLowerCase()) {
      case "id":
        if (!/^[1-9]\d*$/.test(value)) return reply.error("ERR client-id should be greater than 0");
        filters.push((s) => s.id === Number(value));
        break;
      case "addr":
        filters.push((s) => s.host.remoteAddress === value);
        break;
      case "laddr":
        filters.push((s) => s.host.localAddress === value);
        break;
      case "user":
        if (value !== "default") return reply.error(`ERR No such user '${value}'`);
        break;
      case "type": {
        const kind = value.toLowerCase();
        if (!["normal", "master", "replica", "slave", "pubsub"].includes(kind)) return reply.error(`ERR Unknown client type '${value}'`);
        filters.push((s) => (kind === "pubsub" ? s.isSubscribed : kind === "normal" && !s.isSubscribed));
        break;
      }
      case "skipme":
        if (!/^(yes|no)$/i.test(value)) return reply.error("ERR syntax error");
        skipMe = value.toLowerCase() === "yes";
        break;
      default:
        return reply.error("ERR syntax error");
    }
  }
  const victims = [...server.sessions.values()].filter((s) => filters.every((f) => f(s)) && !(skipMe && s === session));
  end(victims);
  reply.integer(victims.length);
}

const client: Handler = (session, args) => {
  const { reply, server } = session;
  const argument = args[2]?.toString() ?? "";
  switch ((args[1] as Buffer).toString("latin1").toLowerCase()) {
    case "id":
      return reply.integer(session.id);
    case "getname":
      return session.name === "" ? reply.null() : reply.bulk(session.name);
    case "setname":
      if (!isName(argument)) return reply.error(badName);
      session.name = argument;
      return reply.ok();
    case "info":
      return reply.verbatim(`${describeClient(session)}\n`);
    case "list": {
      let chosen = [...server.sessions.values()];
      if (args.length > 2) {
        const filter = argument.toLowerCase();
        if (filter === "type" && args.length === 4) {
          const kind = (args[3] as Buffer).toString().toLowerCase();
          if (!["normal", "master", "replica", "slave", "pubsub"].includes(kind))
            return reply.error(`ERR Unknown client type '${(args[3] as Buffer).toString()}'`);
          chosen = chosen.filter((s) => (kind === "pubsub" ? s.isSubscribed : kind === "normal" && !s.isSubscribed));
        } else if (filter === "id" && args.length > 3) {
          const ids = args.slice(3).map(Number);
          if (ids.some((id) => !(id > 0))) return reply.error("ERR Invalid client ID");
          chosen = chosen.filter((s) => ids.includes(s.id));
        } else return reply.error("ERR syntax error");
      }
      return reply.verbatim(chosen.map((s) => `${describeClient(s)}\n`).join(""));
    }
    case "kill":
      return kill(session, args);
    case "no-evict":
      if (!/^(on|off)$/i.test(argument)) return reply.error("ERR syntax error");
      session.noEvict = argument.toLowerCase() === "on";
      return reply.ok();
    case "reply":
      switch (argument.toLowerCase()) {
        case "on":
          session.replyMode = "on";
          reply.ok();
          break;
        case "off":
          session.replyMode = "off";
          break;
        case "skip":
          if (session.replyMode === "on") session.skipNext = true;
          break;
        default:
          return reply.error("ERR syntax error");
      }
      return session.configure();
    case "unpause":
      return reply.ok();
    default:
      return reply.error(`ERR CLIENT ${(args[1] as Buffer).toString("latin1").toUpperCase()} is not supported yet`);
  }
};

export const connectionHandlers: Readonly<Record<string, Handler>> = {
  auth,
  hello,
  client,
  quit: (session) => {
    session.reply.ok();
    session.closeSoon();
  },
  reset: (session) => {
    endTransaction(session);
    unsubscribeAll(session);
    session.database = 0;
    session.name = "";
    session.replyMode = "on";
    session.noEvict = false;
    session.reply.resp3 = false;
    session.authenticated = session.server.configuration.requirepass === "";
    session.configure();
    session.reply.status("RESET");
  },
};
