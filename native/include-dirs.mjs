// Prints the folder of a header-only dependency (`node-addon-api`), found from the nearest node_modules.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

const name = process.argv[2];
let folder = process.cwd();
while (!existsSync(join(folder, "node_modules", name)) && folder !== dirname(folder)) folder = dirname(folder);
console.log(join(folder, "node_modules", name));
