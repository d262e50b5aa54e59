import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NativeAddon } from "./addon.js";

export * from "./addon.js";
export * from "./block.js";
export * from "./collation.js";
export * from "./inverted.js";
export * from "./io.js";
export * from "./keyspace.js";
export * from "./locks.js";
export * from "./predicate.js";
export * from "./replication.js";
export * from "./status.js";
export * from "./vector.js";
export * from "./vector-text.js";

/** Finds the binary from the source tree and from dist/: the nearest ancestor that has native/build/Release. */
function load(): NativeAddon {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, "native", "build", "Release", "orrery.node");
    if (existsSync(candidate)) return createRequire(import.meta.url)(candidate) as NativeAddon;
    const parent = dirname(folder);
    if (parent === folder) throw new Error("the native addon is not built: run `npm run build`");
    folder = parent;
  }
}

export const native: NativeAddon = load();
