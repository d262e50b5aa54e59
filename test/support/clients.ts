import { connect } from "node:net";
import pg from "pg";

/** Values as the server's text, so that two servers can be compared without a client's conversions between. */
const asText = { getTypeParser: () => (value: string | Buffer) => (typeof value === "string" ? value : value.toString("hex")) };

export async function connectPg(
  port: number,
  options: { readonly user?: string; readonly password?: string; readonly database?: string; readonly raw?: boolean } = {},
): Promise<pg.Client> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: options.user ?? "postgres",
    database: options.database ?? "postgres",
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.raw ? { types: asText as unknown as pg.CustomTypesConfig } : {}),
  });
  await client.connect();
  return client;
}

/** What a statement did, as two servers are compared by. */
export interface Outcome {
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly (string | null)[])[];
  readonly tag?: string;
  readonly error?: {
    readonly code: string | undefined;
    readonly message: string;
    readonly detail: string | undefined;
    readonly constraint: string | undefined;
  };
}

export async function outcomeOf(client: pg.Client, text: string, values?: readonly unknown[]): Promise<Outcome> {
  try {
    const all = await client.query({ text, rowMode: "array", ...(values ? { values: [...values] } : {}) });
    const result = Array.isArray(all) ? (all.at(-1) as pg.QueryArrayResult) : all;
    return {
      columns: result.fields.map((field) => `${field.name}:${field.dataTypeID}`),
      rows: result.rows as (string | null)[][],
      tag: `${result.command} ${result.rowCount}`,
    };
  } catch (error) {
    const { code, message, detail, constraint } = error as pg.DatabaseError;
    if (code === undefined) throw error;
    return { error: { code, message, detail, constraint } };
  }
}

/** Rows in any order, for queries without ORDER BY. */
export function unordered(outcome: Outcome): Outcome {
  return outcome.rows ? { ...outcome, rows: [...outcome.rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) } : outcome;
}

/** PostgreSQL documentation, "Canceling Requests in Progress". */
export function requestCancel(client: pg.Client, port: number): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(80877102, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(message));
    socket.once("close", () => resolve());
    socket.resume();
  });
}
