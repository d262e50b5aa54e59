/** A socket in front of a RespServer, for tests: what protocols/server does, without limits and TLS. */
import { type AddressInfo, createServer, type Server } from "node:net";
import { RespServer, type RespServerOptions } from "../../protocols/resp/index.js";
import { native } from "../../src/native/index.js";

export interface RespListener {
  readonly port: number;
  readonly server: RespServer;
  close(): Promise<void>;
}

export async function listenForTests(
  options: { readonly folder?: string } & Partial<Pick<RespServerOptions, "requirepass" | "appendfsync">> = {},
): Promise<RespListener> {
  const engine = native.engine.open({ folder: options.folder ?? null });
  const flushWaits: { lsn: number; callback: (error?: Error) => void }[] = [];
  const server = new RespServer({
    addon: native,
    engine,
    whenFlushed: (lsn, callback) => {
      if (native.engine.flushedLsn(engine) >= lsn) return callback();
      flushWaits.push({ lsn, callback });
      native.engine.requestFlush(engine, lsn);
    },
    ...(options.requirepass === undefined ? {} : { requirepass: options.requirepass }),
    ...(options.appendfsync === undefined ? {} : { appendfsync: options.appendfsync }),
  });
  native.engine.onEvents(engine, (events) => {
    for (const event of events) {
      if (event.kind === "flushed")
        while (flushWaits.length > 0 && (flushWaits[0] as { lsn: number }).lsn <= event.lsn) flushWaits.shift()?.callback();
      server.handleEvent(event);
    }
  });
  const listener: Server = createServer({ noDelay: true }, (socket) => {
    const session = server.connect({
      write: (bytes) => {
        socket.write(bytes);
        return socket.writableLength === 0;
      },
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: () => socket.end(),
      remoteAddress: `${socket.remoteAddress}:${socket.remotePort}`,
      localAddress: `${socket.localAddress}:${socket.localPort}`,
    });
    socket.on("data", (chunk) => session.data(chunk));
    socket.on("drain", () => session.drained());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => session.end());
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    server,
    close: async () => {
      server.close();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
      native.engine.close(engine);
    },
  };
}
