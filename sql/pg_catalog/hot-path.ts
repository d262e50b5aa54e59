/** Ours: statements that have run, whether I/O threads can run them, and why not. */
import { provide } from "./provider.js";

provide("pg_catalog.orrery_hot_path", function* (source) {
  for (const { statement, reason, calls } of source.system.hotPath()) yield { statement, hot: reason === null, reason, calls };
});
