/**
 * What a server may change while it runs: who may connect (`pg_hba.conf`) and its certificate. Read when a thread opens its doors and again when it is
 * asked to (SIGHUP, pg_reload_conf()); a wrong file then leaves what was in force.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { makeCertificate, readTlsFiles, type TlsMaterial } from "../protocols/server/index.js";
import type { Settings } from "./cli/settings.js";
import { type AccessRule, parseAccessRules, type RuleLine, type ServerFacts } from "./engine/index.js";

export interface ServerConfiguration {
  readonly facts: ServerFacts;
  /** undefined: TLS is off. */
  readonly tls: TlsMaterial | undefined;
  /** What is wrong with the access rules that were read. */
  readonly complaints: readonly string[];
}

/** What of it goes to a thread that begins later: what is in force, whatever the files say by then. */
export interface ConfigurationInForce {
  readonly settings: ReadonlyMap<string, string>;
  readonly accessRules: readonly AccessRule[] | undefined;
  readonly tls: TlsMaterial | undefined;
}
export const inForce = ({ facts: { settings, accessRules }, tls }: ServerConfiguration): ConfigurationInForce => ({
  settings,
  accessRules,
  tls,
});
/** On the other thread. */
export function takenOver(settings: Settings, { tls: sent, ...facts }: ConfigurationInForce): ServerConfiguration {
  // Buffers arrive as plain arrays of bytes.
  const tls = sent && {
    certificate: Buffer.from(sent.certificate),
    key: Buffer.from(sent.key),
    authority: sent.authority && Buffer.from(sent.authority),
    endPointHash: sent.endPointHash && Buffer.from(sent.endPointHash),
  };
  return { tls, complaints: [], facts: { ...facts, accessRuleLines: accessRuleLines(settings, tls) } };
}

/** With `ssl = auto`: the certificate of the first start. */
export function prepareCertificate(settings: Settings): void {
  if (settings.ssl !== "auto") return;
  const { certificate: certificateFile, key: keyFile } = tlsFiles(settings);
  if (existsSync(certificateFile) || existsSync(keyFile)) return;
  const { certificate, key } = makeCertificate([hostname(), "localhost", "127.0.0.1"]);
  writeFileSync(keyFile, key, { mode: 0o600 });
  writeFileSync(certificateFile, certificate, { mode: 0o644 });
}

/** Throws an Error with one clear line when the server must not start so. @param before what is in force where a new file is wrong */
export function readConfiguration(settings: Settings, before?: ServerConfiguration): ServerConfiguration {
  const complaints: string[] = [];
  let tls = before?.tls;
  try {
    tls = settings.ssl === "off" ? undefined : readTlsFiles(tlsFiles(settings));
  } catch (error) {
    if (before === undefined) throw error;
    complaints.push((error as Error).message);
  }
  const file = hbaFile(settings);
  const lines = readRules(file, settings.hba_file !== "", tls !== undefined);
  let rules = lines?.map(({ rule }) => rule).filter((rule) => rule !== undefined) as AccessRule[] | undefined;
  const wrong = lines?.filter(({ rule }) => rule === undefined).map(({ line, error }) => `${error} (line ${line} of ${file})`) ?? [];
  if (lines !== undefined && wrong.length === 0 && rules?.length === 0) wrong.push(`${file} contains no entries`);
  if (wrong.length > 0) {
    complaints.push(...wrong);
    if (before === undefined) throw new Error(`could not load ${file}: ${wrong[0]}`);
    rules = before.facts.accessRules as AccessRule[] | undefined;
  }
  return {
    tls,
    complaints,
    facts: { settings: shownSettings(settings, tls), accessRules: rules, accessRuleLines: accessRuleLines(settings, tls) },
  };
}

const inData = (settings: Settings, path: string): string => resolve(settings.data, path);
const hbaFile = (settings: Settings): string => inData(settings, settings.hba_file || "pg_hba.conf");
const tlsFiles = (settings: Settings) => ({
  certificate: inData(settings, settings.ssl_cert_file),
  key: inData(settings, settings.ssl_key_file),
  authority: settings.ssl_ca_file === "" ? "" : inData(settings, settings.ssl_ca_file),
});

const accessRuleLines = (settings: Settings, tls: TlsMaterial | undefined) => () =>
  readRules(hbaFile(settings), settings.hba_file !== "", tls !== undefined) ?? [];

/** undefined: there is no file, and nobody named one. */
function readRules(file: string, isNamed: boolean, tlsIsOn: boolean): RuleLine[] | undefined {
  try {
    return parseAccessRules(readFileSync(file, "utf8"), tlsIsOn);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !isNamed) return undefined;
    return [{ line: 0, error: `could not open configuration file "${file}": ${message}` }];
  }
}

function shownSettings(settings: Settings, tls: TlsMaterial | undefined): ReadonlyMap<string, string> {
  return new Map([
    ["config_file", ""],
    ["data_directory", resolve(settings.data)],
    ["hba_file", hbaFile(settings)],
    ["listen_addresses", settings.host],
    ["max_connections", String(settings.max_connections)],
    ["port", String(settings.pg_port)],
    ["ssl", tls === undefined ? "off" : "on"],
    ["ssl_ca_file", settings.ssl_ca_file],
    ["ssl_cert_file", settings.ssl_cert_file],
    ["ssl_key_file", settings.ssl_key_file],
    ["superuser_reserved_connections", String(settings.superuser_reserved_connections)],
    ["unix_socket_directories", settings.unix_socket_directories],
    ["unix_socket_permissions", String(settings.unix_socket_permissions)],
  ]);
}

export const socketFolders = (settings: Settings): readonly string[] =>
  settings.unix_socket_directories
    .split(",")
    .map((folder) => folder.trim())
    .filter((folder) => folder !== "")
    .map((folder) => join(resolve(folder)));
