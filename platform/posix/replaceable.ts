import { nodeFs, nodePath } from "../../io/builtins.ts";

/** Who may write to a directory may change only what is his (inode(7)): /tmp. */
const STICKY = 0o1000;

/** Whether another file can be moved to its place, whatever its own rights: unlink(2), `EPERM`. */
export function isReplaceable(path: string, uid: number): boolean {
  const directory = nodePath().dirname(path);
  if (!isWritable(directory)) return false;
  const { mode, uid: owner } = nodeFs().statSync(directory);
  return (mode & STICKY) === 0 || [uid, owner].includes(process.geteuid?.() ?? uid);
}

/** Whether we may write to a file or a directory. */
export function isWritable(path: string): boolean {
  try {
    nodeFs().accessSync(path, nodeFs().constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
