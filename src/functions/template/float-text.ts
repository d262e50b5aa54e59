/** C's %.nf and %+.ne of doubles: exact decimals, ties to even, where JavaScript takes the larger. */

/** As %.{digits}f; NaN and infinities by name. */
export function fixedText(value: number, digits: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  if (size >= 1e21) return `${sign}${BigInt(size)}${digits > 0 ? `.${"0".repeat(digits)}` : ""}`;
  const up = size.toFixed(Math.min(digits, 100));
  if (digits > 80) return sign + up;
  const exact = size.toFixed(100);
  const cut = exact.indexOf(".") + 1 + digits;
  if (!/^50*$/.test(exact.slice(cut))) return sign + up;
  const down = digits === 0 ? exact.slice(0, cut - 1) : exact.slice(0, cut);
  return sign + (Number(down.at(-1)) % 2 === 0 ? down : up);
}

/** As %+.{digits}e with a blank for the plus sign; at least two digits of exponent. */
export function exponentText(value: number, digits: number): string {
  const [mantissa, exponent] = Math.abs(value).toExponential(Math.min(digits, 100)).split("e") as [string, string];
  const size = exponent.slice(1).padStart(2, "0");
  return `${value < 0 ? "-" : " "}${mantissa}e${exponent[0]}${size}`;
}
