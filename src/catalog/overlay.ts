/**
 * What an open transaction changed in the catalog, over whatever is committed.
 *
 * Every change is written to the native catalog relation at once (so it commits, rolls back and recovers with the
 * transaction's rows) and kept here for the transaction's own eyes. `mark`/`rollbackTo` follow savepoints.
 */

import type { Oid } from "../types/index.js";
import { LayeredMap } from "./layered-map.js";
import type { CatalogObject } from "./objects.js";
import type { CatalogSnapshot } from "./snapshot.js";

export interface OverlayMark {
  readonly changes: LayeredMap<Oid, CatalogObject | null>;
}

export class CatalogOverlay {
  /** Immutable, so that a mark costs nothing: every statement of a transaction sets one. */
  #changes = new LayeredMap<Oid, CatalogObject | null>();
  /** Changes not yet in #snapshot. */
  #pending: (readonly [Oid, CatalogObject | null])[] = [];
  #base: CatalogSnapshot | undefined;
  #snapshot: CatalogSnapshot | undefined;

  get isEmpty(): boolean {
    return this.#changes.isEmpty;
  }

  /** The catalog as the transaction sees it over `committed`. */
  over(committed: CatalogSnapshot): CatalogSnapshot {
    if (this.#changes.isEmpty) return committed;
    if (this.#base !== committed || this.#snapshot === undefined) {
      this.#base = committed;
      this.#snapshot = committed.with(this.#changes.entries());
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
  /** Objects that the transaction made or changed. */
  *objects(): Iterable<CatalogObject> {
    for (const [, object] of this.#changes.entries()) if (object !== null) yield object;
  }
  mark(): OverlayMark {
    return { changes: this.#changes };
  }
  rollbackTo(mark: OverlayMark): void {
    if (mark.changes === this.#changes) return;
    this.#changes = mark.changes;
    this.#pending = [];
    this.#base = undefined;
    this.#snapshot = undefined;
  }

  #set(oid: Oid, object: CatalogObject | null): void {
    const editor = this.#changes.edit();
    editor.set(oid, object);
    this.#changes = editor.done();
    this.#pending.push([oid, object]);
  }
}
