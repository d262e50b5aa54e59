/**
 * HNSW: the embedded API against usearch and hnswlib-node in one process, the same vectors, m and ef_construction, k = 10; with one thread and with two,
 * ours also with quantization; then a server over the wire, which reads the index that was built. Each side gets the smallest effort that reaches
 * the recall on the same queries; rounds are interleaved.
 *
 * `ORRERY_BENCH_SETS`: which sets (mnist,mnist-large,clustered,unit); `ORRERY_BENCH_VECTORS`: how many vectors in each;
 * `ORRERY_BENCH_QUANTIZATIONS` (none,int8,f16,binary).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Orrery, open } from "../src/index.js";
import { startOrrery } from "../test/support/processes.js";
import { type Line, median, report, warmUp } from "./report.js";
import { mostResidentBytes, residentBytes } from "./resident.js";
import { buildHnswlib, buildUsearch, type Candidate, EF_CONSTRUCTION, K, M, type PeerIndex } from "./vector-peers.js";
import { embeddedThreads, wireRate } from "./vector-searchers.js";
import { type VectorSet, vectorSets } from "./vector-sets.js";

const ROUNDS = 5;
const RECALLS = [0.9, 0.95, 0.99] as const;
const EFFORTS = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 130, 170, 220, 300, 400, 600, 800];
const QUANTIZATIONS = process.env.ORRERY_BENCH_QUANTIZATIONS?.split(",") ?? ["none", "int8", "f16", "binary"];
const COUNT = process.env.ORRERY_BENCH_VECTORS === undefined ? undefined : Number(process.env.ORRERY_BENCH_VECTORS);

export async function run(): Promise<void> {
  for (const name of process.env.ORRERY_BENCH_SETS?.split(",") ?? Object.keys(vectorSets)) {
    const make = vectorSets[name];
    if (make === undefined) throw new Error(`unknown set "${name}"; there are: ${Object.keys(vectorSets).join(", ")}`);
    const folder = mkdtempSync(join(tmpdir(), "orrery-bench-vectors-"));
    try {
      await new SetBenchmark(make(COUNT), folder).run();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

class SetBenchmark {
  readonly #set: VectorSet;
  readonly #folder: string;
  readonly #data: string;
  readonly #nearest: string;
  readonly #lines: Line[] = [];
  readonly #notes: string[] = [];
  readonly #efforts = new Map<string, number | undefined>();
  #exact: readonly ReadonlySet<number>[] = [];
  #peers: readonly PeerIndex[] = [];

  constructor(set: VectorSet, folder: string) {
    this.#set = set;
    this.#folder = folder;
    this.#data = join(folder, "data");
    this.#nearest = `select id from items order by v ${set.metric === "l2" ? "<->" : "<=>"} $1 limit ${K}`;
  }

  async run(): Promise<void> {
    const database = await open(this.#data);
    await this.#fill(database);
    this.#exact = await this.#neighbors(database);
    this.#peers = [buildUsearch(this.#set, join(this.#folder, "usearch")), await buildHnswlib(this.#set, join(this.#folder, "hnswlib"))];
    for (const peer of this.#peers)
      this.#notes.push(`${peer.name}: ${peer.bytesPerVector.toFixed(0)} bytes a vector, its copy of the vector among them.`);

    // The plain index last: it is the one that threads and the server search, too.
    const rates = new Map<string, Line>();
    for (const quantization of QUANTIZATIONS.toSorted((a, b) => Number(a === "none") - Number(b === "none"))) {
      await database.query("drop index if exists i");
      await this.#build(database, quantization);
      for (const recall of RECALLS) {
        const line = await this.#compare(this.#ours(database, quantization), recall);
        if (line === undefined) this.#notes.push(`Recall ${recall} is not reached with quantization ${quantization}.`);
        else {
          this.#add(line);
          rates.set(`${quantization} ${recall}`, line);
        }
      }
    }
    const short = rates.get("int8 0.95");
    const full = rates.get("none 0.95");
    if (short !== undefined && full !== undefined)
      this.#add({ ...short, peer: full.ours, peerName: "our own without quantization, minutes later", goal: 1.8 });

    await database.query("checkpoint");
    await this.#withTwoThreads();
    await database.close();
    await this.#overTheWire();
    const { name, dimensions, vectors } = this.#set;
    report(
      "vectors",
      `HNSW: ${vectors.length.toLocaleString("en-US")} vectors of ${dimensions} dimensions, ${name}`,
      this.#lines,
      this.#notes,
    );
  }

  async #fill(database: Orrery): Promise<void> {
    const { vectors, dimensions } = this.#set;
    await database.query(`create extension vector; create table items (id int primary key, v vector(${dimensions}))`);
    const PART = 500;
    for (let at = 0; at < vectors.length; at += PART) {
      const part = vectors.slice(at, at + PART);
      await database.query("insert into items select * from unnest($1::int[], $2::vector[])", [part.map((_, i) => at + i), part]);
    }
  }

  async #neighbors(database: Orrery): Promise<ReadonlySet<number>[]> {
    await database.query("set enable_indexscan = off");
    const exact: Set<number>[] = [];
    for (const query of this.#set.queries) exact.push(new Set(await this.#ids(database, query)));
    await database.query("reset enable_indexscan");
    return exact;
  }

  async #ids(database: Orrery, query: Float32Array): Promise<number[]> {
    return (await database.query<{ id: number }>(this.#nearest, [query])).rows.map((row) => row.id);
  }

  #ours(database: Orrery, name: string): Candidate {
    return {
      name,
      setEffort: async (ef) => void (await database.query(`set hnsw.ef_search = ${ef}`)),
      search: (query) => this.#ids(database, query),
    };
  }

  async #build(database: Orrery, quantization: string): Promise<void> {
    const started = performance.now();
    await database.query(
      `create index i on items using hnsw (v vector_${this.#set.metric}_ops) with (m = ${M}, ef_construction = ${EF_CONSTRUCTION}, quantization = ${quantization})`,
    );
    const seconds = (performance.now() - started) / 1000;
    const { rows } = await database.query<{ bytes_per_vector: number }>("select bytes_per_vector::float8 from orrery_vector_indexes");
    this.#notes.push(
      `Quantization ${quantization}: built in ${seconds.toFixed(1)} s, ${rows[0]?.bytes_per_vector.toFixed(0)} bytes of index a vector (the vector, ${4 * this.#set.dimensions} bytes, lies in the table).`,
    );
    if (quantization === "none")
      for (const peer of this.#peers)
        this.#add({
          what: `build with two threads${peer.buildThreads === 1 ? "; the peer has one" : ""}`,
          unit: "s",
          ours: seconds,
          peer: peer.buildSeconds,
          peerName: peer.name,
          higherIsBetter: false,
          ...(peer.buildThreads === 2 ? { goal: 1 / 0.9 } : {}),
        });
  }

  /** Ours against the better of the peers, one thread. */
  async #compare(ours: Candidate, recall: number): Promise<Line | undefined> {
    const candidates = new Map<Candidate, number>();
    for (const candidate of [ours, ...this.#peers]) {
      const ef = await this.#smallestEffort(candidate, recall);
      if (ef !== undefined) candidates.set(candidate, ef);
    }
    const ourEffort = candidates.get(ours);
    if (ourEffort === undefined || candidates.size === 1) return undefined;
    for (const [candidate, ef] of candidates) {
      await candidate.setEffort(ef, true);
      const { queries } = this.#set;
      await warmUp((turn) => candidate.search(queries[turn % queries.length] as Float32Array));
    }
    const rates = new Map<Candidate, number[]>([...candidates.keys()].map((c) => [c, []]));
    for (let round = 0; round < ROUNDS; round++)
      for (const [candidate, ef] of round % 2 === 0 ? candidates : [...candidates].reverse()) {
        await candidate.setEffort(ef, true);
        const started = performance.now();
        for (const query of this.#set.queries) await candidate.search(query);
        rates.get(candidate)?.push(this.#set.queries.length / ((performance.now() - started) / 1000));
      }
    const [peer, rate] = this.#peers
      .filter((p) => rates.has(p))
      .map((p) => [p, median(rates.get(p) as number[])] as const)
      .reduce((a, b) => (a[1] >= b[1] ? a : b));
    return {
      what: `recall ${recall} (ef ${ourEffort})${ours.name === "none" ? "" : `, ${ours.name}`}`,
      unit: "queries/s",
      ours: median(rates.get(ours) as number[]),
      peer: rate,
      peerName: `${peer.name}, ef ${candidates.get(peer)}`,
      higherIsBetter: true,
      ...(ours.name === "none" ? { goal: 1.2 } : {}),
    };
  }

  async #withTwoThreads(): Promise<void> {
    const threads = await embeddedThreads(this.#data, this.#nearest, this.#set.queries, 2);
    const peer = this.#peers.find((p) => p.searchAll !== undefined) as PeerIndex;
    for (const recall of RECALLS)
      await this.#addMeasured(
        recall,
        peer,
        `two threads, recall ${recall}`,
        1.2,
        (ef, repeats) => threads.rate(ef, repeats),
        async () => {
          await peer.searchAll?.();
        },
      );
    await threads.close();
  }

  async #overTheWire(): Promise<void> {
    const server = await startOrrery({ folder: this.#data, keepFolder: true, flags: ["--redis-port", "0"] });
    try {
      for (const recall of RECALLS)
        for (const peer of this.#peers)
          await this.#addMeasured(
            recall,
            peer,
            `over the wire, 8 connections, recall ${recall}; the peer in process, one thread`,
            0.8,
            (ef, repeats) => wireRate(server.port, this.#nearest, this.#set.queries, ef, repeats),
            async () => {
              for (const query of this.#set.queries) await peer.search(query);
            },
          );
      const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
      this.#notes.push(
        `The server holds ${megabytes(residentBytes(server.pid))} MB of memory with all of it (${megabytes(mostResidentBytes(server.pid))} MB at most, while it started).`,
      );
    } finally {
      await server.stop();
    }
  }

  async #addMeasured(
    recall: number,
    peer: PeerIndex,
    what: string,
    goal: number,
    ourRate: (ef: number, repeats: number) => Promise<number>,
    searchAll: () => Promise<void>,
  ): Promise<void> {
    const ourEffort = this.#efforts.get(`none ${recall}`);
    const peerEffort = this.#efforts.get(`${peer.name} ${recall}`);
    if (ourEffort === undefined || peerEffort === undefined) return;
    const ours: number[] = [];
    const peers: number[] = [];
    const REPEATS = 4;
    await warmUp(() => ourRate(ourEffort, REPEATS));
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await ourRate(ourEffort, REPEATS));
      await peer.setEffort(peerEffort, true);
      const started = performance.now();
      for (let repeat = 0; repeat < REPEATS; repeat++) await searchAll();
      peers.push((REPEATS * this.#set.queries.length) / ((performance.now() - started) / 1000));
    }
    this.#add({
      what: `${what} (ef ${ourEffort})`,
      unit: "queries/s",
      ours: median(ours),
      peer: median(peers),
      peerName: `${peer.name}, ef ${peerEffort}`,
      higherIsBetter: true,
      goal,
    });
  }

  async #smallestEffort(candidate: Candidate, recall: number): Promise<number | undefined> {
    const key = `${candidate.name} ${recall}`;
    if (this.#efforts.has(key)) return this.#efforts.get(key);
    let found: number | undefined;
    let tooLittle = K;
    for (const ef of EFFORTS) {
      if (await this.#reaches(candidate, ef, recall)) {
        found = ef;
        break;
      }
      tooLittle = ef;
    }
    // Between two steps lies up to a third: three halvings leave a few hundredths.
    for (let i = 0; i < 3 && found !== undefined && found - tooLittle > 1; i++) {
      const ef = Math.floor((tooLittle + found) / 2);
      if (await this.#reaches(candidate, ef, recall)) found = ef;
      else tooLittle = ef;
    }
    this.#efforts.set(key, found);
    return found;
  }
  async #reaches(candidate: Candidate, ef: number, recall: number): Promise<boolean> {
    await candidate.setEffort(ef);
    let hits = 0;
    for (const [i, query] of this.#set.queries.entries())
      for (const id of await candidate.search(query)) if (this.#exact[i]?.has(id)) hits++;
    return hits / (this.#set.queries.length * K) >= recall;
  }

  #add(line: Line): void {
    this.#lines.push(line);
    console.log(`${this.#set.name}, ${line.what}: ${line.ours.toFixed(1)} / ${line.peer.toFixed(1)} ${line.unit} (${line.peerName})`);
  }
}
