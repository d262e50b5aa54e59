/** Ways to a server beside a TCP connection in clear text: Unix sockets, TLS asked for and direct, Redis' port under TLS; versions of the protocol. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { createServer, connect as netConnect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { freePort, hasPostgres, hasRedis, type OrreryProcess, sleep, startOrrery, temporaryFolder } from "../support/processes.js";

let server: OrreryProcess;
let redisTlsPort: number;
const sockets = temporaryFolder("sockets");
beforeAll(async () => {
  redisTlsPort = await freePort();
  const doors = [
    "--ssl",
    "auto",
    "--redis-tls-port",
    String(redisTlsPort),
    "--unix-socket-directories",
    sockets,
    "--unix-socket-permissions",
    "0770",
  ];
  server = await startOrrery({ flags: [...doors, "--threads", "2"], keepFolder: false });
  const admin = await connectPg(server.port);
  await admin.query("create role secret login password 'hidden'");
  await admin.end();
}, 30_000);
afterAll(() => server?.stop());

const startup = (code: number, ...parameters: string[]): Buffer => {
  const body = Buffer.from(`${parameters.map((text) => `${text}\0`).join("")}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(code, 4);
  return Buffer.concat([head, body]);
};
/** Everything that comes until the other side closes, or until nothing came for a while. */
const answers = (socket: Socket, quietMillis = 300): Promise<Buffer> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = () => resolve(Buffer.concat(chunks));
    let timer = setTimeout(done, quietMillis);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(done, quietMillis);
    });
    socket.on("error", done);
    socket.on("close", done);
  });
function messages(bytes: Buffer): { type: string; body: Buffer }[] {
  const all: { type: string; body: Buffer }[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readInt32BE(at + 1);
    all.push({ type: String.fromCharCode(bytes[at] as number), body: bytes.subarray(at + 5, at + 1 + length) });
    at += length + 1;
  }
  return all;
}

describe("Unix sockets", () => {
  test("pg connects, with and without a password; rows of many chunks come", async () => {
    expect(statSync(join(sockets, `.s.PGSQL.${server.port}`)).mode & 0o777).toBe(0o770);
    for (const [user, password] of [
      ["postgres", undefined],
      ["secret", "hidden"],
    ] as const) {
      const client = new pg.Client({ host: sockets, port: server.port, user, database: "postgres", ...(password && { password }) });
      await client.connect();
      const { rows } = await client.query(
        "select count(*)::int as n, (select client_addr from pg_stat_activity where pid = pg_backend_pid()) as address, inet_server_addr() as server from generate_series(1, 100000) g",
      );
      expect(rows).toEqual([{ n: 100_000, address: null, server: null }]);
      expect((await client.query("select repeat('x', 1000) as t from generate_series(1, 5000)")).rowCount).toBe(5000);
      await client.end();
    }
    const wrong = new pg.Client({ host: sockets, port: server.port, user: "secret", database: "postgres", password: "y" });
    await expect(wrong.connect()).rejects.toMatchObject({ code: "28P01" });
  });
  test.skipIf(!hasPostgres)("psql", () => {
    const { stdout } = spawnSync("psql", ["-XAt", "-h", sockets, "-p", String(server.port), "-U", "postgres", "-c", "select 1"], {
      encoding: "utf8",
    });
    expect(stdout).toBe("1\n");
  });
  test("a file that a killed server left is taken over, one in use is not; it goes with its server", async () => {
    const folder = temporaryFolder("sockets");
    const [port, redisPort] = [await freePort(), await freePort()];
    const flags = ["--unix-socket-directories", folder];
    const first = await startOrrery({ flags, ports: [port, redisPort], keepFolder: true });
    await first.kill();
    expect(existsSync(join(folder, `.s.PGSQL.${port}`))).toBe(true);
    const second = await startOrrery({ flags, ports: [port, redisPort], folder: first.folder });
    await second.stop();
    expect(existsSync(join(folder, `.s.PGSQL.${port}`))).toBe(false);
    const listener = createServer(() => {}).listen(join(folder, `.s.PGSQL.${port}`));
    await sleep(50);
    await expect(startOrrery({ flags, ports: [port, redisPort] })).rejects.toThrow(/another server listens/);
    listener.close();
  }, 30_000);
});

