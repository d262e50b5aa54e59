/** Collation and title case of the process' ICU (native/core/icu.h). Locales are BCP 47 tags. */
export interface CollationBinding {
  /**
   * Sort keys of `texts`, behind each other: memcmp orders them as the locale orders the texts. `withBytes`: each followed by its text in
   * UTF-8, so that texts that the locale holds equal differ. `lengths[i]` becomes the length of key i in bytes. Collators stay open, up to
   * 1,000 locales; beyond that this throws.
   */
  keys(locale: string, texts: readonly string[], withBytes: boolean, lengths: Uint32Array): Uint8Array;
  /** Of the locale's order. Throws ICU's name of the error where the locale has no collator. */
  version(locale: string): string;
  titleCase(locale: string, text: string): string;
}
