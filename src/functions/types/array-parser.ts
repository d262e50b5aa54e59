/** The text of an array, as array_in reads it. Every character is looked at once: an item without escapes is a slice of the text. */
import { ARRAY_DIMENSIONS_MAX, ArrayValue, type Datum, DbError, malformedArray, type Oid, tooManyDimensions } from "../../types/index.js";
import { checkArrayStructure, isArraySpace } from "./array-structure.js";

/** No subscript may be this large: the one behind the last must be a number too. */
const INT4_MAX = 2_147_483_647;

export function parseArray(text: string, elementType: Oid, separator: string, input: (item: string) => Datum): ArrayValue {
  try {
    return new ArrayParser(text, elementType, separator, input).parse();
  } catch (error) {
    // What is wrong with the braces comes before what is wrong with an element.
    if (error instanceof DbError) checkArrayStructure(text, separator);
    throw error;
  }
}

class ArrayParser {
  #at = 0;
  readonly #quotes: Finder;
  readonly #escapes: Finder;
  readonly #elements: Datum[] = [];
  readonly #sizes: number[] = [];
  #leafDepth = -1;
  constructor(
    readonly text: string,
    readonly elementType: Oid,
    readonly separator: string,
    readonly input: (item: string) => Datum,
  ) {
    this.#quotes = new Finder(text, '"');
    this.#escapes = new Finder(text, "\\");
  }

  parse(): ArrayValue {
    this.#skip();
    const bounds = this.#readBounds();
    if (this.text[this.#at] !== "{")
      throw this.#bad(
        bounds === undefined ? 'Array value must start with "{" or dimension information.' : 'Array contents must start with "{".',
      );
    this.#readLevel(0);
    this.#skip();
    if (this.#at < this.text.length) throw this.#bad("Junk after closing right brace.");
    if (this.#elements.length === 0) return new ArrayValue(this.elementType, []);
    const dimensions = this.#sizes;
    if (bounds === undefined) return new ArrayValue(this.elementType, this.#elements, dimensions);
    const tooHigh = bounds.find(([, high]) => high >= INT4_MAX);
    if (tooHigh !== undefined) throw new DbError({ sqlstate: "54000", message: `array lower bound is too large: ${tooHigh[0]}` });
    const declared = bounds.map(([low, high]) => high - low + 1);
    if (declared.length !== dimensions.length || declared.some((size, i) => size !== dimensions[i]))
      throw this.#bad("Specified array dimensions do not match array contents.");
    return new ArrayValue(
      this.elementType,
      this.#elements,
      dimensions,
      bounds.map(([low]) => low),
    );
  }

  #readBounds(): [number, number][] | undefined {
    if (this.text[this.#at] !== "[") return undefined;
    const bounds: [number, number][] = [];
    const one = /\[([+-]?\d+)(?::([+-]?\d+))?\]/y;
    one.lastIndex = this.#at;
    for (let match = one.exec(this.text); match !== null; match = one.exec(this.text)) {
      const low = match[2] === undefined ? 1 : Number(match[1]);
      const high = Number(match[2] ?? match[1]);
      if (high < low) throw new DbError({ sqlstate: "2202E", message: "upper bound cannot be less than lower bound" });
      bounds.push([low, high]);
      this.#at = one.lastIndex;
    }
    this.#skip();
    if (bounds.length === 0) throw this.#bad('"[" must introduce explicitly-specified array dimensions.');
    if (this.text[this.#at] !== "=") throw this.#bad('Missing "=" after array dimensions.');
    this.#at++;
    this.#skip();
    return bounds;
  }

  #readLevel(depth: number): void {
    if (depth >= ARRAY_DIMENSIONS_MAX) throw tooManyDimensions(depth + 1);
    this.#at++;
    let count = 0;
    this.#skip();
    if (this.text[this.#at] === "}") {
      this.#at++;
      if (depth > 0) throw this.#bad('Unexpected "}" character.');
      return;
    }
    for (;;) {
      this.#skip();
      if (this.text[this.#at] === "{") {
        if (this.#leafDepth === depth) throw this.#bad('Unexpected "{" character.');
        this.#readLevel(depth + 1);
      } else {
        if (this.#leafDepth >= 0 && this.#leafDepth !== depth)
          throw this.#bad("Multidimensional arrays must have sub-arrays with matching dimensions.");
        this.#leafDepth = depth;
        this.#elements.push(this.text[this.#at] === '"' ? this.input(this.#quotedItem()) : this.#plainItem());
      }
      count++;
      this.#skip();
      const next = this.text[this.#at++];
      if (next === "}") break;
      if (next !== this.separator) {
        if (next === undefined) throw this.#bad("Unexpected end of input.");
        throw this.#bad("Unexpected array element.");
      }
    }
    if (this.#sizes[depth] === undefined) this.#sizes[depth] = count;
    else if (this.#sizes[depth] !== count) throw this.#bad("Multidimensional arrays must have sub-arrays with matching dimensions.");
  }

  #quotedItem(): string {
    let item = "";
    this.#at++;
    for (;;) {
      const quote = this.#quotes.from(this.#at);
      const escape = this.#escapes.from(this.#at);
      if (quote < 0) throw this.#bad("Unexpected end of input.");
      if (escape < 0 || quote < escape) {
        item += this.text.slice(this.#at, quote);
        this.#at = quote + 1;
        return item;
      }
      item += this.text.slice(this.#at, escape) + this.text.charAt(escape + 1);
      this.#at = escape + 2;
    }
  }

  /** Without the blanks at its ends; those behind a backslash are none. */
  #plainItem(): Datum {
    const { text } = this;
    let item = "";
    let escaped = false;
    let start = this.#at;
    /** Behind the last character that is no blank. */
    let end = start;
    for (;;) {
      const c = text[this.#at];
      if (c === undefined) throw this.#bad("Unexpected end of input.");
      if (c === this.separator || c === "}") break;
      if (c === "{") throw this.#bad('Unexpected "{" character.');
      if (c === '"') throw this.#bad("Unexpected array element.");
      if (c === "\\") {
        item += text.slice(start, this.#at) + text.charAt(this.#at + 1);
        escaped = true;
        this.#at += 2;
        start = end = this.#at;
      } else {
        this.#at++;
        if (!isArraySpace(c)) end = this.#at;
      }
    }
    item += text.slice(start, end);
    if (item === "" && !escaped) throw this.#bad(`Unexpected "${text[this.#at]}" character.`);
    return !escaped && item.length === 4 && item.toLowerCase() === "null" ? null : this.input(item);
  }

  #skip(): void {
    while (isArraySpace(this.text[this.#at])) this.#at++;
  }
  #bad(detail: string): DbError {
    return malformedArray(this.text, detail);
  }
}

/** Where a character comes next, asked from places that only grow: the text is searched once altogether. */
class Finder {
  #found = -2;
  constructor(
    readonly text: string,
    readonly character: string,
  ) {}
  /** -1: nowhere. */
  from(at: number): number {
    if (this.#found !== -1 && this.#found < at) this.#found = this.text.indexOf(this.character, at);
    return this.#found;
  }
}
