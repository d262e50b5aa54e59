/**
 * A jsonb value. `text` is PostgreSQL's canonical output (`{"a": 1, "b": [2, 3]}`: keys by length then bytes, last
 * duplicate wins, one blank after `:` and `,`), which is also how it is stored. `value` parses lazily; numbers in it
 * are kept as JsonNumber so that precision and scale survive.
 */
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

/** A JSON number as numeric prints it. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export class Jsonb {
  #value: JsonValue | undefined;
  constructor(
    readonly text: string,
    private readonly parse: (text: string) => JsonValue,
    value?: JsonValue,
  ) {
    this.#value = value;
  }
  get value(): JsonValue {
    this.#value ??= this.parse(this.text);
    return this.#value;
  }
}
