/** What the RESP servers of one engine's threads tell and ask each other: what lives with connections. */
export type RespThreadMessage =
  | { readonly kind: "aclChanged" }
  | { readonly kind: "aclLogReset" }
  | { readonly kind: "aclLog"; readonly entry: object }
  | { readonly kind: "monitoring"; readonly thread: number; readonly active: boolean }
  | { readonly kind: "monitor"; readonly line: string }
  | { readonly kind: "pause"; readonly mode: "write" | "all"; readonly untilMillis: number }
  | { readonly kind: "unpause" }
  | { readonly kind: "libraries" }
  /** Whom this server follows has changed. */
  | { readonly kind: "replication" }
  | { readonly kind: "acknowledged" }
  | { readonly kind: "loading"; readonly loading: boolean }
  | { readonly kind: "invalidate"; readonly client: number; readonly keys: readonly string[] | null }
  | { readonly kind: "ask"; readonly id: number; readonly thread: number; readonly question: ThreadQuestion }
  | { readonly kind: "answer"; readonly id: number; readonly thread: number; readonly answer: ThreadAnswer };

export type ThreadQuestion =
  | { readonly what: "clients"; readonly type: string | null; readonly ids: readonly number[] | null }
  | { readonly what: "killClients"; readonly filter: ClientFilter; readonly skip: number }
  | { readonly what: "unblock"; readonly id: number; readonly withError: boolean }
  | { readonly what: "hasClient"; readonly id: number }
  | { readonly what: "killRun"; readonly run: "script" | "function" }
  | { readonly what: "runs" };
export type ThreadAnswer = string | number | boolean | readonly string[] | object | null;

/** CLIENT KILL's filters, all of which must hold. */
export interface ClientFilter {
  readonly id?: number;
  readonly address?: string;
  readonly localAddress?: string;
  readonly user?: string;
  /** MAXAGE: connections that are as old as that. */
  readonly minimumAgeSeconds?: number;
  readonly type?: "normal" | "pubsub" | "master" | "replica";
}
