import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";

/**
 * Waits for the end of what it reads. A line first means that all is well; without one its writer has died, and cannot
 * put the terminal right any more: then it does so. What the terminal would stop it for is ignored.
 */
const SCRIPT = `trap '' TTOU TTIN HUP INT QUIT TERM TSTP
if read -r line <&3; then exit 0; fi
stty "$1" </dev/tty || stty "$1" <&1
printf '\\033[0m\\033[?7h\\033[?25h\\033[?1049l'`;

/** Puts the terminal right should we be killed: a small shell that outlives us by a moment. */
export class TerminalGuard {
  private constructor(readonly child: ChildProcess) {}

  /** Remember how the terminal is now; undefined where there is no stty. */
  static start(): TerminalGuard | undefined {
    const { stdout, status } = spawnSync("stty", ["-g"], { stdio: ["inherit", "pipe", "ignore"] });
    const settings = stdout?.toString().trim();
    if (status !== 0 || !settings) return undefined;
    const child = spawn("/bin/sh", ["-c", SCRIPT, "proctor-terminal-guard", settings], {
      stdio: ["inherit", "inherit", "ignore", "pipe"],
    });
    child.on("error", () => {}); // Without a guard the rest works all the same.
    child.unref();
    (child.stdio[3] as { unref?: () => void } | null)?.unref?.();
    return new TerminalGuard(child);
  }

  /** All is well: it goes without doing anything. */
  dismiss(): void {
    const pipe = this.child.stdio[3] as NodeJS.WritableStream | null;
    pipe?.write("done\n");
    pipe?.end();
  }
}
