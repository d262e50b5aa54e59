/** What leaves, in which order, and from whose memory. */
import { describe, expect, test } from "vitest";
import { Output, type OutputTransport } from "./output.js";

const LARGE_BYTES = 100_000;

function setUp(copies: boolean) {
  const sent: Buffer[] = [];
  const flushes: (() => void)[] = [];
  const sentCallbacks: (() => void)[] = [];
  let writes = 0;
  const transport: OutputTransport = {
    copies,
    write(bytes, isSent) {
      writes++;
      sent.push(copies ? Buffer.from(bytes) : (bytes as Buffer));
      if (isSent) sentCallbacks.push(isSent);
      return true;
    },
    drained: () => Promise.resolve(),
    end() {},
  };
  const output = new Output(
    transport,
    { whenFlushed: (_lsn, callback) => void flushes.push(() => callback(undefined)) },
    { lost() {}, eased() {} },
  );
  const text = () => Buffer.concat(sent).toString("latin1");
  return { output, flushes, text, writes: () => writes, sent, sentCallbacks };
}
/** `letter` many times, then, as the addon does with its buffer, something else. */
function giveRows(output: Output, letter: string): void {
  const bytes = Buffer.alloc(LARGE_BYTES, letter);
  output.raw(bytes);
  bytes.fill("?");
}
const shorten = (text: string) => text.replace(/(.)\1{99999}/g, "$1*");

describe("output", () => {
  for (const copies of [true, false]) {
    test(`rows leave behind what was gathered, and are the caller's again (the transport ${copies ? "copies" : "keeps bytes"})`, () => {
      const c = setUp(copies);
      c.output.writer.bytes(Buffer.from("before "));
      giveRows(c.output, "a");
      giveRows(c.output, "b");
      c.output.writer.bytes(Buffer.from(" after"));
      c.output.send();
      expect(shorten(c.text())).toBe("before a*b* after");
      expect(c.writes()).toBe(4);
    });
    test(`rows wait behind what waits for the log (the transport ${copies ? "copies" : "keeps bytes"})`, () => {
      const c = setUp(copies);
      c.output.writer.bytes(Buffer.from("commit "));
      c.output.note(10);
      giveRows(c.output, "a");
      c.output.send();
      giveRows(c.output, "b");
      c.output.send();
      expect(c.text()).toBe("");
      for (const flushed of c.flushes) flushed();
      expect(shorten(c.text())).toBe("commit a*b*");
    });
  }
  test("a transport that keeps bytes gives their memory back for the next rows, once", () => {
    const c = setUp(false);
    giveRows(c.output, "a");
    for (const isSent of [...c.sentCallbacks, ...c.sentCallbacks]) isSent();
    giveRows(c.output, "b");
    giveRows(c.output, "c");
    const [a, b, next] = c.sent as [Buffer, Buffer, Buffer];
    expect(b.buffer).toBe(a.buffer);
    expect(next.buffer).not.toBe(a.buffer);
    expect(shorten(next.toString())).toBe("c*");
  });
});
