import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../../support/fixture.ts";

const PYTHON = "/usr/bin/python3";
const PROGRAM = `${ROOT}/tests/supervisor/support/failing_disk.py`;

/** A file system of its own, by FUSE, that fails (EIO) when it is told to, and works again when it is told that. */
export class FailingDisk implements AsyncDisposable {
  readonly path: string;
  readonly #faults: string;
  readonly #ended: Promise<unknown>;

  private constructor(readonly directory: string, readonly server: ChildProcess) {
    this.path = join(directory, "disk");
    this.#faults = join(directory, "faults");
    this.#ended = new Promise((resolve) => server.once("exit", resolve));
  }

  /** Mount one. */
  static async open(): Promise<FailingDisk> {
    const directory = mkdtempSync(join(tmpdir(), "proctor-eio-"));
    const places = ["backing", "disk", "faults"].map((name) => join(directory, name));
    for (const path of places.slice(0, 2)) mkdirSync(path, { mode: 0o700 });
    const server = spawn(PYTHON, [PROGRAM, ...places], { stdio: ["pipe", "pipe", "inherit"] });
    const disk = new FailingDisk(directory, server);
    const ready = new Promise((resolve) => server.stdout!.once("data", resolve));
    if (await Promise.race([ready, disk.#ended.then(() => null)])) return disk;
    rmSync(directory, { recursive: true });
    throw new Error("no file system can be mounted by FUSE");
  }

  /** Why there is none here; false where there is. */
  static obstacle(): string | false {
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      return "needs to mount by FUSE (run as root)";
    }
    const opens = 'import ctypes, os; os.open("/dev/fuse", os.O_RDWR)';
    return spawnSync(PYTHON, ["-c", opens]).status === 0 ? false : `needs /dev/fuse and ${PYTHON}`;
  }

  /**
   * From now on whatever writes fails, of the paths that match.
   * @param reads whether what reads fails, too
   */
  fail(pattern: string, reads = false): void {
    writeFileSync(this.#faults, `write${reads ? " read" : ""}\n${pattern}\n`);
  }

  /** Nothing fails any more. */
  heal(): void {
    rmSync(this.#faults, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its own end unmounts it; whoever is still inside is on its way out.
    this.server.stdin!.end();
    await this.#ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}
