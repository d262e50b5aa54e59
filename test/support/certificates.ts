/** An authority and what it signed, made by the openssl command. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** Makes `<name>.crt` and `<name>.key` in the folder for `ca` and for each name; returns a function to the paths. */
export function makeCertificates(folder: string, names: readonly string[]): (file: string) => string {
  const path = (file: string) => join(folder, file);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", path("ca.key"), "-out", path("ca.crt"), "-days", "30", "-subj", "/CN=Test authority");
  writeFileSync(path("names.cnf"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  for (const name of names) {
    openssl("req", ...key, "-keyout", path(`${name}.key`), "-out", path(`${name}.csr`), "-subj", `/C=NL/CN=${name}`);
    const signing = ["-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "30", "-extfile", path("names.cnf")];
    openssl("x509", "-req", "-in", path(`${name}.csr`), ...signing, "-out", path(`${name}.crt`));
    chmodSync(path(`${name}.key`), 0o600);
  }
  return path;
}
