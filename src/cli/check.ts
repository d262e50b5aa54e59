/** `orrery check`: reads control file, checkpoint and log of a folder and says what it found. Exit code 1 when something is wrong. */
import { native } from "../native/index.js";

export async function check(folder: string): Promise<void> {
  const result = native.engine.verify(folder);
  for (const problem of result.problems) console.log(`problem: ${problem}`);
  console.log(
    result.ok
      ? `${folder}: sound; ${result.records} log records after the checkpoint, log ends at ${result.lastLsn}`
      : `${folder}: damaged`,
  );
  if (!result.ok) process.exitCode = 1;
}
