import type { Socket } from "node:net";
import { ask, greet } from "./greet.js";

export interface Pace {
  readonly port: number;
  readonly perSecond: number;
  readonly connections: number;
  /** What a new connection says, and the end of the answer. */
  readonly hello: Buffer;
  readonly greeted: string;
  /** Sent in turn; the answers to all of them are equally long. */
  readonly requests: readonly Buffer[];
  /** The end of an answer. */
  readonly answered: string;
}

/**
 * Requests at a rate, whether those before are answered or not: each millisecond those that are due, in turn over some connections. A latency counts
 * from when the request was sent, and so leaves out only what this process itself is late.
 */
export class PacedRequests {
  /** Microseconds, with the Unix time of the answer. */
  readonly latencies: { readonly at: number; readonly micros: number }[] = [];
  readonly #sockets: Socket[] = [];
  readonly #pace: Pace;
  #isOver = false;

  private constructor(pace: Pace) {
    this.#pace = pace;
  }
  static async start(pace: Pace): Promise<PacedRequests> {
    const paced = new PacedRequests(pace);
    const sent: number[][] = [];
    for (let i = 0; i < pace.connections; i++) {
      const socket = await greet(pace.port, pace.hello, pace.greeted);
      const answer = await ask(socket, pace.requests[0] as Buffer, pace.answered);
      sent.push(paced.#answersOf(socket, answer.length));
      paced.#sockets.push(socket);
    }
    void paced.#send(sent);
    return paced;
  }
  stop(): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** When the requests of a connection that have no answer yet were sent. */
  #answersOf(socket: Socket, length: number): number[] {
    const sent: number[] = [];
    let bytes = 0;
    socket.on("data", (chunk) => {
      const now = performance.now();
      bytes += chunk.length;
      for (; bytes >= length; bytes -= length) {
        const from = sent.shift() as number;
        this.latencies.push({ at: (performance.timeOrigin + now) * 1000, micros: (now - from) * 1000 });
      }
    });
    return sent;
  }
  async #send(sent: readonly number[][]): Promise<void> {
    const { perSecond, requests } = this.#pace;
    const from = performance.now();
    for (let n = 0; !this.#isOver; ) {
      const now = performance.now();
      for (; n < ((now - from) * perSecond) / 1000; n++) {
        sent[n % sent.length]?.push(now);
        this.#sockets[n % sent.length]?.write(requests[n % requests.length] as Buffer);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
