import { describe, expect, it } from "vitest";
import { registry } from "../index.js";
import { testContext } from "../testing.js";

const read = (type: string, text: string, dateStyle = "ISO, MDY") => {
  const context = { ...testContext, dateStyle };
  const sqlType = registry.typeByName(type)!;
  const value = sqlType.input(text, -1, context);
  return value === null ? null : sqlType.output(value, context);
};

describe("date and time input", () => {
  const cases: readonly (readonly [type: string, text: string, style: string, result: string])[] = [
    ["date", "1/8/1999", "ISO, DMY", "1999-08-01"],
    ["date", "01/02/03", "ISO, YMD", "2001-02-03"],
    ["date", "J2451187", "ISO, MDY", "1999-01-08"],
    ["date", "January 8, 99 BC", "ISO, MDY", "0099-01-08 BC"],
    ["date", "4714-11-24 BC", "ISO, MDY", "4714-11-24 BC"],
    ["timestamp", "Mon Feb 10 17:32:01 1997", "ISO, MDY", "1997-02-10 17:32:01"],
    ["timestamp", "1997-02-10 17:32:01.5", "Postgres, MDY", "Mon Feb 10 17:32:01.5 1997"],
    ["timestamptz", "1997-06-10 18:32:01 PDT", "ISO, MDY", "1997-06-11 01:32:01+00"],
    ["timestamptz", "2020-07-01 12:00 Europe/Berlin", "German, DMY", "01.07.2020 10:00:00 UTC"],
    ["timetz", "04:05:06 PST", "ISO, MDY", "04:05:06-08"],
    ["time", "040506.789", "ISO, MDY", "04:05:06.789"],
    ["interval", "1 day ago 2:00", "ISO, MDY", "-1 days -02:00:00"],
    ["interval", "P1Y2M3DT4H5M6S", "ISO, MDY", "1 year 2 mons 3 days 04:05:06"],
  ];
  it.each(cases)("%s %s in %s", (type, text, style, result) => {
    expect(read(type, text, style)).toBe(result);
  });
  it("refuses with PostgreSQL's texts", () => {
    expect(() => read("date", "1999-02-29")).toThrow('date/time field value out of range: "1999-02-29"');
    expect(() => read("timestamp", "1997-02-10 17:32:01 Foo/Bar")).toThrow('time zone "foo/bar" not recognized');
    expect(() => read("interval", "1 fortnight")).toThrow('invalid input syntax for type interval: "1 fortnight"');
    expect(() => read("timetz", "10:00+25")).toThrow('time zone displacement out of range: "10:00+25"');
  });
});
