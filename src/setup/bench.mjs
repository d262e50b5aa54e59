/** `npm run bench -- <name>`: set up what is missing, then bench/main.ts. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUp } from "./setup.mjs";

setUp();
await import(pathToFileURL(join(root, "dist", "bench", "main.js")).href);
