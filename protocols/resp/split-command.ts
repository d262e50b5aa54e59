/**
 * One whole command, whose bounds the native framing found, to its arguments.
 */

/** The arguments as views of `input`; null when an inline request has unbalanced quotes. */
export function splitCommand(input: Buffer, start: number, end: number): Buffer[] | null {
  return input[start] === 0x2a ? splitMultiBulk(input, start) : splitInline(input.subarray(start, end));
}

function splitMultiBulk(input: Buffer, start: number): Buffer[] {
  let at = start + 1;
  const number = (): number => {
    let value = 0;
    for (; input[at] !== 0x0d; at++) value = value * 10 + (input[at] as number) - 0x30;
    at += 2;
    return value;
  };
  const count = number();
  const args = new Array<Buffer>(count);
  for (let i = 0; i < count; i++) {
    at++; // '$'
    const length = number();
    args[i] = input.subarray(at, at + length);
    at += length + 2;
  }
  return args;
}

const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0;
const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

/** Words with Redis' quoting: "…" with \xHH and \n \r \t \b \a, '…' with \'. */
export function splitInline(line: Buffer): Buffer[] | null {
  const text = line.toString("latin1");
  const args: Buffer[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    if (at >= text.length) return args;
    let word = "";
    while (at < text.length && !isSpace(text.charCodeAt(at))) {
      const quote = text[at];
      if (quote !== '"' && quote !== "'") {
        word += text[at++];
        continue;
      }
      at++;
      for (;;) {
        if (at >= text.length) return null;
        const c = text[at] as string;
        if (c === quote) {
          at++;
          if (at < text.length && !isSpace(text.charCodeAt(at))) return null;
          break;
        }
        const hex = quote === '"' && c === "\\" ? /^x([0-9a-fA-F]{2})/.exec(text.slice(at + 1, at + 4)) : null;
        if (hex) {
          word += String.fromCharCode(Number.parseInt(hex[1] as string, 16));
          at += 4;
        } else if (c === "\\" && at + 1 < text.length && (quote === '"' || text[at + 1] === "'")) {
          const next = text[at + 1] as string;
          word += quote === '"' ? (escapes[next] ?? next) : next;
          at += 2;
        } else {
          word += c;
          at++;
        }
      }
      break;
    }
    args.push(Buffer.from(word, "latin1"));
  }
}
