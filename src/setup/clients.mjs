/** `npm run clients [-- [--redis] name…]`: set up what is missing, then test/clients/table/command.ts. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUp } from "./setup.mjs";

setUp();
await import(pathToFileURL(join(root, "dist", "test", "clients", "table", "command.js")).href);
