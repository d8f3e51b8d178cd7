import { readdirSync, readFileSync } from "node:fs";

/** All processes that have a command line (a zombie's is empty), its words apart by NUL. */
export function* commandLines(): Iterable<readonly [pid: number, line: string]> {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      yield [Number(name), readFileSync(`/proc/${name}/cmdline`, "latin1")];
    } catch { /* It has ended. */ }
  }
}

/** Kill a process that may have ended. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch { /* It has ended. */ }
}
