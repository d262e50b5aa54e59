/** Rule 3 at the Redis door: a pipeline crosses the border between TypeScript and the addon a few times, however many commands it holds. */
import { expect, it } from "vitest";
import { RespServer } from "../../protocols/resp/index.js";
import { native } from "../../src/native/index.js";

it("a pipeline of 1,000 GET and SET takes at most 5 crossings", () => {
  const engine = native.engine.open({ folder: null });
  const server = new RespServer({ addon: native, engine, whenFlushed: (_lsn, callback) => callback() });
  try {
    let replies = "";
    const session = server.connect({
      write: (bytes) => {
        replies += Buffer.from(bytes).toString("latin1");
        return true;
      },
      pause: () => undefined,
      resume: () => undefined,
      close: () => undefined,
    });
    const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
    let input = "";
    let expected = "";
    for (let i = 0; i < 500; i++) {
      input += `*3\r\n${bulk("SET")}${bulk(`key:${i}`)}${bulk(`value ${i}`)}*2\r\n${bulk("GET")}${bulk(`key:${i}`)}`;
      expected += `+OK\r\n${bulk(`value ${i}`)}`;
    }
    const before = native.crossings();
    session.data(Buffer.from(input));
    const crossings = native.crossings() - before;
    expect(replies).toBe(expected);
    expect(crossings).toBeLessThanOrEqual(5);
    session.end();
  } finally {
    server.close();
    native.engine.close(engine);
  }
});
