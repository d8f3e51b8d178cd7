import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

function mounted(size: string): string {
  const directory = mkdtempSync(join(tmpdir(), "proctor-tmpfs-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "proctor-test", directory], {
      stdio: "pipe",
    });
  } catch (error) {
    rmdirSync(directory);
    throw error;
  }
  return directory;
}

function unmount(directory: string): void {
  spawnSync("umount", ["-l", directory]);
  rmdirSync(directory);
}

function obstacle(): string | false {
  try {
    unmount(mounted("64k"));
    return false;
  } catch {
    return "needs to mount a tmpfs (run as root)";
  }
}

/** Why no small disk can be had here; false where it can. */
export const noTmpfs: string | false = obstacle();

/** Use a disk of this size (`64k`), which is gone afterwards. */
export async function withTmpfs(size: string, use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mounted(size);
  try {
    await use(directory);
  } finally {
    unmount(directory);
  }
}
