/** Computed relations by qualified name; pg_catalog and the keyspace register theirs when the process is put together. */
import type { SystemProvider } from "./types.js";

const providers = new Map<string, SystemProvider>();

export function registerSystemProvider(name: string, provider: SystemProvider): void {
  providers.set(name, provider);
}

export function systemProvider(name: string): SystemProvider | undefined {
  return providers.get(name);
}
