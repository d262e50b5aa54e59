/** The Redis door in front of a RespServer in this process, for tests; carried by what ORRERY_TRANSPORT names, as `orrery serve` does. */
import { RespServer, type RespServerOptions } from "../../protocols/resp/index.js";
import { NativeConnections, openRedisDoor } from "../../protocols/server/index.js";
import { type EngineEvent, native } from "../../src/native/index.js";

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
  const connections =
    process.env.ORRERY_TRANSPORT === "node"
      ? undefined
      : NativeConnections.open(native, engine, 1, () => deliver(native.engine.takeEvents(engine) ?? []));
  const server = new RespServer({
    addon: native,
    engine,
    fastLanes: connections,
    whenFlushed: (lsn, callback) => {
      if (native.engine.flushedLsn(engine) >= lsn) return callback();
      flushWaits.push({ lsn, callback });
      native.engine.requestFlush(engine, lsn);
    },
    ...(options.requirepass === undefined ? {} : { requirepass: options.requirepass }),
    ...(options.appendfsync === undefined ? {} : { appendfsync: options.appendfsync }),
  });
  const deliver = (events: readonly EngineEvent[]): void => {
    for (const event of events) {
      if (event.kind === "flushed")
        while (flushWaits.length > 0 && (flushWaits[0] as { lsn: number }).lsn <= event.lsn) flushWaits.shift()?.callback();
      server.handleEvent(event);
    }
  };
  native.engine.onEvents(engine, deliver);
  const { listener: door } = openRedisDoor({
    server,
    host: "127.0.0.1",
    port: 0,
    maxConnections: 10_000,
    duplicateDescriptor: native.engine.duplicateDescriptor,
    native: connections,
  });
  await door.listen();
  return {
    port: door.port,
    server,
    close: async () => {
      await door.close(100);
      server.close();
      connections?.close();
      native.engine.close(engine);
    },
  };
}
