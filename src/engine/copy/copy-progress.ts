/** COPY streams whose session tells how far they are (pg_stat_progress_copy). */
import type { Oid } from "../../types/index.js";
import type { EngineSession } from "../session.js";
import { Amount, Word } from "../session-places.js";
import type { CopyInTarget, CopyOutSource } from "../types.js";

/** Words of Progress: what the stream's other end is. */
export const CopyEnd = { file: 1, client: 3 } as const;
const Direction = { from: 1, to: 2 } as const;
const COPY_DATA_HEADER_BYTES = 5;

/** What a stream knows of its rows. */
export interface CountedRows {
  /** Stored, or sent. */
  readonly rows: number;
  /** Left out by WHERE. */
  readonly excluded: number;
}

function begin(session: EngineSession, relation: Oid, direction: number, isFile: boolean, fileBytes: number): void {
  session.clock.progress.begin("copy", { relation, command: direction });
  session.clock.progress.phase(isFile ? CopyEnd.file : CopyEnd.client, fileBytes);
}

/** `fileBytes`: 0 when the client sends. */
export function watchedTarget(
  session: EngineSession,
  relation: Oid,
  target: CopyInTarget & CountedRows,
  fileBytes: number | undefined,
): CopyInTarget {
  const { progress } = session.clock;
  begin(session, relation, Direction.from, fileBytes !== undefined, fileBytes ?? 0);
  let bytes = 0;
  const tell = (): void => {
    progress.set(Amount.done, bytes);
    progress.set(Amount.more, target.rows);
    progress.setWord(Word.extra, target.excluded);
  };
  const ended = <T>(work: Promise<T>): Promise<T> => work.finally(() => progress.end());
  return {
    columnCount: target.columnCount,
    binary: target.binary,
    write(chunk) {
      bytes += chunk.length;
      const written = target.write(chunk);
      tell();
      return written;
    },
    look: () => target.look(),
    finish: () => ended(target.finish()),
    fail: (message) => ended(target.fail(message)),
  };
}

/** `framed`: chunks are CopyData messages, whose headers are no data. */
export function watchedSource(
  session: EngineSession,
  relation: Oid,
  source: CopyOutSource & Pick<CountedRows, "rows">,
  framed: boolean,
): CopyOutSource {
  const { progress } = session.clock;
  begin(session, relation, Direction.to, !framed, 0);
  let bytes = 0;
  return {
    columnCount: source.columnCount,
    binary: source.binary,
    tag: source.tag,
    async next() {
      const chunk = await source.next();
      bytes += chunk?.length ?? 0;
      progress.set(Amount.done, framed ? bytes - COPY_DATA_HEADER_BYTES * source.rows : bytes);
      progress.set(Amount.more, source.rows);
      if (chunk === null) progress.end();
      return chunk;
    },
  };
}
