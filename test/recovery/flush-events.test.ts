import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EngineEvent, native } from "../../src/native/index.js";
import { Keys } from "./keys.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "orrery-flush-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("flushed events", () => {
  it("come once for many requests, when the last one is durable, in a folder and in memory", async () => {
    for (const path of [folder, null]) {
      const engine = native.engine.open({ folder: path });
      const keys = new Keys(engine);
      const batches: EngineEvent[][] = [];
      const last = new Promise<void>((resolve) => {
        native.engine.onEvents(engine, (events) => {
          batches.push(events);
          if (events.some((e) => e.kind === "flushed" && e.lsn >= keys.lsn)) resolve();
        });
      });
      for (let i = 0; i < 1000; i++) {
        keys.run("SET", `k${i}`, "v");
        native.engine.requestFlush(engine, keys.lsn);
      }
      await last;
      expect(native.engine.flushedLsn(engine)).toBe(keys.lsn);
      expect(batches.length).toBeLessThan(50);
      expect(batches.every((b) => b.length === 1)).toBe(true);
      keys.close();
    }
  });

  it("come for what is durable already", async () => {
    const engine = native.engine.open({ folder });
    const keys = new Keys(engine);
    keys.run("SET", "k", "v");
    for (let i = 0; i < 3; i++) {
      const event = new Promise((resolve) => native.engine.onEvents(engine, resolve));
      native.engine.requestFlush(engine, keys.lsn);
      expect(await event).toEqual([{ kind: "flushed", lsn: keys.lsn }]);
    }
    keys.close();
  });
});
