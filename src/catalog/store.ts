/**
 * The committed catalog as this thread knows it, kept current from the native catalog relation.
 *
 * One store per thread and engine; `current()` applies what other threads (or this one) committed since the last look.
 * Its cost when nothing changed is one native call that reads a counter.
 */
import type { Engine, StorageBinding } from "../native/index.js";
import type { CatalogObject } from "./objects.js";
import { CatalogSnapshot } from "./snapshot.js";

export class CatalogStore {
  readonly #storage: StorageBinding;
  readonly #engine: Engine;
  #version = 0;
  #snapshot = CatalogSnapshot.empty;

  constructor(storage: StorageBinding, engine: Engine) {
    this.#storage = storage;
    this.#engine = engine;
  }

  /** The newest committed version. */
  current(): CatalogSnapshot {
    if (this.#storage.catalogVersion(this.#engine) !== this.#version) this.#refresh();
    return this.#snapshot;
  }
  /** The native catalog's number of what was current at the last look. */
  get version(): number {
    return this.#version;
  }
  /** What was current at the last look: for callers that were told of every change by event. */
  get lastKnown(): CatalogSnapshot {
    return this.#snapshot;
  }

  #refresh(): void {
    const { version, changes } = this.#storage.catalogChanges(this.#engine, this.#version);
    this.#version = version;
    this.#snapshot = this.#snapshot.with(
      changes.map(([oid, json]) => [oid, json === null ? null : (JSON.parse(json) as CatalogObject)] as const),
    );
  }
}
