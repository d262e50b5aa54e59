/** printf's %.<digits>g, which Lua (14 digits) and Redis (17) write numbers with. */
export function numberText(value: number, digits: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 10 ** Math.min(digits, 15) && !Object.is(value, -0)) return String(value);
  if (Number.isNaN(value)) return "nan"; // the sign of a NaN cannot be seen
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = roundedHalfEven(value, digits - 1).split("e");
  const exponent = Number(exponentText);
  const trim = (text: string) => (text.includes(".") ? text.replace(/\.?0*$/, "") : text);
  if (exponent < -4 || exponent >= digits) {
    const size = Math.abs(exponent);
    return `${trim(mantissa)}e${exponent < 0 ? "-" : "+"}${size < 10 ? `0${size}` : size}`;
  }
  const plain = mantissa.replace(/[-.]/g, "");
  const point = exponent + 1;
  const text = point > 0 ? `${plain.slice(0, point).padEnd(point, "0")}.${plain.slice(point)}` : `0.${"0".repeat(-point)}${plain}`;
  return (value < 0 ? "-" : "") + trim(text);
}

/** toExponential, but a value exactly between two goes to the even one, as in C. */
function roundedHalfEven(value: number, fraction: number): string {
  const rounded = value.toExponential(fraction);
  const [exact = "", exponent = ""] = value.toExponential(100).split("e");
  const digits = exact.replace(/[-.]/g, "");
  if (!/^50*$/.test(digits.slice(fraction + 1)) || Number(digits[fraction]) % 2 !== 0) return rounded;
  const down = digits.slice(0, fraction + 1);
  return `${value < 0 ? "-" : ""}${down[0]}${fraction > 0 ? `.${down.slice(1)}` : ""}e${exponent}`;
}
