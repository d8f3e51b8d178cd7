/* A libnvidia-ml.so.1 of our own, compiled from tests/fixtures/fake_nvml.c. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "./fixture.ts";

/** Why it cannot be compiled here; false where it can. */
export const noFakeNvml = spawnSync("gcc", ["--version"]).status !== 0 && "needs gcc (package gcc)";

/** Why processes are not told by their numbers alone here; false where they are. */
export const inPidNamespace = readlinkSync("/proc/self/ns/pid") !== "pid:[4026531836]" &&
  "needs the machine's first PID namespace: elsewhere NVML's numbers are not believed";

/** A directory with the library, and the file that says what it tells. */
export class FakeNvml implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "proctor-nvml-"));
  readonly file = join(this.directory, "devices");

  /**
   * @param lines as the source has them
   * @param defines such as `OLD_ENTRIES`
   */
  constructor(lines: readonly string[], ...defines: readonly string[]) {
    this.tell(...lines);
    const { status, stderr } = spawnSync("gcc", [
      "-shared",
      "-fPIC",
      "-Wall",
      "-Werror",
      ...defines.map((name) => `-D${name}`),
      "-o",
      join(this.directory, "libnvidia-ml.so.1"),
      `${ROOT}/tests/fixtures/fake_nvml.c`,
    ], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  }

  /** The environment in which programs find it. */
  get env(): Record<string, string> {
    return {
      ...process.env as Record<string, string>,
      LD_LIBRARY_PATH: this.directory,
      FAKE_NVML: this.file,
    };
  }

  /** Have it tell this from now on. */
  tell(...lines: readonly string[]): void {
    writeFileSync(this.file, lines.map((line) => `${line}\n`).join(""));
  }

  /** Have it tell this besides. */
  add(...lines: readonly string[]): void {
    appendFileSync(this.file, lines.map((line) => `${line}\n`).join(""));
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}
