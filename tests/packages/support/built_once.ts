import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { ROOT } from "../../support/fixture.ts";

/**
 * Packages of the program as it is, made by a script that takes --output: once for both runtimes, whose tests run side
 * by side. Those of a program that is not there any more are removed.
 *
 * @returns the paths of what was made
 */
export async function builtOnce(script: string): Promise<string[]> {
  const { mtimeMs, size } = statSync(join(ROOT, "dist/proctor"));
  const kept = join(ROOT, "dist", "packages");
  const prefix = `${script}-`;
  // The runtimes differ in the fractions of a time.
  const directory = join(kept, `${prefix}${size}-${Math.floor(mtimeMs / 1_000)}`);
  const inWork = `${directory}.new`;
  mkdirSync(kept, { recursive: true });
  for (const name of readdirSync(kept)) {
    const path = join(kept, name);
    if (name.startsWith(prefix) && path !== directory && path !== inWork) rmSync(path, { recursive: true });
  }
  if (!existsSync(directory) && isFirst(inWork)) {
    const { status, stderr } = spawnSync(join(ROOT, "scripts", script), ["--output", inWork], {
      encoding: "utf8",
    });
    if (status !== 0) {
      rmSync(inWork, { recursive: true });
      throw new Error(stderr);
    }
    renameSync(inWork, directory);
  }
  await eventually(
    () => existsSync(directory),
    300_000,
    () => `scripts/${script}, by the tests on the other runtime`,
  );
  return readdirSync(directory).sort().map((name) => join(directory, name));
}

/** Whoever makes the directory does the work. One that an hour old is, nobody works in. */
function isFirst(directory: string): boolean {
  const age = statSync(directory, { throwIfNoEntry: false })?.mtimeMs;
  if (age !== undefined && Date.now() - age > 3_600_000) rmSync(directory, { recursive: true });
  try {
    mkdirSync(directory);
    return true;
  } catch {
    return false;
  }
}
