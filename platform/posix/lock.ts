import { nodeFs } from "../../io/builtins.ts";
import type { Lock } from "../contract/users.ts";
import { readOwnFile } from "./own_file.ts";

/** The number of a process is much less. */
const MOST_BYTES = 4_096;

/** What a holder has written, and what a loss of power may leave of it. */
const SIGNATURE = /^[\d\n\0]*$/;

/** Another process has a lock. */
export class LockTaken extends Error {
  override readonly name = "LockTaken";

  /** @param holder its PID, as the file says; undefined where it says nothing that can be believed */
  constructor(readonly holder: string | undefined) {
    super(`another process has it${holder === undefined ? "" : ` (PID ${holder})`}`);
  }
}

/**
 * Lock a file, made where it is missing, and write into it who has it.
 * @param lockFile locks a file as the platform does; null when another process has it
 * @throws LockTaken; an error that says that it is a hard link to something else; or the error of the system, with its
 *   `code`
 */
export function takeLock(path: string, lockFile: (path: string) => Lock | null): Lock {
  const lock = lockFile(path);
  if (lock === null) throw new LockTaken(holderIn(path));
  try {
    sign(lock, path);
  } catch (error) {
    // Who has it is only told: a full disk keeps nobody from holding it.
    if (!["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) {
      lock.release();
      throw error;
    }
  }
  return lock;
}

/**
 * In place: another file would be another lock. A file of ours that somebody has given this name, too, by a hard link,
 * stays as it is.
 */
function sign({ file }: Lock, path: string): void {
  const { readFileSync, statSync, writeFileSync } = nodeFs();
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return;
  if (found.nlink > 1 && (found.size > MOST_BYTES || !SIGNATURE.test(readFileSync(file, "latin1")))) {
    throw new Error(`${path} is a hard link to a file that is not a lock`);
  }
  writeFileSync(file, `${process.pid}\n`);
}

/** The PID of a living process that has a lock, as the file says; null where there is none. */
export function lockHolder(path: string): number | null {
  const pid = Number(holderIn(path));
  try {
    return pid > 0 && process.kill(pid, 0) ? pid : null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? pid : null;
  }
}

function holderIn(path: string): string | undefined {
  try {
    return readOwnFile(path, MOST_BYTES)?.trim() || undefined;
  } catch {
    return undefined;
  }
}
