/** `npm run corpus -- [topic | file.sql …]`: set up what is missing, then test/differential/corpus/command.ts. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUp } from "./setup.mjs";

setUp();
await import(pathToFileURL(join(root, "dist", "test", "differential", "corpus", "command.js")).href);
