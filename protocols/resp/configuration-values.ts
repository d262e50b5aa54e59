/**
 * What values CONFIG SET takes, by kind, with Redis' errors:
 *
 *   boolean              yes or no
 *   integer MIN MAX      decimal, no unit
 *   memory [MIN]         bytes with a unit: k, m, g are powers of 1000, kb, mb, gb of 1024; nothing is 0
 *   enum A, B, C         one of the words
 *   text                 anything
 *   immutable            nothing at all
 *   only KIND            as KIND, but nothing else than what it is here: another value would promise what is not kept
 */
const units: Readonly<Record<string, bigint>> = {
  b: 1n,
  k: 1000n,
  kb: 1024n,
  m: 1000000n,
  mb: 1n << 20n,
  g: 1000000000n,
  gb: 1n << 30n,
};
const int64Max = 9223372036854775807n;
const uint64Max = 18446744073709551615n;

export type Checked = { readonly value: string } | { readonly error: string };

/** "100mb" to bytes; undefined: no such text. */
export function memoryValue(text: string): number | undefined {
  const bytes = bytesOf(text);
  return bytes === undefined || bytes > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(bytes);
}
function bytesOf(text: string): bigint | undefined {
  const match = /^(\d{0,25})(b|k|kb|m|mb|g|gb)?$/i.exec(text);
  if (match === null) return undefined;
  // A number too long for 64 bits is the largest that they hold, as strtoull gives it.
  const digits = BigInt(match[1] === "" ? 0 : (match[1] as string));
  const bytes = (digits > uint64Max ? uint64Max : digits) * (units[(match[2] ?? "b").toLowerCase()] ?? 1n);
  return BigInt.asUintN(64, bytes);
}

/** The value as CONFIG GET will show it. `current`: for `only`. */
export function checkValue(kind: string, value: string, current: string): Checked {
  const [word, ...rest] = kind.split(" ");
  switch (word) {
    case "boolean":
      return /^(yes|no)$/i.test(value) ? { value: value.toLowerCase() } : { error: "argument must be 'yes' or 'no'" };
    case "integer": {
      if (!/^(0|-?[1-9]\d{0,18})$/.test(value) || BigInt(value) > int64Max || BigInt(value) < -int64Max - 1n)
        return { error: "argument couldn't be parsed into an integer" };
      return between(BigInt(value), rest);
    }
    case "memory": {
      const bytes = bytesOf(value);
      if (bytes === undefined) return { error: "argument must be a memory value" };
      return rest.length === 0 ? { value: String(bytes) } : between(bytes, [rest[0] as string, String(int64Max)]);
    }
    case "enum": {
      const words = kind.slice(5).split(", ");
      const lower = value.toLowerCase();
      return words.includes(lower) ? { value: lower } : { error: `argument(s) must be one of the following: ${words.join(", ")}` };
    }
    case "immutable":
      return { error: "can't set immutable config" };
    case "only": {
      const checked = checkValue(rest.join(" "), value, current);
      return "error" in checked || checked.value === current ? checked : { error: "can't set immutable config" };
    }
    default:
      return { value };
  }
}

function between(value: bigint, [min = "0", max = "0"]: readonly string[]): Checked {
  if (value < BigInt(min) || value > BigInt(max)) return { error: `argument must be between ${min} and ${max} inclusive` };
  return { value: String(value) };
}
