/** Names that PostgreSQL makes up for indexes, constraints and sequences (makeObjectName, ChooseRelationName). */

/** An identifier's limit: NAMEDATALEN - 1 bytes. */
export const NAME_LENGTH_BYTES_MAX = 63;

/** Cuts a name to at most `bytes` bytes of UTF-8 without splitting a character. */
export function truncateName(name: string, bytes = NAME_LENGTH_BYTES_MAX): string {
  const encoded = Buffer.from(name, "utf8");
  if (encoded.length <= bytes) return name;
  let end = bytes;
  while (end > 0 && ((encoded[end] as number) & 0xc0) === 0x80) end--;
  return encoded.toString("utf8", 0, end);
}

/** `first_second_label`; when too long, the longer of the first two is shortened first. */
export function objectName(first: string, second: string | undefined, label: string): string {
  const overhead = (second === undefined ? 0 : 1) + (label === "" ? 0 : 1 + Buffer.byteLength(label));
  let firstBytes = Buffer.byteLength(first);
  let secondBytes = second === undefined ? 0 : Buffer.byteLength(second);
  while (firstBytes + secondBytes > NAME_LENGTH_BYTES_MAX - overhead) {
    if (firstBytes > secondBytes) firstBytes--;
    else secondBytes--;
  }
  return (
    truncateName(first, firstBytes) +
    (second === undefined ? "" : `_${truncateName(second, secondBytes)}`) +
    (label === "" ? "" : `_${label}`)
  );
}

/** The first of label, label1, label2… whose name is not taken. */
export function chooseName(first: string, second: string | undefined, label: string, taken: (name: string) => boolean): string {
  for (let pass = 0; ; pass++) {
    const name = objectName(first, second, pass === 0 ? label : `${label}${pass}`);
    if (!taken(name)) return name;
  }
}

/**
 * The column part of an index's name: columns joined with "_", cut at 63 bytes; expressions are "expr". A name that was there gets a number,
 * in names of indexes.
 */
export function columnNamesPart(columns: readonly string[], distinct = true): string {
  let part = "";
  const used = new Set<string>();
  for (const written of columns) {
    let column = written;
    for (let i = 1; distinct && used.has(column); i++) column = `${written}${i}`;
    used.add(column);
    part += part === "" ? column : `_${column}`;
    if (Buffer.byteLength(part) >= NAME_LENGTH_BYTES_MAX) break;
  }
  return truncateName(part);
}

/** Double-quoted unless it is a plain lower-case identifier that is no reserved word. */
export function quoteIdentifier(name: string): string {
  if (/^[a-z_][a-z0-9_$]*$/.test(name) && !reservedWords.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}
export function quoteLiteral(text: string): string {
  const escaped = text.replaceAll("'", "''");
  return text.includes("\\") ? `E'${escaped.replaceAll("\\", "\\\\")}'` : `'${escaped}'`;
}

/** Every keyword of PostgreSQL 15 that quote_identifier quotes: all but the unreserved ones. */
const reservedWords = new Set(
  (
    "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character check coalesce " +
    "collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp " +
    "current_user dec decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest " +
    "group grouping having ilike in initially inner inout int integer intersect interval into is isnull join lateral leading least left like limit localtime " +
    "localtimestamp national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay placing position " +
    "precision primary real references returning right row select session_user setof similar smallint some substring symmetric table tablesample then time " +
    "timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement " +
    "xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable"
  ).split(" "),
);
