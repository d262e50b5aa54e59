/** Connections that this server makes by itself: to the primary that it follows, to the target of MIGRATE. */
import { Socket } from "node:net";
import type { Outgoing, OutgoingEvents } from "../resp/index.js";

/** A peer that takes no input for so long that this much waits is given up. */
const MAX_QUEUED_BYTES = 1 << 30;

export function connectTo(host: string, port: number, events: OutgoingEvents): Outgoing {
  const socket = new Socket();
  let reason = "the connection was closed";
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  socket.on("connect", () => events.connected());
  socket.on("data", (chunk: Buffer) => events.data(chunk));
  socket.on("error", (error) => {
    reason = error.message;
  });
  socket.on("close", () => events.closed(reason));
  socket.connect({ host, port });
  return {
    write: (bytes) => {
      if (socket.writableLength > MAX_QUEUED_BYTES) socket.destroy();
      else socket.write(bytes);
    },
    close: () => void socket.destroy(),
  };
}
