/**
 * A pg_hba.conf's text to rules. Source: PostgreSQL documentation, "The pg_hba.conf File"; the error texts are those of pg_hba_file_rules.
 *
 * A name that must be looked up (host names) and a method that needs another program (ldap, pam, …) make their line wrong: a rule that can never be
 * judged must not be passed over in silence, because the next line may let in whom it would have refused.
 */
import { addressBytes, prefixMask } from "./address.js";

export type ConnectionType = "local" | "host" | "hostssl" | "hostnossl" | "hostgssenc" | "hostnogssenc";
export type AuthenticationMethod = "trust" | "reject" | "md5" | "scram-sha-256" | "password" | "cert";
export type ClientCertificate = "verify-ca" | "verify-full";

/** One item of a list of names: a quoted one is no keyword. */
export interface NameToken {
  readonly text: string;
  readonly quoted: boolean;
}
export type AddressRule =
  | { readonly kind: "all" | "samehost" | "samenet" }
  | { readonly kind: "range"; readonly address: Uint8Array; readonly mask: Uint8Array };

export interface AccessRule {
  readonly line: number;
  readonly type: ConnectionType;
  readonly databases: readonly NameToken[];
  readonly users: readonly NameToken[];
  /** undefined for `local`. */
  readonly address: AddressRule | undefined;
  readonly method: AuthenticationMethod;
  readonly clientCertificate: ClientCertificate | undefined;
}
/** A line that is no comment: a rule, or what is wrong with it. */
export type RuleLine = { readonly line: number; readonly rule?: AccessRule; readonly error?: string };

class RuleError extends Error {}

const METHODS: readonly string[] = ["trust", "reject", "md5", "scram-sha-256", "password", "cert"];
const METHODS_OF_OTHERS: readonly string[] = ["ident", "peer", "gss", "sspi", "pam", "bsd", "ldap", "radius"];
const TYPES: readonly string[] = ["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];
const MAX_FILE_BYTES = 4 << 20;

/** @param tlsIsOn without it no hostssl line can match, which the line says beside its rule. */
export function parseAccessRules(text: string, tlsIsOn: boolean): RuleLine[] {
  if (text.length > MAX_FILE_BYTES) return [{ line: 1, error: `the file has more than ${MAX_FILE_BYTES} bytes` }];
  const lines: RuleLine[] = [];
  const written = text.split(/\r?\n/);
  for (let at = 0; at < written.length; at++) {
    const line = at + 1;
    let joined = written[at] as string;
    while (joined.endsWith("\\") && at + 1 < written.length) joined = joined.slice(0, -1) + (written[++at] as string);
    try {
      const fields = fieldsOf(joined);
      if (fields.length === 0) continue;
      const rule = ruleOf(fields, line);
      const idle = rule.type === "hostssl" && !tlsIsOn ? { error: "hostssl record cannot match because SSL is disabled" } : {};
      lines.push({ line, rule, ...idle });
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      lines.push({ line, error: error.message });
    }
  }
  return lines;
}

/** Fields are separated by blanks, the names of a field by commas. */
function fieldsOf(line: string): NameToken[][] {
  const fields: NameToken[][] = [];
  const token = /[ \t]*(?:#.*$|((?:"[^"]*(?:"|$)|[^\s,"#])+)[ \t]*(,?)|(,))/y;
  let continues = false;
  while (token.lastIndex < line.length) {
    const match = token.exec(line);
    if (match?.[1] === undefined) {
      if (match?.[3] !== undefined) continue;
      break;
    }
    const name = { text: match[1].replaceAll('"', ""), quoted: match[1].startsWith('"') };
    if (name.text.startsWith("@") && !name.quoted) throw new RuleError(`included files are not supported: "${name.text}"`);
    if (continues) (fields.at(-1) as NameToken[]).push(name);
    else fields.push([name]);
    continues = match[2] === ",";
  }
  return fields;
}

function ruleOf(fields: NameToken[][], line: number): AccessRule {
  let at = 0;
  const single = (many: string): string => {
    const field = fields[at++] as NameToken[];
    if (field.length > 1) throw new RuleError(many);
    return (field[0] as NameToken).text;
  };
  const list = (missing: string): NameToken[] => {
    const field = fields[at++];
    if (field === undefined) throw new RuleError(missing);
    return field;
  };
  const type = single("multiple values specified for connection type") as ConnectionType;
  if (!TYPES.includes(type)) throw new RuleError(`invalid connection type "${type}"`);
  const databases = list("end-of-line before database specification");
  const users = list("end-of-line before role specification");
  let address: AddressRule | undefined;
  if (type !== "local") {
    if (fields[at] === undefined) throw new RuleError("end-of-line before IP address specification");
    const quoted = fields[at]?.[0]?.quoted === true;
    const text = single("multiple values specified for host address");
    address = !quoted && (text === "all" || text === "samehost" || text === "samenet") ? { kind: text } : undefined;
    if (address === undefined) {
      const [ip = "", bits, more] = text.split("/");
      const bytes = addressBytes(ip);
      if (bytes === undefined) {
        if (bits !== undefined) throw new RuleError(`specifying both host name and CIDR mask is invalid: "${text}"`);
        throw new RuleError(`host names are not supported: "${text}"`);
      }
      let mask: Uint8Array | undefined;
      if (bits !== undefined) {
        if (more !== undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > bytes.length * 8)
          throw new RuleError(`invalid CIDR mask in address "${text}"`);
        mask = prefixMask(Number(bits), bytes.length);
      } else {
        if (fields[at] === undefined) throw new RuleError("end-of-line before netmask specification");
        const written = single("multiple values specified for netmask");
        mask = addressBytes(written);
        if (mask === undefined) throw new RuleError(`invalid IP mask "${written}": Name or service not known`);
        if (mask.length !== bytes.length) throw new RuleError("IP address and mask do not match");
      }
      address = { kind: "range", address: bytes, mask };
    }
  }
  if (fields[at] === undefined) throw new RuleError("end-of-line before authentication method");
  const written = single("multiple values specified for authentication type");
  if (written === "peer" && type !== "local") throw new RuleError("peer authentication is only supported on local sockets");
  if (METHODS_OF_OTHERS.includes(written)) throw new RuleError(`invalid authentication method "${written}": not supported by this build`);
  if (!METHODS.includes(written)) throw new RuleError(`invalid authentication method "${written}"`);
  const method = written as AuthenticationMethod;
  if (method === "cert" && type !== "hostssl") throw new RuleError("cert authentication is only supported on hostssl connections");
  let clientCertificate: ClientCertificate | undefined = method === "cert" ? "verify-full" : undefined;
  for (const { text } of fields.slice(at).flat()) {
    const [, name, value] = /^([^=]*)=(.*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new RuleError(`authentication option not in name=value format: ${text}`);
    if (name !== "clientcert") throw new RuleError(`unrecognized authentication option name: "${name}"`);
    if (type !== "hostssl") throw new RuleError('clientcert can only be configured for "hostssl" rows');
    if (value !== "verify-ca" && value !== "verify-full") throw new RuleError(`invalid value for clientcert: "${value}"`);
    if (method === "cert" && value === "verify-ca")
      throw new RuleError('clientcert can only be set to "verify-full" when using "cert" authentication');
    clientCertificate = value;
  }
  return { line, type, databases, users, address, method, clientCertificate };
}
