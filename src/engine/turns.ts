/** Long work on a thread that has other sessions too: it gives them their turn from time to time. */
import type { Steps } from "../execution/index.js";

/** How long others wait at most for work whose steps are short. */
const TURN_MILLIS = 10;

/** undefined: all was done within the first turn. `check` comes before each further one and may throw. */
export function inTurns(steps: Steps<void>, check: () => void): Promise<void> | undefined {
  return isDoneInTurn(steps) ? undefined : othersFirst(steps, check);
}

async function othersFirst(steps: Steps<void>, check: () => void): Promise<void> {
  try {
    do {
      await new Promise((resolve) => setImmediate(resolve));
      check();
    } while (!isDoneInTurn(steps));
  } finally {
    steps.return();
  }
}

function isDoneInTurn(steps: Steps<void>): boolean {
  if (steps.next().done === true) return true;
  const end = performance.now() + TURN_MILLIS;
  do if (steps.next().done === true) return true;
  while (performance.now() < end);
  return false;
}
