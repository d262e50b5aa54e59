/**
 * The composition root of the engine: front end, functions, computed relations and the native engine, put together once per
 * JavaScript thread. The server (main.ts) and the embedded API (index.ts) both start here.
 */

import { createFrontEnd } from "../sql/index.js";
import { defineCatalogFunctions, systemProviders, systemRelations } from "../sql/pg_catalog/index.js";
import { type EngineDatabase, openDatabase } from "./engine/index.js";
import { registerSystemProvider, WaitSignal } from "./execution/index.js";
import { registry } from "./functions/index.js";
import { defineVector } from "./functions/vector/index.js";
import { keyFunctions, keyProviders, keyRelations } from "./keyspace/index.js";
import { native } from "./native/index.js";

export interface ComposeOptions {
  /** Data folder; null = in memory. */
  readonly folder: string | null;
  readonly checkpointLogBytes?: number;
  /** Keep log segments that a checkpoint made unnecessary. */
  readonly keepLog?: boolean;
  /** Shared by the threads of a server: requests to stop statements. */
  readonly sessionPlaces?: SharedArrayBuffer;
  /** Likewise: when the server started. */
  readonly serverStart?: SharedArrayBuffer;
  /** 0 for the main thread; others attach to the engine that it opened. Default: Node's number of the thread. */
  readonly threadNumber?: number;
}

/** Functions and computed relations are the same for every database of the thread. */
let composed = false;

export async function compose(options: ComposeOptions): Promise<EngineDatabase> {
  if (!composed) {
    composed = true;
    defineVector(registry);
    defineCatalogFunctions(registry);
    for (const [name, provider] of [...systemProviders, ...keyProviders(native)]) registerSystemProvider(name, provider);
    const wait = (xid: number): never => {
      throw new WaitSignal(xid);
    };
    for (const { signature, body } of keyFunctions({ native, wait })) registry.defineScalar(signature, body);
  }
  const frontEnd = await createFrontEnd(registry);
  return openDatabase({ ...options, registry, systemRelations: [...systemRelations, ...keyRelations] }, frontEnd);
}
