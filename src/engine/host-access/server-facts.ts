/** What the engine knows of the server around it: parameters that the server decides, and who may connect. */
import type { AccessRuleFacts } from "../../catalog/index.js";
import { addressText } from "./address.js";
import type { AccessRule, RuleLine } from "./rules-file.js";

export interface ServerFacts {
  /** What SHOW tells of parameters that the server decides (`port`, `ssl`, …); keys in lower case. */
  readonly settings: ReadonlyMap<string, string>;
  /** undefined: no file says who may connect, and the safe defaults hold (protocols/pgwire/authentication.ts). */
  readonly accessRules: readonly AccessRule[] | undefined;
  /** The lines of the file as it is now, wrong ones too: what a reload would find. */
  readonly accessRuleLines: () => readonly RuleLine[];
}
export const noServer: ServerFacts = { settings: new Map(), accessRules: undefined, accessRuleLines: () => [] };

export function accessRuleFacts({ line, rule, error }: RuleLine): AccessRuleFacts {
  const address = rule?.address;
  const options = rule?.clientCertificate === undefined ? null : [`clientcert=${rule.clientCertificate}`];
  return {
    line,
    type: rule?.type ?? null,
    databases: rule?.databases.map((name) => name.text) ?? null,
    users: rule?.users.map((name) => name.text) ?? null,
    address: address === undefined ? null : address.kind === "range" ? addressText(address.address) : address.kind,
    netmask: address?.kind === "range" ? addressText(address.mask) : null,
    method: rule?.method ?? null,
    options,
    error: error ?? null,
  };
}
