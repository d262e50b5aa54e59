/** Time zones by name and by the abbreviations that input reads. */
import { findZone, inputAbbreviations, namedZones } from "../../src/functions/index.js";
import { Interval } from "../../src/types/index.js";
import { provide, type Source } from "./provider.js";

/** Abbreviations of a fixed offset that stand for daylight saving time. Facts of PostgreSQL 15's default set. */
const savingAbbreviations = new Set(
  `acdt acsst adt aedt aesst akdt almst awsst azost bdst brst bst cadt cdt cest cetdst chadt clst edt eest eetdst egst fjst fnst idt
kdt kgst mdt mest mesz metdst msd must ndt nzdt pdt pkst pmdt pyst sadt ulast uyst uzst wadt wdt wetdst wgst yekst`.split(/\s+/),
);
const HALF_YEAR = 182 * 86_400_000_000;

/** What holds in a zone at this moment: saving time is when the clock is ahead of what it is at another time of the year. */
function stateOf(source: Source, name: string): { abbrev: string; utc_offset: Interval; is_dst: boolean } | undefined {
  const zone = findZone(name);
  if (zone === undefined) return undefined;
  const now = source.now();
  const offset = zone.offsetAt(now);
  const other = zone.offsetAt(now + HALF_YEAR);
  return { abbrev: zone.abbreviationAt(now), utc_offset: ofSeconds(offset), is_dst: offset > other };
}
const ofSeconds = (seconds: number) => new Interval(0, 0, seconds * 1_000_000);

provide("pg_catalog.pg_timezone_abbrevs", function* (source) {
  for (const [abbreviation, value] of inputAbbreviations()) {
    const abbrev = abbreviation.toUpperCase();
    if (typeof value === "number") yield { abbrev, utc_offset: ofSeconds(value), is_dst: savingAbbreviations.has(abbreviation) };
    else {
      const state = stateOf(source, value);
      if (state !== undefined) yield { ...state, abbrev };
    }
  }
});
provide("pg_catalog.pg_timezone_names", function* (source) {
  for (const name of new Set([...Intl.supportedValuesOf("timeZone"), ...namedZones()])) {
    const state = stateOf(source, name);
    if (state !== undefined) yield { name, ...state };
  }
});
