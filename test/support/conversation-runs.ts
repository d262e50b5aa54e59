/**
 * Many generated conversations on two servers, which have to answer each of them with the same bytes. They run in lanes, several at once: a lane
 * has tables or keys of its own, and one conversation after the other. A conversation is made of its seed alone and begins with what brings its
 * lane to the same state, so it can be repeated without those before it and beside it.
 *
 * ORRERY_CONVERSATIONS: how many of each kind. ORRERY_CONVERSATION: the seed of the only one.
 */
import { expect } from "vitest";
import { Conversation, cut, message, messagesIn, query, randomOf, startUp } from "./conversations.js";

export type Random = (below: number) => number;
export const pick = <T>(from: readonly T[], random: Random): T => from[random(from.length)] as T;

export interface ConversationKind {
  /** Makes what the lane has to itself. */
  readonly prepare: (port: number, lane: number) => Promise<void>;
  /** Connects and sends what comes before; what is answered so far is not compared. */
  readonly open: (port: number, lane: number) => Promise<Conversation>;
  /** All that the client sends; its last answer ends with END. `changes`: definitions, too. */
  readonly script: (random: Random, lane: number, changes: boolean) => Buffer;
  /** An answer in parts, without what is a server's own. */
  readonly parts: (answer: string) => readonly string[];
}

/** Of the last answer of each conversation. */
export const END = "the-end";

/** A lane's statements are planned once for each lane and JavaScript thread: few conversations have few lanes. */
const LANES = 6;
const FEW_LANES = 2;
const FEW = 500;
/**
 * The first ones of so many conversations change definitions: each such change has all lanes plan their statements anew, which costs more than
 * what is said.
 */
const CHANGING = 20;
const CHANGE_PERIOD = 1000;
const ANSWER_MS = 60_000;
const only = process.env.ORRERY_CONVERSATION;
const count = Number(only === undefined ? (process.env.ORRERY_CONVERSATIONS ?? 60) : 1);
const first = Number(only ?? 1);
const isLong = count > FEW;
/** So many that differ are enough. */
const FAILURES_MAX = 5;
/** For the test that awaits `sameConversations`. */
export const conversationsTimeout = 120_000 + 100 * count;

export async function sameConversations(ports: readonly [number, number], kind: ConversationKind): Promise<void> {
  const from = performance.now();
  const failures: { readonly seed: number; readonly answers: readonly string[] }[] = [];
  let next = first;
  const lane = async (n: number): Promise<void> => {
    for (let seed = next++; seed < first + count && failures.length < FAILURES_MAX; seed = next++) {
      const answers = await Promise.all(ports.map((port) => answered(port, kind, seed, n)));
      const [one, other] = answers as [string, string];
      const isComplete = one.endsWith(END) && other.endsWith(END);
      if (!isComplete || (one !== other && differ(kind.parts(one), kind.parts(other)))) failures.push({ seed, answers });
      if (isLong && seed % CHANGE_PERIOD === 0)
        console.log(`${seed} conversations, ${((performance.now() - from) / seed).toFixed(2)} ms each, ${failures.length} differ`);
    }
  };
  const lanes = Math.min(isLong ? LANES : FEW_LANES, count);
  for (let n = 0; n < lanes; n++) await Promise.all(ports.map((port) => kind.prepare(port, n)));
  await Promise.all(Array.from({ length: lanes }, (_, n) => lane(n)));
  const [failure] = failures;
  if (failure === undefined) return;
  const [one, other] = failure.answers.map(kind.parts);
  expect(one, `conversations ${failures.map(({ seed }) => seed).join()}; the first`).toEqual(other);
  expect(failures, "conversations that came to no end").toEqual([]);
}
const differ = (one: readonly string[], other: readonly string[]): boolean =>
  one.length !== other.length || one.some((part, i) => part !== other[i]);

async function answered(port: number, kind: ConversationKind, seed: number, lane: number): Promise<string> {
  const random = randomOf(seed);
  const c = await kind.open(port, lane);
  const late = setTimeout(() => c.socket.destroy(), ANSWER_MS);
  await c.send(cut(kind.script(random, lane, seed % CHANGE_PERIOD < CHANGING), random));
  const answer = await c.until(END);
  clearTimeout(late);
  c.socket.destroy();
  return answer;
}

/** Conversations of the PostgreSQL protocol. `tables` are made once a lane, in a schema of its own; `fresh` brings them to the same state. */
export function postgresKind(
  tables: readonly string[],
  fresh: readonly string[],
  script: (random: Random, changes: boolean) => readonly Buffer[],
): ConversationKind {
  const login = (lane: number) => startUp("options", `-c search_path=lane_${lane}`);
  const loggedIn = async (port: number, lane: number, statements: readonly string[]): Promise<Conversation> => {
    const c = await Conversation.open(port);
    const text = [...statements, "select 'made'"].join(";\n");
    c.socket.write(Buffer.concat([login(lane), query(text)]));
    const answer = await c.until("made");
    await c.until("Z\0\0\0\x05I");
    const errors = messagesIn(answer).filter((line) => line.startsWith("E"));
    expect(errors, text).toEqual([]);
    return c;
  };
  return {
    prepare: async (port, lane) => {
      const c = await loggedIn(port, lane, [`create schema if not exists lane_${lane}`, ...tables]);
      c.socket.destroy();
    },
    open: (port, lane) => loggedIn(port, lane, fresh),
    script: (random, _, changes) => Buffer.concat([...script(random, changes), message("S"), query("rollback"), query(`select '${END}'`)]),
    parts: messagesIn,
  };
}
