/** COPY from and to files of the server's machine, for superusers and members of pg_read_server_files and pg_write_server_files: the file takes the place of the client's stream. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { PredefinedRole } from "../../catalog/index.js";
import { copyFileDenied, copyFileError, copyIsDirectory, copyRelativePath } from "../../types/index.js";
import { RowsPortal } from "../portals.js";
import type { EngineSession } from "../session.js";
import type { CopyInTarget, CopyOutSource, ExecuteResult } from "../types.js";

const CHUNK_BYTES = 1 << 16;

export function requireFileRights(session: EngineSession, direction: "from" | "to"): void {
  if (!session.hasPrivilegesOf(direction === "from" ? PredefinedRole.readServerFiles : PredefinedRole.writeServerFiles))
    throw copyFileDenied(direction);
}
async function opened(path: string, direction: "from" | "to"): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, direction === "from" ? "r" : "w", 0o644);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "EISDIR") throw copyIsDirectory(path);
    throw copyFileError(path, direction, code);
  }
  if (direction === "from" && (await stat(path)).isDirectory()) {
    await handle.close();
    throw copyIsDirectory(path);
  }
  return handle;
}

/** `start` is called once the file, of so many bytes, is open: it begins the statement's own work. */
export async function copyFromFile(
  session: EngineSession,
  path: string,
  start: (bytes: number) => Promise<CopyInTarget>,
): Promise<ExecuteResult> {
  requireFileRights(session, "from");
  const file = await opened(path, "from");
  try {
    const target = await start((await file.stat()).size);
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) break;
      await target.write(buffer.subarray(0, bytesRead));
    }
    const { tag, flushLsn } = await target.finish();
    return { kind: "portal", portal: new RowsPortal([], [], tag, flushLsn) };
  } finally {
    await file.close();
  }
}

export async function copyToFile(session: EngineSession, path: string, start: () => CopyOutSource): Promise<ExecuteResult> {
  requireFileRights(session, "to");
  if (!isAbsolute(path)) throw copyRelativePath();
  const file = await opened(path, "to");
  try {
    const source = start();
    for (let chunk = await source.next(); chunk !== null; chunk = await source.next()) await file.write(chunk);
    return { kind: "portal", portal: new RowsPortal([], [], source.tag(), 0) };
  } finally {
    await file.close();
  }
}
