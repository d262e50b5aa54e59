import { describe, expect, it } from "vitest";
import { characterSet } from "./character-set.js";
import { encodingName, encodingNumber } from "./encoding-names.js";

describe("encodings by name", () => {
  it("knows PostgreSQL's names and aliases", () => {
    expect(encodingNumber("iso-8859-1")).toBe(encodingNumber("LATIN1"));
    expect(encodingName(encodingNumber("windows-1252"))).toBe("WIN1252");
    expect(encodingName(encodingNumber("shift_jis"))).toBe("SJIS");
    expect(encodingNumber("nope")).toBe(-1);
    expect(() => characterSet("MULE_INTERNAL")).toThrow("MULE_INTERNAL");
  });
});

describe("characters of several bytes", () => {
  const texts = {
    EUC_JP: "日本ｱ語a", SJIS: "日本ｱ語a", EUC_KR: "한국a", BIG5: "中文a", GBK: "中国a", EUC_CN: "中国a", GB18030: "中ÿ😀a", EUC_TW: "中文a", JOHAB: "國a", UHC: "똠a",
    EUC_JIS_2004: "か゚𠂉a", SHIFT_JIS_2004: "か゚𠂉a",
  }; // biome-ignore format: a table
  it.each(Object.entries(texts))("%s: a chunk that ends anywhere keeps what is unfinished", (name, text) => {
    const set = characterSet(name);
    if (set === undefined) throw new Error(`no ${name}`);
    const bytes = set.encode(text);
    expect(set.decode(bytes)).toBe(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const whole = cut - set.unfinished(bytes.subarray(0, cut));
      expect(set.decode(bytes.subarray(0, whole)) + set.decode(bytes.subarray(whole))).toBe(text);
    }
  });
  it("puts a question mark for what it has not", () => {
    expect(characterSet("SJIS")?.encodeLossy("a€ア").toString("hex")).toBe("613f8341");
  });
});
