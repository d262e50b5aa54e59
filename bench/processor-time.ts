/** Processor time as Linux counts it, in hundredths of a second. */
import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

/** Seconds that a process used, in user mode and in the kernel. */
export const processorSeconds = (pid: number): number => (field(pid, 14) + field(pid, 15)) / TICKS_PER_SECOND;

/** Seconds that this process's children used, of those that have ended. */
export const endedChildrenSeconds = (): number => (field("self", 16) + field("self", 17)) / TICKS_PER_SECOND;

/** Seconds in which the hypervisor did not let this machine run; 0 where the system does not tell. */
export function stolenSeconds(): number {
  try {
    return Number(readFileSync("/proc/stat", "latin1").split(/\s+/)[8]) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** A field of proc(5)'s stat, counted from 1. What stands before the third is a name in parentheses that may hold anything. */
function field(pid: number | "self", number: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[number - 3]);
}
