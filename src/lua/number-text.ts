/** printf's %.<digits>g, which Lua (14 digits) and Redis (17) write numbers with. */
export function numberText(value: number, digits: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 10 ** Math.min(digits, 15) && !Object.is(value, -0)) return String(value);
  if (Number.isNaN(value)) return "nan"; // the sign of a NaN cannot be seen
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential(digits - 1).split("e");
  const exponent = Number(exponentText);
  const trim = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent < -4 || exponent >= digits) {
    const size = Math.abs(exponent);
    return `${trim(mantissa)}e${exponent < 0 ? "-" : "+"}${size < 10 ? `0${size}` : size}`;
  }
  return trim(value.toFixed(Math.max(digits - 1 - exponent, 0)));
}
