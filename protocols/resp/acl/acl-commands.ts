/** ACL. */
import { randomBytes } from "node:crypto";
import { commandTable, subcommandTable } from "../../../src/keyspace/index.js";
import { arityFits, type Handler } from "../dispatch.js";
import { helpReply, subcommandError } from "../help.js";
import type { RespSession } from "../session.js";
import { categories } from "./acl-selector.js";
import { AclUser } from "./acl-user.js";

const latin1 = (bytes: Buffer | undefined) => bytes?.toString("latin1") ?? "";
const noAclFile =
  "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.";

function getUser(session: RespSession, name: string): void {
  const { reply, server } = session;
  const user = server.acl.users.get(name);
  if (user === undefined) return reply.null();
  const bulk = (text: string) => reply.bulk(Buffer.from(text, "latin1"));
  reply.map(6);
  bulk("flags");
  reply.set(user.flags().length);
  for (const flag of user.flags()) bulk(flag);
  bulk("passwords");
  reply.array(user.passwords.length);
  for (const hash of user.passwords) bulk(hash);
  bulk("commands");
  bulk(user.root.commandsText());
  bulk("keys");
  bulk(user.root.keysText());
  bulk("channels");
  bulk(user.root.channelsText());
  bulk("selectors");
  reply.array(user.selectors.length);
  for (const selector of user.selectors) {
    reply.map(3);
    bulk("commands");
    bulk(selector.commandsText());
    bulk("keys");
    bulk(selector.keysText());
    bulk("channels");
    bulk(selector.channelsText());
  }
}

function log(session: RespSession, args: readonly Buffer[]): void {
  const { reply, server } = session;
  let count = 10;
  if (args.length === 3) {
    const text = latin1(args[2]);
    if (text.toLowerCase() === "reset") {
      server.aclLog.clear();
      server.tellOthers({ kind: "aclLogReset" });
      return reply.ok();
    }
    if (!/^-?\d{1,18}$/.test(text)) return reply.error("ERR value is not an integer or out of range");
    count = Math.max(Number(text), 0);
  } else if (args.length > 3) return subcommandError(session, "acl", latin1(args[1]));
  const entries = server.aclLog.newest(count);
  reply.array(entries.length);
  for (const entry of entries) {
    reply.map(7);
    reply.bulk("count");
    reply.integer(entry.count);
    for (const [name, value] of [
      ["reason", entry.reason],
      ["context", entry.context],
      ["object", entry.object],
      ["username", entry.username],
    ] as const) {
      reply.bulk(name);
      reply.bulk(Buffer.from(value, "latin1"));
    }
    reply.bulk("age-seconds");
    reply.double((Date.now() - entry.createdMillis) / 1000);
    reply.bulk("client-info");
    reply.bulk(Buffer.from(entry.clientInfo, "latin1"));
  }
}

function dryRun(session: RespSession, args: readonly Buffer[]): void {
  const { reply, server } = session;
  const user = server.acl.users.get(latin1(args[2]));
  if (user === undefined) return reply.error(`ERR User '${latin1(args[2])}' not found`);
  const inner = args.slice(3);
  const name = latin1(inner[0]).toLowerCase();
  const command = subcommandTable.get(`${name}|${latin1(inner[1]).toLowerCase()}`) ?? commandTable.get(name);
  if (command === undefined) return reply.error(`ERR Command '${latin1(inner[0])}' not found`);
  if (!arityFits(command.arity, inner.length)) return reply.error(`ERR wrong number of arguments for '${command.name}' command`);
  const denial = user.check(command, inner);
  if (denial === undefined) return reply.ok();
  const text =
    denial.kind === "command"
      ? `This user has no permissions to run the '${command.name}' command`
      : `This user has no permissions to access the '${denial.object}' ${denial.kind}`;
  reply.bulk(Buffer.from(text, "latin1"));
}

export const aclHandlers: Readonly<Record<string, Handler>> = {
  acl: (session, args) => {
    const { reply, server } = session;
    const { acl } = server;
    switch (latin1(args[1]).toLowerCase()) {
      case "whoami":
        return reply.bulk(Buffer.from(session.user.name, "latin1"));
      case "users": {
        const names = [...acl.users.keys()].sort();
        reply.array(names.length);
        for (const name of names) reply.bulk(Buffer.from(name, "latin1"));
        return;
      }
      case "list": {
        const users = [...acl.users.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
        reply.array(users.length);
        for (const user of users) reply.bulk(Buffer.from(user.text(), "latin1"));
        return;
      }
      case "getuser":
        return getUser(session, latin1(args[2]));
      case "setuser": {
        const name = latin1(args[2]);
        if (/[\s\0]/.test(name)) return reply.error("ERR Usernames can't contain spaces or null characters");
        const user = acl.users.get(name) ?? new AclUser(name);
        const error = user.set(args.slice(3).map(latin1));
        if (error !== undefined) return reply.error(`ERR ${error}`);
        acl.save(user);
        return reply.ok();
      }
      case "deluser": {
        const names = args.slice(2).map(latin1);
        if (names.includes("default")) return reply.error("ERR The 'default' user cannot be removed");
        return reply.integer(names.filter((name) => acl.delete(name)).length);
      }
      case "cat": {
        if (args.length > 3) return subcommandError(session, "acl", latin1(args[1]));
        if (args.length === 2) {
          reply.array(categories.length);
          for (const category of categories) reply.bulk(category);
          return;
        }
        const category = latin1(args[2]).toLowerCase();
        if (!(categories as readonly string[]).includes(category)) return reply.error(`ERR Unknown category '${latin1(args[2])}'`);
        const names = [...commandTable.values(), ...subcommandTable.values()]
          .filter((c) => c.categories.includes(category))
          .map((c) => c.name);
        reply.array(names.length);
        for (const name of names) reply.bulk(name);
        return;
      }
      case "genpass": {
        if (args.length > 3) return subcommandError(session, "acl", latin1(args[1]));
        const text = args.length === 3 ? latin1(args[2]) : "256";
        if (!/^-?\d{1,18}$/.test(text)) return reply.error("ERR value is not an integer or out of range");
        const bits = Number(text);
        if (bits <= 0 || bits > 4096)
          return reply.error("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096");
        const digits = Math.ceil(bits / 4);
        return reply.bulk(
          randomBytes(Math.ceil(digits / 2))
            .toString("hex")
            .slice(0, digits),
        );
      }
      case "log":
        return log(session, args);
      case "dryrun":
        return dryRun(session, args);
      case "save":
      case "load":
        return reply.error(noAclFile);
      default:
        return helpReply(session, "acl");
    }
  },
};
