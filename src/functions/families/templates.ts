/** to_char, to_date, to_timestamp(text, text), to_number. */
import type { Datum, Interval, Numeric } from "../../types/index.js";
import { checkedDate, isInfinite, join } from "../datetime/calendar.js";
import { fixedZone, toLocal, toUtc, zoneOf } from "../datetime/zones.js";
import type { ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { formatIntervalWithTemplate, formatWithTemplate } from "../template/datetime.js";
import { floatToChar, integerToChar, numericToChar, toNumber } from "../template/number.js";
import { parseWithTemplate } from "../template/parse-datetime.js";
import type { Int64 } from "../types/integers.js";

const scalars: Record<string, ScalarBody> = {
  "to_char(timestamp,text)": (_c, t: Int64, f: string): Datum =>
    isInfinite(t) || f === "" ? null : formatWithTemplate(t, f, undefined, ""),
  "to_char(timestamptz,text)": (c, t: Int64, f: string): Datum => {
    if (isInfinite(t) || f === "") return null;
    const zone = zoneOf(c.timeZone);
    return formatWithTemplate(toLocal(t, zone), f, zone.offsetAt(t), zone.abbreviationAt(t));
  },
  "to_char(interval,text)": (_c, i: Interval, f: string): Datum => (f === "" ? null : formatIntervalWithTemplate(i, f)),
  "to_char(numeric,text)": (_c, n: Numeric, f: string) => numericToChar(n, f),
  "to_char(int4,text)": (_c, n: number, f: string) => integerToChar(n, f, "integer"),
  "to_char(int8,text)": (_c, n: Int64, f: string) => integerToChar(n, f, "bigint"),
  "to_char(float4,text)": (_c, n: number, f: string) => floatToChar(n, f, 6),
  "to_char(float8,text)": (_c, n: number, f: string) => floatToChar(n, f, 15),
  "to_number(text,text)": (_c, t: string, f: string): Datum => toNumber(t, f),
  "to_date(text,text)": (_c, t: string, f: string) => checkedDate(parseWithTemplate(t, f).days, t),
  "to_timestamp(text,text)": (c, t: string, f: string) => {
    const { days, micros, offset } = parseWithTemplate(t, f);
    return toUtc(join(days, micros), offset === undefined ? zoneOf(c.timeZone) : fixedZone("", offset));
  },
};

export const templateFamily: Family = { scalars };
