/**
 * The users of the server as one thread knows them. They are durable: each change is a record of the log (SideSpace.users, name to
 * rules), so ACL SETUSER needs no file to survive a restart; the password of --requirepass is set over what was stored.
 */
import { SideSpace } from "../../../src/native/index.js";
import type { RespServer } from "../server.js";
import { AclUser, splitRules } from "./acl-user.js";

export class AclStore {
  readonly users = new Map<string, AclUser>();
  readonly #server: RespServer;

  constructor(server: RespServer) {
    this.#server = server;
    this.users.set("default", AclUser.newDefault());
  }
  get default(): AclUser {
    return this.users.get("default") as AclUser;
  }

  /** Reads what is stored: at the start, and when another thread changed it. */
  load(): void {
    const { addon, engine } = this.#server.options;
    const all = addon.keyspace.sideAll(engine, SideSpace.users);
    const stored = new Map<string, string>();
    for (let i = 0; i < all.length; i += 2) stored.set(text(all[i] as Uint8Array), text(all[i + 1] as Uint8Array));
    for (const name of [...this.users.keys()]) if (name !== "default" && !stored.has(name)) this.#drop(name);
    for (const [name, rules] of stored) {
      const user = this.users.get(name) ?? new AclUser(name);
      const fresh = new AclUser(name);
      if (fresh.set(splitRules(rules)) !== undefined) continue; // a rule of a later version: the user stays as it is
      user.take(fresh);
      this.users.set(name, user);
      this.#changed(user);
    }
  }
  /** Stores a user and lets its sessions know. */
  save(user: AclUser): void {
    this.users.set(user.name, user);
    const { addon, engine } = this.#server.options;
    this.#server.noteDurable(addon.keyspace.sideSet(engine, SideSpace.users, bytes(user.name), bytes(user.rules())));
    this.#changed(user);
    this.#server.tellOthers({ kind: "aclChanged" });
  }
  delete(name: string): boolean {
    if (!this.users.has(name)) return false;
    const { addon, engine } = this.#server.options;
    this.#server.noteDurable(addon.keyspace.sideErase(engine, SideSpace.users, bytes(name)));
    this.#drop(name);
    this.#server.tellOthers({ kind: "aclChanged" });
    return true;
  }

  #drop(name: string): void {
    const user = this.users.get(name);
    this.users.delete(name);
    for (const session of this.#server.sessions.values()) if (session.user === user) session.closeNow();
  }
  /** Sessions of the user go on with the new permissions; those subscribed to what is not allowed any more end. */
  #changed(user: AclUser): void {
    for (const session of [...this.#server.sessions.values()]) {
      if (session.user !== user) continue;
      const allowed =
        user.isUnrestricted ||
        (user.allowsChannels([...session.channels.keys(), ...session.shardChannels.keys()], false) &&
          user.allowsChannels([...session.patterns.keys()], true));
      if (allowed) session.configure();
      else session.closeNow();
    }
  }
}

const bytes = (value: string) => Buffer.from(value, "latin1");
const text = (value: Uint8Array) => Buffer.from(value).toString("latin1");
