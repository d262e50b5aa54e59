/** AUTH, HELLO, QUIT, RESET. */
import type { AclUser } from "./acl/acl-user.js";
import { badName, isName } from "./client-commands.js";
import type { Handler } from "./dispatch.js";
import { unsubscribeAll } from "./pubsub-commands.js";
import type { RespSession } from "./session.js";
import { stopTracking } from "./tracking-commands.js";
import { endTransaction } from "./transaction-commands.js";

/** What clients take for the server's version when they decide what it can do. */
export const compatibleVersion = "7.0.15";
const wrongPassword = "WRONGPASS invalid username-password pair or user is disabled.";

/** The user of a name and password; notes a failure in ACL LOG. */
function userOf(session: RespSession, name: string, password: string, object: string): AclUser | undefined {
  const user = session.server.acl.users.get(name);
  if (user?.accepts(password)) return user;
  session.noteAcl("auth", object, name, session.queue === undefined ? "toplevel" : "multi");
  return undefined;
}
const latin1 = (bytes: Buffer | undefined) => bytes?.toString("latin1") ?? "";

const auth: Handler = (session, args) => {
  const { reply } = session;
  if (args.length > 3) return reply.error("ERR syntax error");
  if (args.length === 2 && session.server.acl.default.noPassword)
    return reply.error(
      "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
    );
  const user = userOf(session, args.length === 3 ? latin1(args[1]) : "default", latin1(args[args.length - 1]), "AUTH");
  if (user === undefined) return reply.error(wrongPassword);
  session.logIn(user);
  reply.ok();
};

const hello: Handler = (session, args) => {
  const { reply } = session;
  let version = session.resp3 ? 3 : 2;
  let at = 1;
  if (args.length > 1) {
    const text = latin1(args[1]);
    if (!/^-?\d{1,18}$/.test(text)) return reply.error("ERR Protocol version is not an integer or out of range");
    version = Number(text);
    if (version !== 2 && version !== 3) return reply.error("NOPROTO unsupported protocol version");
    at = 2;
  }
  let credentials: readonly [string, string] | undefined;
  let name: string | undefined;
  for (; at < args.length; at++) {
    const option = latin1(args[at]).toLowerCase();
    if (option === "auth" && at + 2 < args.length) credentials = [latin1(args[++at]), latin1(args[++at])];
    else if (option === "setname" && at + 1 < args.length) {
      name = latin1(args[++at]);
      if (!isName(name)) return reply.error(badName);
    } else return reply.error(`ERR Syntax error in HELLO option '${latin1(args[at])}'`);
  }
  if (credentials !== undefined) {
    const user = userOf(session, credentials[0], credentials[1], "HELLO");
    if (user === undefined) return reply.error(wrongPassword);
    session.logIn(user);
  }
  if (!session.authenticated)
    return reply.error(
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
    );
  if (name !== undefined) {
    session.name = name;
    session.describe();
  }
  reply.resp3 = version === 3;
  session.configure();
  reply.map(7);
  for (const [key, value] of [
    ["server", "redis"],
    ["version", compatibleVersion],
    ["proto", version],
    ["id", session.id],
    ["mode", "standalone"],
    ["role", session.server.replication.primary === undefined ? "master" : "replica"],
  ] as const) {
    reply.bulk(key);
    if (typeof value === "number") reply.integer(value);
    else reply.bulk(value);
  }
  reply.bulk("modules");
  reply.array(0);
};

export const connectionHandlers: Readonly<Record<string, Handler>> = {
  auth,
  hello,
  quit: (session) => {
    session.reply.ok();
    session.closeSoon();
  },
  reset: (session) => {
    const { server } = session;
    endTransaction(session);
    unsubscribeAll(session);
    stopTracking(session);
    if (session.isMonitor) {
      session.isMonitor = false;
      server.setMonitor(session, false);
    }
    session.database = 0;
    session.name = "";
    session.replyMode = "on";
    session.noEvict = false;
    session.reply.resp3 = false;
    session.user = server.acl.default;
    session.authenticated = session.user.noPassword && session.user.isOn;
    session.describe();
    session.configure();
    session.reply.status("RESET");
  },
};
