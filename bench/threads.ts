/**
 * One thread against two, pgbench -S -M prepared: JavaScript threads (`--threads`, over node:net, where they run every statement) and native I/O
 * threads (`--io-threads`). The client has the same cores: how much of them the server used, and how much the rest of the machine, is told beside.
 */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { type OrreryProcess, startOrrery } from "../test/support/processes.js";
import { pgbench, psql } from "./command.js";
import { type Line, median, report } from "./report.js";

const rounds = Number(process.env.ORRERY_BENCH_ROUNDS ?? 5);
const seconds = process.env.ORRERY_BENCH_SECONDS ?? "4";
const TICKS_PER_SECOND = 100;

/** Processor seconds of a process so far, all of its threads: user and system (proc(5)). */
function processSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
/** Those of the whole machine. */
function machineSeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
}

interface Measured {
  readonly rate: number;
  /** Cores that were busy on average. */
  readonly server: number;
  readonly others: number;
}
async function measure({ port, pid }: OrreryProcess, clients: string): Promise<Measured> {
  const [server, machine, start] = [processSeconds(pid), machineSeconds(), performance.now()];
  const rate = await pgbench(port, ["-S", "-M", "prepared", "-c", clients, "-j", "2", "-T", seconds]);
  const elapsed = (performance.now() - start) / 1000;
  const own = (processSeconds(pid) - server) / elapsed;
  return { rate, server: own, others: (machineSeconds() - machine) / elapsed - own };
}

export async function run(): Promise<void> {
  const lines: Line[] = [];
  const notes: string[] = [];
  const kinds = [
    { what: "JavaScript threads, node:net", flag: "--threads", others: ["--transport", "node"] },
    { what: "I/O threads", flag: "--io-threads", others: ["--transport", "native"] },
  ];
  for (const { what, flag, others } of kinds) {
    const servers: OrreryProcess[] = [];
    try {
      for (const threads of ["1", "2"]) servers.push(await startOrrery({ flags: ["--redis-port", "0", flag, threads, ...others] }));
      for (const { port } of servers)
        await psql(
          port,
          "create table pgbench_accounts (aid int primary key, abalance int); insert into pgbench_accounts select g, 0 from generate_series(1, 100000) g; create table pgbench_branches (bid int primary key); insert into pgbench_branches values (1)",
        );
      for (const clients of ["8", "64"]) {
        const measured: Measured[][] = servers.map(() => []);
        for (let round = 0; round < rounds; round++)
          for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) measured[i]?.push(await measure(servers[i] as OrreryProcess, clients));
        const [one, two] = measured.map((runs) => ({
          rate: median(runs.map((r) => r.rate)),
          server: median(runs.map((r) => r.server)),
          others: median(runs.map((r) => r.others)),
        })) as [Measured, Measured];
        const name = `${what}, ${clients} clients`;
        lines.push({
          what: name,
          unit: "transactions/s",
          ours: two.rate,
          peer: one.rate,
          peerName: "one thread",
          higherIsBetter: true,
          goal: 1,
        });
        const used = (m: Measured) => `${m.server.toFixed(2)} cores of the server, ${m.others.toFixed(2)} of pgbench and the rest`;
        notes.push(`${name}: with one ${used(one)}; with two ${used(two)}.`);
      }
    } finally {
      for (const server of servers) await server.stop();
    }
  }
  report("threads", "Two threads against one, pgbench -S -M prepared", lines, notes);
}
