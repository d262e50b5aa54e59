/**
 * Sort keys under ICU's collations. A key's bytes order as the locale orders its text; under a deterministic collation the text's own
 * bytes follow, which tells apart what the locale holds equal, as PostgreSQL's comparison does.
 *
 * Keys of short texts are kept: an order or a comparison asks for the same few values again and again, and a kept key is no crossing
 * into the addon.
 */
import { native } from "../../native/index.js";
import { DbError } from "../../types/index.js";

/** Texts whose keys are asked for at once: their keys lie in one piece of memory. */
const KEYS_AT_ONCE = 1024;
/** Texts and keys of a collation that are kept; beyond it the oldest half goes. */
const KEYS_KEPT_MAX = 8192;
const TEXT_KEPT_LENGTH_MAX = 128;

export interface Collator {
  readonly locale: string;
  readonly deterministic: boolean;
  key(text: string): Uint8Array;
  /** One crossing into the addon for about a thousand texts; nothing is kept. */
  keys(texts: readonly string[]): Uint8Array[];
}

const collators = new Map<string, Collator>();
/** @throws DbError XX000 where ICU does not know the locale */
export function collatorOf(locale: string, deterministic: boolean): Collator {
  const name = `${deterministic ? "d" : "n"}${locale}`;
  let collator = collators.get(name);
  if (collator === undefined) {
    requireLocale(locale);
    collator = makeCollator(locale, deterministic);
    collators.set(name, collator);
  }
  return collator;
}

function makeCollator(locale: string, deterministic: boolean): Collator {
  let kept = new Map<string, Uint8Array>();
  let older = new Map<string, Uint8Array>();
  const length = new Uint32Array(1);
  const keysOf = (texts: readonly string[], lengths: Uint32Array): Uint8Array => {
    try {
      return native.collation.keys(locale, texts, deterministic, lengths);
    } catch (error) {
      throw refusal(locale, error);
    }
  };
  const make = (text: string): Uint8Array => keysOf([text], length);
  return {
    locale,
    deterministic,
    keys(texts) {
      const keys: Uint8Array[] = [];
      const lengths = new Uint32Array(Math.min(texts.length, KEYS_AT_ONCE));
      for (let first = 0; first < texts.length; first += KEYS_AT_ONCE) {
        const some = texts.slice(first, first + KEYS_AT_ONCE);
        const bytes = keysOf(some, lengths);
        let at = 0;
        for (let i = 0; i < some.length; i++) keys.push(bytes.subarray(at, (at += lengths[i] as number)));
      }
      return keys;
    },
    key(text) {
      if (text.length > TEXT_KEPT_LENGTH_MAX) return make(text);
      const known = kept.get(text);
      if (known !== undefined) return known;
      const key = older.get(text) ?? make(text);
      if (kept.size >= KEYS_KEPT_MAX / 2) {
        older = kept;
        kept = new Map();
      }
      kept.set(text, key);
      return key;
    },
  };
}

/** Why the addon has no collator: ICU's name of an error, or words of its own. */
function refusal(locale: string, error: unknown): DbError {
  const reason = error instanceof Error ? error.message : String(error);
  if (reason.startsWith("U_"))
    return new DbError({ sqlstate: "XX000", message: `could not open collator for locale "${locale}": ${reason}` });
  if (reason.startsWith("too many")) return new DbError({ sqlstate: "54000", message: `${reason}: locale "${locale}"` });
  return new DbError({ sqlstate: "0A000", message: `ICU collations are not supported here: ${reason}` });
}

/** Versions that are kept: a list of all collations asks for each. */
const VERSIONS_KEPT_MAX = 2000;
const versions = new Map<string, string>();
/** @throws DbError XX000 as PostgreSQL when ICU refuses the locale, 0A000 without ICU */
export function requireLocale(locale: string): string {
  let version = versions.get(locale);
  if (version === undefined) {
    try {
      version = native.collation.version(locale);
    } catch (error) {
      throw refusal(locale, error);
    }
    if (versions.size >= VERSIONS_KEPT_MAX) versions.clear();
    versions.set(locale, version);
  }
  return version;
}
/** Whether keys that were made under the version are those that are made now. */
export const isCurrentOrder = ({ locale, version }: { readonly locale: string; readonly version: string }): boolean =>
  requireLocale(locale) === version;

/** pg_collation_actual_version: null for orders that have none. */
export const actualVersion = (icuLocale: string | undefined): string | null => (icuLocale === undefined ? null : requireLocale(icuLocale));
