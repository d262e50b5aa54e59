/** Memory of 10,000 idle clients of each door, on both transports: resident bytes of the server with them, less those before. */
import type { Socket } from "node:net";
import { startOrrery } from "../test/support/processes.js";
import { greet, READY, startUp } from "./greet.js";
import { residentBytes } from "./resident.js";

const count = Number(process.env.ORRERY_IDLE_CLIENTS ?? 10_000);

export async function run(): Promise<void> {
  for (const transport of ["native", "node"]) {
    for (const door of ["Redis", "PostgreSQL"] as const) {
      const limits = ["--max-connections", String(count + 10), "--max-redis-connections", String(count + 10)];
      const server = await startOrrery({ flags: ["--transport", transport, ...limits] });
      const sockets: Socket[] = [];
      try {
        const client = () =>
          door === "Redis" ? greet(server.redisPort, Buffer.from("PING\r\n"), "+PONG\r\n") : greet(server.port, startUp, READY);
        sockets.push(await client());
        const before = residentBytes(server.pid);
        while (sockets.length < count) sockets.push(...(await Promise.all(Array.from({ length: 100 }, client))));
        await new Promise((resolve) => setTimeout(resolve, 2000));
        const megabytes = (residentBytes(server.pid) - before) / 1e6;
        console.log(`${count} idle ${door} clients, transport ${transport}: ${megabytes.toFixed(0)} MB (goal 200 MB)`);
      } finally {
        for (const socket of sockets) socket.destroy();
        await server.stop();
      }
    }
  }
}
