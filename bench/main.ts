/** `npm run bench -- <name>…`: runs the named benchmarks (without a name all, but for those of half an hour). Fails when a peer or the engine is missing. */
const benchmarks: Readonly<Record<string, () => Promise<{ run(): Promise<void> }>>> = {
  resp: () => import("./resp.js"),
  "resp-memory": () => import("./resp-memory.js"),
  "resp-restart": () => import("./resp-restart.js"),
  "point-select": () => import("./point-select.js"),
  tpcb: () => import("./tpcb.js"),
  "tpcb-long": () => import("./tpcb-long.js"),
  transports: () => import("./transports.js"),
  "idle-connections": () => import("./idle-connections.js"),
  "leaving-clients": () => import("./leaving-clients.js"),
  "busy-thread": () => import("./busy-thread.js"),
  threads: () => import("./threads.js"),
  insert: () => import("./insert.js"),
  copy: () => import("./copy.js"),
  vectors: () => import("./vectors.js"),
  "vector-changes": () => import("./vector-changes.js"),
  "exact-vectors": () => import("./exact-vectors.js"),
  filtered: () => import("./filtered.js"),
  sql: () => import("./sql.js"),
  inverted: () => import("./inverted.js"),
  startup: () => import("./startup.js"),
};

const names = process.argv.slice(2);
for (const name of names) {
  if (!(name in benchmarks)) {
    console.error(`unknown benchmark "${name}"; there are: ${Object.keys(benchmarks).join(", ")}`);
    process.exit(1);
  }
}
for (const name of names.length > 0 ? names : Object.keys(benchmarks).filter((known) => known !== "tpcb-long")) {
  await (await (benchmarks[name] as () => Promise<{ run(): Promise<void> }>)()).run();
}
process.exit(0);
