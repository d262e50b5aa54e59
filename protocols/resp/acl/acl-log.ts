/** ACL LOG: what was denied lately, the same thing once with a count. Of all threads' clients: each tells the others. */
export interface AclLogEntry {
  readonly reason: "command" | "key" | "channel" | "auth";
  readonly context: "toplevel" | "multi" | "lua" | "module";
  readonly object: string;
  readonly username: string;
  count: number;
  createdMillis: number;
  clientInfo: string;
}

/** Entries that differ in nothing and are this close are one. */
const togetherMillis = 60_000;

export class AclLog {
  #entries: AclLogEntry[] = [];
  maxLength = 128;

  add(entry: AclLogEntry): void {
    const same = this.#entries.find(
      (e) =>
        e.reason === entry.reason &&
        e.context === entry.context &&
        e.object === entry.object &&
        e.username === entry.username &&
        entry.createdMillis - e.createdMillis <= togetherMillis,
    );
    if (same === undefined) {
      this.#entries.unshift({ ...entry });
      if (this.#entries.length > this.maxLength) this.#entries.length = this.maxLength;
      return;
    }
    same.count++;
    same.createdMillis = entry.createdMillis;
    same.clientInfo = entry.clientInfo;
    this.#entries = [same, ...this.#entries.filter((e) => e !== same)];
  }
  newest(count: number): readonly AclLogEntry[] {
    return this.#entries.slice(0, count);
  }
  clear(): void {
    this.#entries = [];
  }
}
