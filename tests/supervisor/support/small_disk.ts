import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of its own that is soon full. */
export class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "proctor-disk-"));

  constructor() {
    const { status, stderr } = mount(this.path);
    if (status !== 0) throw new Error(`no file system can be mounted at ${this.path}: ${stderr}`);
  }

  /** Why there is none here; false where there is. */
  static obstacle(): string | false {
    const path = mkdtempSync(join(tmpdir(), "proctor-disk-"));
    try {
      if (mount(path).status !== 0) return "needs the right to mount a tmpfs (run as root)";
      spawnSync("umount", [path]);
      return false;
    } finally {
      rmdirSync(path);
    }
  }

  /** Leave no room for a single page. */
  fill(): void {
    const ballast = openSync(join(this.path, "ballast"), "a");
    const piece = new Uint8Array(4_096);
    try {
      for (;;) writeSync(ballast, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      closeSync(ballast);
    }
  }

  /** Give the room back. */
  empty(): void {
    rmSync(join(this.path, "ballast"), { force: true });
  }

  [Symbol.dispose](): void {
    // Whoever is still inside is on its way out.
    spawnSync("umount", ["-l", this.path]);
    rmdirSync(this.path);
  }
}

function mount(path: string) {
  return spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=700", "proctor-test", path], {
    encoding: "utf8",
  });
}
