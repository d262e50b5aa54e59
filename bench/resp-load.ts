/** Loads data sets by the Redis protocol. */
import { connect } from "node:net";

/** Commands of a data set; each is one array of words. */
export type Commands = Iterable<readonly string[]>;

export const encode = (words: readonly string[]) => `*${words.length}\r\n${words.map((w) => `$${w.length}\r\n${w}\r\n`).join("")}`;

/** Sends everything, a batch at a time, and waits for the last reply. */
export async function load(port: number, commands: Commands): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  let answered = 0;
  let wake: () => void = () => undefined;
  socket.on("data", (chunk) => {
    for (const byte of chunk) if (byte === 10) answered++;
    wake();
  });
  let sent = 0;
  let batch: string[] = [];
  const flush = async () => {
    socket.write(batch.join(""));
    sent += batch.length;
    batch = [];
    // An id of XADD comes as two lines.
    while (answered < sent) await new Promise<void>((r) => (wake = r));
    answered = sent = 0;
  };
  for (const words of commands) {
    if (words[0] === "XADD") sent++;
    batch.push(encode(words));
    if (batch.length === 1000) await flush();
  }
  if (batch.length > 0) await flush();
  socket.destroy();
}
