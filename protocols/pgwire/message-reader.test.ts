import { describe, expect, test } from "vitest";
import { MessageReader } from "./message-reader.js";

function query(bytes: number): Buffer {
  const message = Buffer.alloc(5 + bytes, 0x78);
  message[0] = 0x51;
  message.writeInt32BE(4 + bytes, 1);
  return message;
}
function reader(): MessageReader {
  const made = new MessageReader(1 << 28);
  made.startupDone();
  return made;
}

describe("backlog", () => {
  test("a message that is still arriving holds nothing up, however long it is", () => {
    const messages = reader();
    const long = query(4 << 20);
    for (let at = 0; at + 65_536 < long.length; at += 65_536) {
      messages.push(long.subarray(at, at + 65_536));
      expect(messages.next()).toBe(false);
      expect(messages.backlog).toBe(0);
    }
  });
  test("whole messages that nobody has taken count, with all that follows", () => {
    const messages = reader();
    messages.push(Buffer.concat([query(10), query(20).subarray(0, 7)]));
    expect(messages.backlog).toBe(15 + 7);
    expect(messages.next()).toBe(true);
    expect(messages.backlog).toBe(0);
    messages.push(query(20).subarray(7));
    expect(messages.backlog).toBe(25);
  });
});
