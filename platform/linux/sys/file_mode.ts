import { fileKind, openFileKind, S_IFDIR, S_IFIFO, S_IFREG, S_IFSOCK } from "./statx.ts";

/** Whether a path leads to a directory. */
export function isDirectory(path: string): boolean {
  return fileKind(path) === S_IFDIR;
}

/** What an open descriptor leads to, as far as it matters for writing. */
export function descriptorKind(descriptor: number): "file" | "pipe" | "socket" | "other" {
  const kind = openFileKind(descriptor);
  if (kind === S_IFREG) return "file";
  return kind === S_IFIFO ? "pipe" : kind === S_IFSOCK ? "socket" : "other";
}
