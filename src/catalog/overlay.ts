/**
 * What an open transaction changed in the catalog, over whatever is committed.
 *
 * Every change is written to the native catalog relation at once (so it commits, rolls back and recovers with the
 * transaction's rows) and kept here for the transaction's own eyes. `mark`/`rollbackTo` follow savepoints.
 */

import type { Oid } from "../types/index.js";
import type { CatalogObject } from "./objects.js";
import type { CatalogSnapshot } from "./snapshot.js";

export interface OverlayMark {
  readonly changes: ReadonlyMap<Oid, CatalogObject | null>;
}

export class CatalogOverlay {
  #changes: ReadonlyMap<Oid, CatalogObject | null> = new Map();
  /** Changes not yet in #snapshot. */
  #pending: (readonly [Oid, CatalogObject | null])[] = [];
  #base: CatalogSnapshot | undefined;
  #snapshot: CatalogSnapshot | undefined;

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  /** The catalog as the transaction sees it over `committed`. */
  over(committed: CatalogSnapshot): CatalogSnapshot {
    if (this.#changes.size === 0) return committed;
    if (this.#base !== committed || this.#snapshot === undefined) {
      this.#base = committed;
      this.#snapshot = committed.with(this.#changes);
    } else if (this.#pending.length > 0) {
      this.#snapshot = this.#snapshot.with(this.#pending);
    }
    this.#pending = [];
    return this.#snapshot;
  }

  put(object: CatalogObject): void {
    this.#set(object.oid, object);
  }
  delete(oid: Oid): void {
    this.#set(oid, null);
  }
  mark(): OverlayMark {
    // The map may be shared with the mark from here on: the next change copies it.
    this.#shared = true;
    return { changes: this.#changes };
  }
  rollbackTo(mark: OverlayMark): void {
    if (mark.changes === this.#changes) return;
    this.#changes = mark.changes;
    this.#shared = true;
    this.#pending = [];
    this.#base = undefined;
    this.#snapshot = undefined;
  }

  #shared = false;
  #set(oid: Oid, object: CatalogObject | null): void {
    if (this.#shared) {
      this.#changes = new Map(this.#changes);
      this.#shared = false;
    }
    (this.#changes as Map<Oid, CatalogObject | null>).set(oid, object);
    this.#pending.push([oid, object]);
  }
}
