/** COPY's options as the addon's encoder reads them (native/exec/pipeline/copy_encoder.h). */
import type { CopyOptions } from "../../plan/index.js";

const kinds = { text: 1, csv: 2, binary: 3 } as const;

/** `framed`: each row becomes a CopyData message. */
export function copyFormat(options: CopyOptions, names: readonly string[], framed: boolean): Uint8Array {
  const byteOf = (character: string) => character.charCodeAt(0);
  const forced = names.map((name) => (options.forceQuote === "*" || options.forceQuote.includes(name) ? 1 : 0));
  const head = [kinds[options.format], framed ? 1 : 0, byteOf(options.delimiter), byteOf(options.quote), byteOf(options.escape), ...forced];
  return Buffer.concat([Buffer.from(head), Buffer.from(options.nullText, "utf8")]);
}
