import { readFileSync } from "node:fs";

/** Memory of a process that is in RAM, in bytes. */
export const residentBytes = (pid: number): number => statusBytes(pid, "VmRSS");
/** The most that it ever was. */
export const mostResidentBytes = (pid: number): number => statusBytes(pid, "VmHWM");

function statusBytes(pid: number, name: string): number {
  return 1024 * Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN);
}
