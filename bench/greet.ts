import { connect, type Socket } from "node:net";

/** A simple query of the PostgreSQL protocol. */
export function query(text: string): Buffer {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.from("Q0000");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
export const startUp = Buffer.concat([Buffer.from([0, 0, 0, 41, 0, 3, 0, 0]), Buffer.from("user\0postgres\0database\0postgres\0\0")]);
/** The end of an answer of the PostgreSQL protocol, outside of a transaction block. */
export const READY = "Z\0\0\0\x05I";

/** Connects, says hello and waits for an answer that ends with `mark`. */
export async function greet(port: number, hello: Buffer, mark: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  await ask(socket, hello, mark);
  return socket;
}

/** Sends and waits for an answer that ends with `mark`; gives what came. */
export function ask(socket: Socket, bytes: Buffer, mark: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const take = (chunk: Buffer): void => {
      received += chunk.toString("latin1");
      if (received.endsWith(mark)) end(() => resolve(received));
    };
    const fail = (error: Error): void => end(() => reject(error));
    const close = (): void => fail(new Error(`the server closed the connection after ${JSON.stringify(received)}`));
    const end = (settle: () => void): void => {
      socket.off("data", take).off("error", fail).off("close", close);
      settle();
    };
    socket.on("data", take).on("error", fail).on("close", close);
    socket.write(bytes);
  });
}
