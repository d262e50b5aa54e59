/**
 * Memory for encoded rows on their way to a socket that keeps what it is given until it is sent (node:net, TLS). Fresh memory for each
 * portion would lie outside of V8's heap, and so much of it in so short a time makes V8 collect its whole heap again and again.
 */

/** Room for the portions of two results. */
const KEPT_COUNT = 8;
/** Portions are 256 KiB but for rows that are larger. */
const KEPT_BYTES = 512 * 1024;

const free: Buffer[] = [];

/** A copy; `giveBack` makes its memory free for others. */
export function copyRows(bytes: Uint8Array): { readonly copy: Uint8Array; readonly giveBack: () => void } {
  const isKept = bytes.length <= KEPT_BYTES;
  const memory = (isKept && free.pop()) || Buffer.allocUnsafeSlow(isKept ? KEPT_BYTES : bytes.length);
  memory.set(bytes);
  let isOut = true;
  const giveBack = () => {
    if (isOut && isKept && free.length < KEPT_COUNT) free.push(memory);
    isOut = false;
  };
  return { copy: memory.subarray(0, bytes.length), giveBack };
}
