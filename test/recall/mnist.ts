/** The 10,000 MNIST test images as 784-dimensional vectors, from the data folder beside the repository. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

export interface Mnist {
  readonly count: number;
  readonly dimensions: number;
  readonly labels: Uint8Array;
  vector(i: number): Float32Array;
}

/** undefined where the data is not installed: its tests are then skipped, and say so. */
export function loadMnist(): Mnist | undefined {
  const folder = findData();
  if (folder === undefined) return undefined;
  const images = gunzipSync(readFileSync(join(folder, "mnist-t10k-images-idx3-ubyte.gz"))).subarray(16);
  const labels = Uint8Array.from(gunzipSync(readFileSync(join(folder, "mnist-t10k-labels-idx1-ubyte.gz"))).subarray(8));
  const dimensions = 784;
  return {
    count: labels.length,
    dimensions,
    labels,
    vector: (i) => Float32Array.from(images.subarray(i * dimensions, (i + 1) * dimensions)),
  };
}

function findData(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, "shared", "data");
    if (existsSync(join(candidate, "mnist-t10k-images-idx3-ubyte.gz"))) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}
