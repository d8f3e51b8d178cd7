/* A libSystem of our own, compiled from fake_libsystem.c, and what it tells. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLibrary } from "../../../../ffi/mod.ts";
import { LibSystem } from "../../../../platform/darwin/sys/libsystem.ts";
import { ROOT } from "../../../support/fixture.ts";

const SUPPORT = `${ROOT}/tests/platform/darwin/support`;

/** Why it cannot be compiled here; false where it can. */
export const noFake = spawnSync("gcc", ["--version"]).status !== 0 && "needs gcc (package gcc)";

/** Compile one of the C files beside this. */
export function compile(source: string, output: string, ...options: readonly string[]): void {
  const { status, stderr } = spawnSync(
    "gcc",
    [
      "-Wall",
      "-Wextra",
      "-Werror",
      "-Wno-builtin-declaration-mismatch",
      ...options,
      "-o",
      output,
      `${SUPPORT}/${source}`,
    ],
    { encoding: "utf8" },
  );
  assert.equal(status, 0, stderr);
}

/** Whether a process is there and not dead: whom the system's first process has not buried yet is. */
export function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** The library, and the directory it lies in. Each has a world of its own. */
export class FakeDarwin implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "proctor-darwin-"));
  readonly library = join(this.directory, "libSystem.so");
  readonly system: LibSystem;
  readonly #load: () => number;
  /** What IOKit has given and not got back. */
  readonly heldByIoKit: () => number;

  /** @param lines as the source has them */
  constructor(...lines: readonly string[]) {
    compile("fake_libsystem.c", this.library, "-shared", "-fPIC");
    this.system = new LibSystem(this.library);
    const own = openLibrary([this.library], {
      fake_load: { args: [], returns: "i32" },
      fake_held: { args: [], returns: "i32" },
    });
    this.#load = own.fake_load;
    this.heldByIoKit = own.fake_held;
    this.tell(...lines);
  }

  /** Have it tell this, and nothing else, from now on; real processes stay. */
  tell(...lines: readonly string[]): void {
    writeFileSync(`${this.library}.script`, lines.map((line) => `${line}\n`).join(""));
    this.#load();
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}
