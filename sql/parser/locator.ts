/**
 * Byte offsets (what the grammar counts) to character positions (what clients see) and to string indexes (what slicing needs).
 * Pure ASCII text, the usual case, needs no table.
 */
export class Locator {
  readonly #text: string;
  readonly #ascii: boolean;
  #index: Uint32Array | undefined; // byte offset -> UTF-16 index
  #characters: Uint32Array | undefined; // byte offset -> code points before it

  constructor(text: string) {
    this.#text = text;
    this.#ascii = Buffer.byteLength(text) === text.length;
  }
  /** Position from 1 of the character at `byteOffset`; 0 when unknown (negative). */
  position(byteOffset: number): number {
    if (byteOffset < 0) return 0;
    if (this.#ascii) return byteOffset + 1;
    this.#build();
    return this.#characters![Math.min(byteOffset, this.#characters!.length - 1)]! + 1;
  }
  /** Index into the JavaScript string. */
  index(byteOffset: number): number {
    if (this.#ascii) return byteOffset;
    this.#build();
    return this.#index![Math.min(byteOffset, this.#index!.length - 1)]!;
  }
  #build(): void {
    if (this.#index !== undefined) return;
    const bytes = Buffer.byteLength(this.#text);
    this.#index = new Uint32Array(bytes + 1);
    this.#characters = new Uint32Array(bytes + 1);
    let byte = 0;
    let index = 0;
    let characters = 0;
    for (const character of this.#text) {
      const code = character.codePointAt(0)!;
      const width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      for (let i = 0; i < width; i++) {
        this.#index[byte + i] = index;
        this.#characters[byte + i] = characters;
      }
      byte += width;
      index += character.length;
      characters++;
    }
    this.#index[byte] = index;
    this.#characters[byte] = characters;
  }
}
