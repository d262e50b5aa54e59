/** CREATE, ALTER and DROP ROLE. Passwords are kept as SCRAM-SHA-256 verifiers only. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import type { RoleObject } from "../../catalog/index.js";
import type { Command, RoleOptions } from "../../plan/index.js";
import { DbError, needsSuperuser, noSuchRole, objectMissing, roleExists, roleOwnsObjects } from "../../types/index.js";
import type { DefinitionContext } from "./context.js";
import { describeObject } from "./dependencies.js";

export function createRole(context: DefinitionContext, command: Extract<Command, { kind: "CreateRole" }>): void {
  requirePrivilege(context, "create roles");
  if (command.name.startsWith("pg_"))
    throw new DbError({
      sqlstate: "42939",
      message: `role name "${command.name}" is reserved`,
      detail: 'Role names starting with "pg_" are reserved.',
    });
  if (context.snapshot.role(command.name) !== undefined) throw roleExists(command.name);
  const base: RoleObject = {
    class: "role",
    oid: context.newOid(),
    name: command.name,
    login: false,
    superuser: false,
    createdb: false,
    createrole: false,
    inherit: true,
    replication: false,
    bypassRls: false,
    connectionLimit: -1,
  };
  context.put(withOptions(base, command.options));
}

export function alterRole(context: DefinitionContext, command: Extract<Command, { kind: "AlterRole" }>): void {
  const role = context.snapshot.role(command.name);
  if (role === undefined) throw noSuchRole(command.name);
  if (command.name !== context.session.user) requirePrivilege(context, "alter roles");
  context.put(withOptions(role, command.options));
}

export function dropRole(context: DefinitionContext, command: Extract<Command, { kind: "DropRole" }>): void {
  requirePrivilege(context, "drop roles");
  for (const name of command.names) {
    const role = context.snapshot.role(name);
    if (role === undefined) {
      if (!command.ifExists) throw objectMissing("role", name);
      context.notice(`role "${name}" does not exist, skipping`);
      continue;
    }
    if (name === context.session.user) throw new DbError({ sqlstate: "55006", message: "current user cannot be dropped" });
    const owned = [...context.snapshot.objects()].filter((o) => "owner" in o && o.owner === role.oid);
    if (owned.length > 0) throw roleOwnsObjects(name, owned.map((o) => `owner of ${describeObject(context, o)}`).join("\n"));
    context.remove(role.oid);
  }
}

function withOptions(role: RoleObject, options: RoleOptions): RoleObject {
  const { password: oldPassword, ...rest } = role;
  const { password, ...changed } = options;
  const defined = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined)) as Partial<RoleObject>;
  const verifier =
    password === undefined
      ? oldPassword
      : password === null || password === ""
        ? undefined
        : isVerifier(password)
          ? password
          : scramVerifier(password);
  return { ...rest, ...defined, ...(verifier === undefined ? {} : { password: verifier }) };
}

function requirePrivilege(context: DefinitionContext, what: string): void {
  const role = context.snapshot.role(context.session.user);
  if (role?.superuser !== true && role?.createrole !== true) throw needsSuperuser(what);
}

const ITERATIONS = 4096; // PostgreSQL's SCRAM_SHA_256_DEFAULT_ITERATIONS
const isVerifier = (text: string) => /^SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/.test(text);

/** RFC 5803's form: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>. */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, ITERATIONS, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest();
  const serverKey = createHmac("sha256", salted).update("Server Key").digest();
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey.toString("base64")}:${serverKey.toString("base64")}`;
}
