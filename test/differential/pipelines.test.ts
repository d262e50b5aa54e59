/**
 * The extended protocol in any order: PostgreSQL 15, native I/O threads and node:net answer random sequences of Parse, Bind, Describe, Execute,
 * Close, Flush, Sync, Query and COPY's messages with the same messages. Values come as text and binary, portals give rows in portions, COPY's data are
 * cut anywhere, and much of it is wrong.
 */
import { describe, expect, test } from "vitest";
import { message, query } from "../support/conversations.js";
import { ConversingServers } from "../support/conversing-servers.js";
import { hasPostgres } from "../support/processes.js";
import { pipelineScript } from "./pipeline-scripts.js";

describe.skipIf(!hasPostgres)("pipelines", () => {
  const servers = new ConversingServers();
  servers.test((random) => ({ bytes: pipelineScript(random) }));

  test("a message in the middle of COPY that is none of its own ends the connection", async () => {
    const answer = await servers.expectSame([query("copy loaded from stdin"), message("d", Buffer.from("1\ta\t1\n")), query("select 1")]);
    expect(answer.at(-1)).toContain("terminating connection because protocol synchronization was lost");
  });
});
