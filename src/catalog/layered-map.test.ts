import { describe, expect, it } from "vitest";
import { LayeredMap } from "./layered-map.js";

describe("LayeredMap", () => {
  it("agrees with a plain map over many versions, and leaves old versions as they were", () => {
    let map = new LayeredMap<number, string | null>();
    const plain = new Map<number, string | null>();
    const versions: { readonly map: LayeredMap<number, string | null>; readonly entries: string }[] = [];
    const sorted = (entries: Iterable<readonly [number, string | null]>): string =>
      JSON.stringify([...entries].sort((a, b) => a[0] - b[0]));
    for (let step = 0; step < 1000; step++) {
      const editor = map.edit();
      const key = (step * 7919) % 301;
      if (step % 3 === 2) {
        editor.delete(key);
        plain.delete(key);
        expect(editor.get(key)).toBeUndefined();
      } else {
        const value = step % 5 === 0 ? null : `v${step}`;
        editor.set(key, value);
        plain.set(key, value);
        expect(editor.get(key)).toBe(value);
      }
      map = editor.done();
      if (step % 100 === 0) versions.push({ map, entries: sorted(plain) });
    }
    expect(sorted(map.entries())).toBe(sorted(plain));
    expect([...map.values()]).toHaveLength(plain.size);
    for (const version of versions) expect(sorted(version.map.entries())).toBe(version.entries);
  });

  it("is the same map when nothing was changed", () => {
    const map = new LayeredMap<string, number>();
    expect(map.isEmpty).toBe(true);
    const editor = map.edit();
    editor.delete("absent");
    expect(editor.done()).toBe(map);
    const next = map.edit();
    next.set("a", 1);
    expect(next.done().isEmpty).toBe(false);
    expect(map.isEmpty).toBe(true);
  });
});