describe("TLS", () => {
  test("a certificate of the server's own, whose key is the server's alone", () => {
    expect(statSync(join(server.folder, "server.key")).mode & 0o777).toBe(0o600);
  });
  test("pg over TLS with SCRAM: types, a long result, a long parameter", async () => {
    const client = new pg.Client({
      host: "127.0.0.1",
      port: server.port,
      user: "secret",
      password: "hidden",
      database: "postgres",
      ssl: { rejectUnauthorized: false },
    });
    await client.connect();
    const { rows } = await client.query("select version, ssl from pg_stat_ssl where pid = pg_backend_pid()");
    expect(rows).toEqual([{ version: "TLSv1.3", ssl: true }]);
    expect((await client.query("select g, repeat('y', 100) from generate_series(1, 50000) g")).rowCount).toBe(50_000);
    const long = "z".repeat(3_000_000);
    expect((await client.query("select length($1::text) as n", [long])).rows).toEqual([{ n: 3_000_000 }]);
    await client.end();
  });
  test("direct TLS asks for the protocol's name", async () => {
    const direct = (protocols: string[]) =>
      new Promise<string>((resolve) => {
        const socket = tlsConnect({
          port: server.port,
          host: "127.0.0.1",
          rejectUnauthorized: false,
          ...(protocols.length > 0 && { ALPNProtocols: protocols }),
        });
        socket.on("secureConnect", () => socket.write(startup(196_608, "user", "postgres", "database", "postgres")));
        socket.on("data", (chunk: Buffer) => {
          resolve(`${socket.alpnProtocol} ${String.fromCharCode(chunk[0] as number)}`);
          socket.destroy();
        });
        socket.on("error", (error: NodeJS.ErrnoException) => resolve(`error ${error.code}`));
        socket.on("close", () => resolve("closed"));
      });
    expect(await direct(["postgresql"])).toBe("postgresql R");
    expect(await direct([])).toBe("closed");
    expect(await direct(["http/1.1"])).toMatch(/ALPN|ALERT_NO_APPLICATION_PROTOCOL/);
  });
  test("clear text behind the request for TLS is not read", async () => {
    const socket = netConnect(server.port, "127.0.0.1");
    socket.write(Buffer.concat([startup(80_877_103).subarray(0, 8).fill(8, 3, 4), startup(196_608, "user", "postgres")]));
    expect((await answers(socket)).toString("latin1")).toBe("");
  });
  test("TLS after encryption by GSSAPI was declined, and a client that leaves within the handshake", async () => {
    const socket = netConnect(server.port, "127.0.0.1");
    socket.write(Buffer.of(0, 0, 0, 8, 4, 210, 22, 48));
    expect((await answers(socket, 100)).toString()).toBe("N");
    socket.removeAllListeners("data");
    socket.write(Buffer.of(0, 0, 0, 8, 4, 210, 22, 47));
    expect((await answers(socket, 100)).toString()).toBe("S");
    socket.write(Buffer.of(0x16, 3, 1, 2, 0, 1));
    socket.destroy();
    const client = await connectPg(server.port);
    for (let tries = 0; tries < 50; tries++) {
      const { rows } = await client.query("select count(*)::int as n from pg_stat_activity");
      if (rows[0].n === 1) break;
      await sleep(20);
    }
    await client.end();
  });
});

