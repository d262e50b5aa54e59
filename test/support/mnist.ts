/** MNIST images as vectors, and the larger set made of them: each image shifted by whole pixels from a fixed seed. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { dataFolder } from "./processes.js";

export const DIMENSIONS = 784;
const SIDE = 28;
const imageFile = join(dataFolder, "mnist-t10k-images-idx3-ubyte.gz");
const labelFile = join(dataFolder, "mnist-t10k-labels-idx1-ubyte.gz");
export const hasMnist = existsSync(imageFile);

/** 10,000 images, one byte a pixel. */
export function mnistImages(): Uint8Array[] {
  const bytes = gunzipSync(readFileSync(imageFile));
  return Array.from({ length: bytes.readUInt32BE(4) }, (_, i) => bytes.subarray(16 + DIMENSIONS * i, 16 + DIMENSIONS * (i + 1)));
}
export function mnistLabels(): Uint8Array {
  return gunzipSync(readFileSync(labelFile)).subarray(8);
}

/** `count` vectors: the images, then copies shifted by -3…3 pixels in x and y. */
export function shiftedMnist(count: number, seed = 1): Float32Array[] {
  const images = mnistImages();
  const random = mulberry32(seed);
  return Array.from({ length: count }, (_, i) => {
    const image = images[i % images.length] as Uint8Array;
    if (i < images.length) return Float32Array.from(image);
    const dx = Math.floor(random() * 7) - 3;
    const dy = Math.floor(random() * 7) - 3;
    const out = new Float32Array(DIMENSIONS);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const fromX = x - dx;
        const fromY = y - dy;
        if (fromX >= 0 && fromX < SIDE && fromY >= 0 && fromY < SIDE) out[y * SIDE + x] = image[fromY * SIDE + fromX] as number;
      }
    }
    return out;
  });
}

/** Small seeded generator (mulberry32), so that runs are the same. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const vectorText = (vector: ArrayLike<number>) => `[${Array.from(vector).join(",")}]`;
