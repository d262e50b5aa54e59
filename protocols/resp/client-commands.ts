/** CLIENT. */

import { describeClient } from "./client-description.js";
import type { Handler } from "./dispatch.js";
import { helpReply } from "./help.js";
import type { RespSession } from "./session.js";
import type { ClientFilter } from "./thread-messages.js";
import { caching, getRedirection, track, trackingInfo } from "./tracking-commands.js";

export const badName = "ERR Client names cannot contain spaces, newlines or special characters.";
export const isName = (text: string) => /^[!-~]*$/.test(text);

const text = (bytes: Buffer | undefined) => bytes?.toString("latin1") ?? "";
const types: Readonly<Record<string, "normal" | "pubsub" | "master" | "replica">> = {
  normal: "normal",
  pubsub: "pubsub",
  master: "master",
  replica: "replica",
  slave: "replica",
};

function list(session: RespSession, args: readonly Buffer[]): void {
  const { reply, server } = session;
  let type: string | null = null;
  let ids: number[] | null = null;
  if (args.length > 2) {
    const option = text(args[2]).toLowerCase();
    if (option === "type" && args.length === 4) {
      type = types[text(args[3]).toLowerCase()] ?? null;
      if (type === null) return reply.error(`ERR Unknown client type '${text(args[3])}'`);
    } else if (option === "id" && args.length > 3) {
      ids = [];
      for (const argument of args.slice(3)) {
        if (!/^\d{1,18}$/.test(text(argument))) return reply.error("ERR Invalid client ID");
        ids.push(Number(text(argument)));
      }
    } else return reply.error("ERR syntax error");
  }
  server.ask(session, { what: "clients", type, ids }, (answers) => {
    const lines = answers.flatMap((a) => a as string[]);
    reply.verbatim(lines.join(""));
  });
}

function kill(session: RespSession, args: readonly Buffer[]): void {
  const { reply, server } = session;
  if (args.length === 3) {
    server.ask(session, { what: "killClients", filter: { address: text(args[2]) }, skip: -1 }, (answers) => {
      if (answers.some((n) => (n as number) > 0)) reply.ok();
      else reply.error("ERR No such client");
    });
    return;
  }
  if (args.length % 2 !== 0) return reply.error("ERR syntax error");
  let skipMe = true;
  const filter: { -readonly [K in keyof ClientFilter]: ClientFilter[K] } = {};
  for (let i = 2; i < args.length; i += 2) {
    const value = text(args[i + 1]);
    switch (text(args[i]).toLowerCase()) {
      case "id": {
        const id = /^-?\d{1,18}$/.test(value) ? Number(value) : 0;
        if (id < 1) return reply.error("ERR client-id should be greater than 0");
        filter.id = id;
        break;
      }
      case "addr":
        filter.address = value;
        break;
      case "laddr":
        filter.localAddress = value;
        break;
      case "user":
        if (!server.acl.users.has(value)) return reply.error(`ERR No such user '${value}'`);
        filter.user = value;
        break;
      case "type": {
        const type = types[value.toLowerCase()];
        if (type === undefined) return reply.error(`ERR Unknown client type '${value}'`);
        filter.type = type;
        break;
      }
      case "maxage": {
        const age = /^\d{1,18}$/.test(value) ? Number(value) : 0;
        if (age < 1) return reply.error("ERR maxage is not an integer or out of range");
        filter.minimumAgeSeconds = age;
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
  server.ask(session, { what: "killClients", filter, skip: skipMe ? session.id : -1 }, (answers) =>
    reply.integer(answers.reduce((sum: number, n) => sum + (n as number), 0)),
  );
}

function pause(session: RespSession, args: readonly Buffer[]): void {
  const { reply, server } = session;
  if (args.length > 4) return reply.error("ERR syntax error");
  let mode: "write" | "all" = "all";
  if (args.length === 4) {
    const given = text(args[3]).toLowerCase();
    if (given !== "write" && given !== "all") return reply.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    mode = given;
  }
  if (!/^-?\d{1,15}$/.test(text(args[2]))) return reply.error("ERR timeout is not an integer or out of range");
  const millis = Number(text(args[2]));
  if (millis < 0) return reply.error("ERR timeout is negative");
  const untilMillis = Date.now() + millis;
  server.pause(mode, untilMillis);
  server.tellOthers({ kind: "pause", mode, untilMillis });
  reply.ok();
}

const client: Handler = (session, args) => {
  const { reply, server } = session;
  const argument = text(args[2]);
  switch (text(args[1]).toLowerCase()) {
    case "id":
      return reply.integer(session.id);
    case "getname":
      return session.name === "" ? reply.null() : reply.bulk(session.name);
    case "setname":
      if (!isName(argument)) return reply.error(badName);
      session.name = argument;
      session.describe();
      return reply.ok();
    case "info":
      return reply.verbatim(`${describeClient(session)}\n`);
    case "list":
      return list(session, args);
    case "kill":
      return kill(session, args);
    case "no-evict":
      if (!/^(on|off)$/i.test(argument)) return reply.error("ERR syntax error");
      session.noEvict = argument.toLowerCase() === "on";
      return reply.ok();
    case "no-touch":
      if (!/^(on|off)$/i.test(argument)) return reply.error("ERR syntax error");
      session.noTouch = argument.toLowerCase() === "on";
      session.configure();
      return reply.ok();
    case "setinfo": {
      const value = text(args[3]);
      const option = argument.toLowerCase();
      if (option !== "lib-name" && option !== "lib-ver") return reply.error(`ERR Unrecognized option '${argument}'`);
      if (!isName(value)) return reply.error(`ERR ${option} cannot contain spaces, newlines or special characters.`);
      if (option === "lib-name") session.libraryName = value;
      else session.libraryVersion = value;
      return reply.ok();
    }
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
    case "pause":
      return pause(session, args);
    case "unpause":
      server.unpause();
      server.tellOthers({ kind: "unpause" });
      return reply.ok();
    case "unblock": {
      let withError = false;
      if (args.length > 4) return reply.error("ERR syntax error");
      if (args.length === 4) {
        const how = text(args[3]).toLowerCase();
        if (how !== "timeout" && how !== "error") return reply.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        withError = how === "error";
      }
      if (!/^-?\d{1,18}$/.test(argument)) return reply.error("ERR value is not an integer or out of range");
      server.ask(session, { what: "unblock", id: Number(argument), withError }, (answers) => reply.integer(answers.includes(true) ? 1 : 0));
      return;
    }
    case "tracking":
      return track(session, args);
    case "caching":
      return caching(session, argument);
    case "getredir":
      return getRedirection(session);
    case "trackinginfo":
      return trackingInfo(session);
    default:
      return helpReply(session, "client");
  }
};

export const clientHandlers: Readonly<Record<string, Handler>> = { client };
