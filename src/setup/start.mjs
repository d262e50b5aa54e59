/** `npm start [-- flags]`: set up what is missing, then `orrery serve` in this very process. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUp } from "./setup.mjs";

setUp();
process.argv.splice(2, 0, "serve");
await import(pathToFileURL(join(root, "dist", "src", "cli", "main.js")).href);
