import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runScript } from "./runtimes.ts";
import { median } from "./statistics.ts";
import type { Beside, Yardstick } from "./yardstick.ts";

/** A compiled program that does nothing, from its spawn until it is waited for. */
const EMPTY_PROGRAM: Yardstick = {
  name: "empty program",
  about: "a program of this runtime that does nothing, compiled, from its start until it is over (median)",
  unit: "ms",
  known: 3,
};

/** An empty program that is started in turn with what is measured. */
export class StartYardstick {
  readonly #program: string;
  readonly #ms: number[] = [];

  private constructor(program: string) {
    this.#program = program;
  }

  /** Compile it into a directory. */
  static compile(directory: string): StartYardstick {
    const [source, program] = [join(directory, "empty.js"), join(directory, "empty_program")];
    writeFileSync(source, "");
    const [bun] = runScript("Bun", "");
    execFileSync(bun, ["build", "--compile", "--outfile", program, source], { stdio: "ignore" });
    return new StartYardstick(program);
  }

  /** Start it once more, and wait for its end. */
  start(): void {
    const before = performance.now();
    const { status } = spawnSync(this.#program, { stdio: "ignore" });
    const ms = performance.now() - before;
    if (status !== 0) throw new Error(`the empty program ended with ${status}`);
    this.#ms.push(ms);
  }

  /** The median of all starts so far but the first five, by which its file is in memory. */
  read(): Beside {
    return { yardstick: EMPTY_PROGRAM, measured: median(this.#ms.slice(5)) };
  }
}
