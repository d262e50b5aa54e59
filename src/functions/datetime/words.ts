/** The words of date and time input, each with what it means. PostgreSQL compares the first ten letters only. */

export type DateWord =
  | {
      readonly kind: "reserved";
      readonly value: "now" | "yesterday" | "today" | "tomorrow" | "allballs" | "epoch" | "infinity" | "-infinity";
    }
  | { readonly kind: "month" | "weekday"; readonly value: number }
  | { readonly kind: "half"; readonly value: "am" | "pm" }
  | { readonly kind: "era"; readonly value: "ad" | "bc" }
  | { readonly kind: "unit"; readonly value: Prefix }
  | { readonly kind: "isoTime" | "ignore" | "saving" };
/** What a word says of the number after it. */
export type Prefix = "year" | "month" | "day" | "hour" | "minute" | "second" | "julian" | "time" | "unusable";

const words = new Map<string, DateWord>();
for (const value of ["now", "yesterday", "today", "tomorrow", "allballs", "epoch", "infinity", "-infinity"] as const)
  words.set(value, { kind: "reserved", value });
const months: readonly string[] = [
  "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august", "sep sept september", "oct october",
  "nov november", "dec december",
]; // biome-ignore format: a list
months.forEach((names, i) => {
  for (const name of names.split(" ")) words.set(name, { kind: "month", value: i + 1 });
});
const days: readonly string[] = [
  "sun sunday", "mon monday", "tue tues tuesday", "wed weds wednesday", "thu thur thurs thursday", "fri friday", "sat saturday",
]; // biome-ignore format: a list
days.forEach((names, i) => {
  for (const name of names.split(" ")) words.set(name, { kind: "weekday", value: i });
});
words.set("am", { kind: "half", value: "am" });
words.set("pm", { kind: "half", value: "pm" });
words.set("ad", { kind: "era", value: "ad" });
words.set("bc", { kind: "era", value: "bc" });
const units: Readonly<Record<string, Prefix>> = {
  y: "year", m: "month", d: "day", h: "hour", mm: "minute", s: "second", j: "julian", jd: "julian", julian: "julian",
  dow: "unusable", doy: "unusable", isodow: "unusable", isoyear: "unusable",
}; // biome-ignore format: a table
for (const [name, value] of Object.entries(units)) words.set(name, { kind: "unit", value });
words.set("t", { kind: "isoTime" });
words.set("at", { kind: "ignore" });
words.set("on", { kind: "ignore" });
words.set("dst", { kind: "saving" });

export function dateWord(text: string): DateWord | undefined {
  return words.get(text);
}
