/** Encodings as PostgreSQL numbers and names them (encnames.c), with the bytes that a character takes at most. */
const encodings: readonly (readonly [name: string, bytesMax: number])[] = (
  "SQL_ASCII:1 EUC_JP:3 EUC_CN:3 EUC_KR:3 EUC_TW:4 EUC_JIS_2004:3 UTF8:4 MULE_INTERNAL:4 LATIN1:1 LATIN2:1 LATIN3:1 LATIN4:1 LATIN5:1 LATIN6:1 LATIN7:1 " +
  "LATIN8:1 LATIN9:1 LATIN10:1 WIN1256:1 WIN1258:1 WIN866:1 WIN874:1 KOI8R:1 WIN1251:1 WIN1252:1 ISO_8859_5:1 ISO_8859_6:1 ISO_8859_7:1 ISO_8859_8:1 WIN1250:1 " +
  "WIN1253:1 WIN1254:1 WIN1255:1 WIN1257:1 KOI8U:1 SJIS:2 BIG5:2 GBK:2 UHC:2 GB18030:4 JOHAB:3 SHIFT_JIS_2004:2"
)
  .split(" ")
  .map((entry) => [entry.split(":")[0] as string, Number(entry.split(":")[1])]);

/** Names are compared without case and punctuation. */
const bare = (name: string) => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
const aliases: Readonly<Record<string, string>> = {
  ABC: "WIN1258", ALT: "WIN866", ISO88591: "LATIN1", ISO885910: "LATIN6", ISO885913: "LATIN7", ISO885914: "LATIN8", ISO885915: "LATIN9", ISO885916: "LATIN10",
  ISO88592: "LATIN2", ISO88593: "LATIN3", ISO88594: "LATIN4", ISO88599: "LATIN5", KOI8: "KOI8R", MSKANJI: "SJIS", SHIFTJIS: "SJIS", TCVN: "WIN1258",
  TCVN5712: "WIN1258", UNICODE: "UTF8", VSCII: "WIN1258", WIN: "WIN1251", WIN932: "SJIS", WIN936: "GBK", WIN949: "UHC", WIN950: "BIG5", WINDOWS1250: "WIN1250",
  WINDOWS1251: "WIN1251", WINDOWS1252: "WIN1252", WINDOWS1253: "WIN1253", WINDOWS1254: "WIN1254", WINDOWS1255: "WIN1255", WINDOWS1256: "WIN1256",
  WINDOWS1257: "WIN1257", WINDOWS1258: "WIN1258", WINDOWS866: "WIN866", WINDOWS874: "WIN874", WINDOWS932: "SJIS", WINDOWS936: "GBK", WINDOWS949: "UHC",
  WINDOWS950: "BIG5",
}; // biome-ignore format: a table
const numbers = new Map(encodings.map(([name], number) => [bare(name), number]));

/** -1: no encoding is called so. */
export function encodingNumber(written: string): number {
  const key = bare(written);
  return numbers.get(bare(aliases[key] ?? key)) ?? -1;
}
export const encodingName = (number: number): string | undefined => encodings[number]?.[0];
export const encodingBytesMax = (number: number): number | undefined => encodings[number]?.[1];
