import { execFileSync } from "node:child_process";

/** Make a FIFO, which nobody writes to; its path. */
export function makeFifo(path: string): string {
  execFileSync("mkfifo", [path]);
  return path;
}