describe.skipIf(!hasRedis)("Redis under TLS", () => {
  const redis = (...args: string[]) =>
    spawnSync("redis-cli", ["-p", String(redisTlsPort), "--tls", "--cacert", join(server.folder, "server.crt"), ...args], {
      encoding: "utf8",
    });
  test("the same keys as on the other port", () => {
    expect(redis("set", "k", "v").stdout).toBe("OK\n");
    expect(spawnSync("redis-cli", ["-p", String(server.redisPort), "get", "k"], { encoding: "utf8" }).stdout).toBe("v\n");
    const many = spawnSync("redis-cli", ["-p", String(redisTlsPort), "--tls", "--insecure", "--pipe"], {
      encoding: "utf8",
      input: "SET a b\r\n".repeat(20_000),
    });
    expect(many.stdout).toContain("replies: 20000");
  });
  test("clear text is no TLS", () => {
    const { stdout, stderr } = spawnSync("redis-cli", ["-p", String(redisTlsPort), "ping"], { encoding: "utf8" });
    expect(stdout + stderr).not.toContain("PONG");
  });
});

describe("versions of the protocol", () => {
  async function start(code: number, ...options: string[]) {
    const socket = netConnect(server.port, "127.0.0.1");
    socket.write(startup(code, "user", "postgres", "database", "postgres", ...options));
    const all = messages(await answers(socket));
    return {
      socket,
      all,
      key: all.find(({ type }) => type === "K")?.body as Buffer,
      negotiated: all.find(({ type }) => type === "v")?.body,
    };
  }
  test("3.0 has keys of 4 bytes, 3.2 of 32; newer ones and unknown options are negotiated down", async () => {
    const versions = [
      [196_608, 4, undefined],
      [196_609, 4, 196_608],
      [196_610, 32, undefined],
      [196_617, 32, 196_610],
    ] as const;
    for (const [code, keyBytes, negotiated] of versions) {
      const { socket, all, key, negotiated: answer } = await start(code);
      expect(all.at(-1)?.type).toBe("Z");
      expect(key.length - 4).toBe(keyBytes);
      expect(answer?.readInt32BE(0)).toBe(negotiated);
      socket.destroy();
    }
    const { socket, negotiated } = await start(196_608, "_pq_.something", "1", "_pq_.other", "2");
    expect(negotiated).toEqual(Buffer.concat([Buffer.of(0, 3, 0, 0, 0, 0, 0, 2), Buffer.from("_pq_.something\0_pq_.other\0")]));
    socket.destroy();
  });
  test("a long key cancels, its beginning does not", async () => {
    const { socket, key } = await start(196_610);
    const query = Buffer.from("QLLLLselect pg_sleep(20)\0");
    query.writeInt32BE(query.length - 1, 1);
    socket.removeAllListeners("data");
    socket.write(query);
    await sleep(100);
    const cancel = async (bytes: Buffer) => {
      const message = Buffer.concat([Buffer.alloc(8), bytes]);
      message.writeInt32BE(message.length, 0);
      message.writeInt32BE(80_877_102, 4);
      const other = netConnect(server.port, "127.0.0.1");
      other.end(message);
      await answers(other, 1000);
    };
    const heard = answers(socket, 1500);
    await cancel(key.subarray(0, 8));
    await sleep(200);
    await cancel(key);
    const all = messages(await heard);
    expect(all.filter(({ type }) => type === "E").map(({ body }) => /C(\w{5})/.exec(body.toString())?.[1])).toEqual(["57014"]);
    socket.destroy();
  });
});

test("what cannot be is said before the server starts", async () => {
  const folder = temporaryFolder("bad-rules");
  writeFileSync(join(folder, "hba"), "host all all everywhere trust\n");
  await expect(startOrrery({ flags: ["--hba-file", join(folder, "hba")] })).rejects.toThrow(
    /host names are not supported: "everywhere" \(line 1/,
  );
  await expect(startOrrery({ flags: ["--ssl", "on"] })).rejects.toThrow(/could not load server certificate file/);
  await expect(startOrrery({ flags: ["--redis-tls-port", "1"] })).rejects.toThrow(/redis_tls_port needs ssl/);
}, 30_000);
