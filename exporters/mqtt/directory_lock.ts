import { readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { usageError } from "../../core/error.ts";

const NAME = "owner";

/** Keeps a directory to one process. What a killed process has left is taken over. */
export class DirectoryLock {
  private constructor(readonly path: string) {}

  /** @throws ProctorError of kind `usage` while another one has it */
  static take(directory: string, where: string): DirectoryLock {
    const path = join(directory, NAME);
    for (;;) {
      try {
        writeFileSync(path, identityOf(process.pid), { flag: "wx", mode: 0o600 });
        return new DirectoryLock(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const owner = contentOf(path);
      if (owner === undefined) continue;
      const pid = Number.parseInt(owner);
      if (isAlive(pid) && identityOf(pid) === owner) {
        throw usageError(`${where}: ${directory} is in use by process ${pid}; give each its own`);
      }
      takeAway(path, owner);
    }
  }

  /** Let others have it. */
  release(): void {
    try {
      unlinkSync(this.path);
    } catch {
      // Somebody has cleaned up.
    }
  }
}

/** Only what we have looked at: somebody else may have been faster, and be the owner now. */
function takeAway(path: string, owner: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (contentOf(aside) === owner) unlinkSync(aside);
  else renameSync(aside, path);
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** A process ID may be given to another process; with the start time (proc_pid_stat(5), field 22) it is only this one. */
function identityOf(pid: number): string {
  const stat = contentOf(`/proc/${pid}/stat`) ?? "";
  return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}\n`;
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
