/**
 * What clients leave behind that come and go: 1,000 are connected, each second 100 of them leave in the middle of something and 100 come. Descriptors,
 * resident memory and what the server says of its clients, with the 1,000 connected before and after a minute of it, and when all have left.
 * `BENCH_TRANSPORTS=node` and `BENCH_ONLY=Redis` run a part of it.
 */
import { readdirSync } from "node:fs";
import type { Socket } from "node:net";
import { type OrreryProcess, sleep, startOrrery } from "../test/support/processes.js";
import { psql } from "./command.js";
import { ask, greet, query, READY, startUp } from "./greet.js";
import { residentBytes } from "./resident.js";

const count = Number(process.env.ORRERY_LEAVING_CLIENTS ?? 1000);
const seconds = Number(process.env.ORRERY_LEAVING_SECONDS ?? 60);
const perSecond = 100;
const list = (name: string) => process.env[name]?.split(",");
const transports = list("BENCH_TRANSPORTS") ?? ["native", "node"];
const only = list("BENCH_ONLY");
/** Before the first look: threads begin, code is compiled, pools fill. */
const warmUpSeconds = Math.ceil(seconds / 3);

/** What a client is in the middle of when it leaves; then what it has been answered ends so. */
type Act = readonly [bytes: Buffer, mark: string];
const IN_BLOCK = "Z\0\0\0\x05T";
const said = (text: string, mark = READY): Act => [query(text), mark];
const commands = (text: string, mark: string): Act => [Buffer.from(text.replaceAll("\n", "\r\n")), mark];

interface Door {
  readonly port: (server: OrreryProcess) => number;
  readonly hello: Act;
  readonly acts: readonly Act[];
  /** Sent by those that say that they leave. */
  readonly goodbye: Buffer;
  /** What the server says of its clients and what they hold. */
  readonly watch: (server: OrreryProcess) => Promise<string>;
}

const postgres: Door = {
  port: (server) => server.port,
  hello: [startUp, READY],
  acts: [
    said("select v from visited where id = 7"),
    said("prepare p as select v from visited where id = $1; execute p(3)"),
    said("listen visits"),
    said("begin; declare c cursor for select * from visited; fetch 2 from c", IN_BLOCK),
    said("select pg_advisory_lock_shared(5)"),
    said("begin; lock table visited in row exclusive mode; insert into visited (v) values ('mine')", IN_BLOCK),
    said("set application_name to visitor; select 1 as one"),
  ],
  goodbye: Buffer.from([0x58, 0, 0, 0, 4]),
  watch: (server) =>
    psql(
      server.port,
      "select count(*) || ' sessions, ' || (select count(*) from pg_locks where pid <> pg_backend_pid()) || ' locks' from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    ),
};
const redis: Door = {
  port: (server) => server.redisPort,
  hello: commands("PING\n", "+PONG\r\n"),
  acts: [
    commands("SET visited 1\nGET visited\n", "$1\r\n1\r\n"),
    commands("MULTI\nSET visited 2\n", "+QUEUED\r\n"),
    commands("WATCH visited\n", "+OK\r\n"),
    commands("SUBSCRIBE visits\n", ":1\r\n"),
    commands("HELLO 3\nCLIENT TRACKING ON\nGET visited\n", "$1\r\n1\r\n"),
    commands("CLIENT SETNAME visitor\n*2\n$3\nGET\n", "+OK\r\n"),
    // It waits for a key that never comes.
    commands("ECHO waiting\nBLPOP nothing 0\n", "waiting\r\n"),
  ],
  goodbye: Buffer.from("QUIT\r\n"),
  watch: async (server) => {
    const socket = await greet(server.redisPort, Buffer.from("PING\r\n"), "+PONG\r\n");
    const info = await ask(socket, Buffer.from("INFO clients\r\nPUBSUB NUMSUB visits\r\nECHO end\r\n"), "end\r\n");
    socket.destroy();
    const fact = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1]);
    const subscribed = /visits\r\n:(\d+)/.exec(info)?.[1];
    const others = `${fact("blocked_clients")} blocked, ${fact("tracking_clients")} tracking, ${subscribed} subscribed (${fact("pubsub_clients")} counted)`;
    return `${fact("connected_clients") - 1} clients, ${others}`;
  },
};

/** Clients that have come, the longest connected first. */
class Visitors {
  readonly #sockets: Socket[] = [];
  #come = 0;
  constructor(
    private readonly server: OrreryProcess,
    private readonly door: Door,
  ) {}
  get size(): number {
    return this.#sockets.length;
  }
  async come(): Promise<void> {
    const { hello, acts, port } = this.door;
    const act = acts[this.#come++ % acts.length] as Act;
    const socket = await greet(port(this.server), ...hello);
    await ask(socket, ...act);
    // What comes unasked is not read.
    socket.on("error", () => {}).resume();
    this.#sockets.push(socket);
  }
  leave(): void {
    const socket = this.#sockets.shift();
    if (this.#come % 3 === 0) socket?.end(this.door.goodbye);
    else if (this.#come % 3 === 1) socket?.resetAndDestroy();
    else socket?.destroy();
  }
  /** `perSecond` of them leave and as many come, spread over each second. */
  async change(forSeconds: number): Promise<void> {
    const from = performance.now();
    for (let n = 0; n < forSeconds * perSecond; n++) {
      this.leave();
      await this.come();
      await sleep(Math.max(0, from + (1000 * (n + 1)) / perSecond - performance.now()));
    }
  }
  allLeave(): void {
    while (this.#sockets.length > 0) this.leave();
  }
}

async function look(server: OrreryProcess, door: Door): Promise<string> {
  await sleep(3000);
  const megabytes = (residentBytes(server.pid) / 1e6).toFixed(0);
  return `${readdirSync(`/proc/${server.pid}/fd`).length} descriptors, ${megabytes} MB, ${(await door.watch(server)).trim()}`;
}

export async function run(): Promise<void> {
  for (const transport of transports) {
    for (const [name, door] of Object.entries({ PostgreSQL: postgres, Redis: redis })) {
      if (only && !only.includes(name)) continue;
      const limits = ["--max-connections", String(count + 10), "--max-redis-connections", String(count + 10)];
      const server = await startOrrery({ flags: ["--transport", transport, ...limits] });
      try {
        await psql(
          server.port,
          "create table visited (id serial primary key, v text); insert into visited (v) select 'v' || g from generate_series(1, 100) g",
        );
        const visitors = new Visitors(server, door);
        while (visitors.size < count) await visitors.come();
        await visitors.change(warmUpSeconds);
        console.log(`${name}, transport ${transport}, ${count} clients: ${await look(server, door)}`);
        await visitors.change(seconds);
        console.log(`  ${perSecond * seconds} have left and come: ${await look(server, door)}`);
        visitors.allLeave();
        console.log(`  all have left: ${await look(server, door)}`);
      } finally {
        await server.stop();
      }
    }
  }
}
