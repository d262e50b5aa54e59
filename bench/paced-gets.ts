import type { Socket } from "node:net";
import { greet } from "./greet.js";

const GET = Buffer.from("GET paced\r\n");
const REPLY = "$5\r\nvalue\r\n";

/**
 * GETs at a rate, whether those before are answered or not: each millisecond those that are due, in turn over some connections. A latency counts
 * from when the GET was sent, and so leaves out only what this process itself is late.
 */
export class PacedGets {
  /** Microseconds, with the Unix time of the answer. */
  readonly latencies: { readonly at: number; readonly micros: number }[] = [];
  readonly #sockets: Socket[] = [];
  #isOver = false;

  static async start(port: number, perSecond: number, connections: number): Promise<PacedGets> {
    const gets = new PacedGets();
    (await greet(port, Buffer.from("SET paced value\r\n"), "+OK\r\n")).destroy();
    for (let i = 0; i < connections; i++) gets.#sockets.push(await greet(port, GET, REPLY));
    const sent = gets.#sockets.map((socket) => gets.#answersOf(socket));
    void gets.#send(perSecond, sent);
    return gets;
  }
  stop(): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** When the GETs of a connection that have no answer yet were sent. */
  #answersOf(socket: Socket): number[] {
    const sent: number[] = [];
    let bytes = 0;
    socket.on("data", (chunk) => {
      const now = performance.now();
      bytes += chunk.length;
      for (; bytes >= REPLY.length; bytes -= REPLY.length) {
        const from = sent.shift() as number;
        this.latencies.push({ at: (performance.timeOrigin + now) * 1000, micros: (now - from) * 1000 });
      }
    });
    return sent;
  }
  async #send(perSecond: number, sent: readonly number[][]): Promise<void> {
    const from = performance.now();
    for (let n = 0; !this.#isOver; ) {
      const now = performance.now();
      for (; n < ((now - from) * perSecond) / 1000; n++) {
        sent[n % sent.length]?.push(now);
        this.#sockets[n % sent.length]?.write(GET);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
