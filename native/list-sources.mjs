// Prints every .cc of the addon for binding.gyp, one a line: a new file needs no list to be edited.
import { readdirSync } from "node:fs";

for (const entry of readdirSync(".", { recursive: true, withFileTypes: true })) {
  const path = `${entry.parentPath ?? entry.path}/${entry.name}`.replace(/^\.\//, "");
  if (entry.isFile() && path.endsWith(".cc") && !/^(build|test|bench)/.test(path)) console.log(path);
}
