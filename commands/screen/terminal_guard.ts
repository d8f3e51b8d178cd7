import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";

/**
 * Waits for the end of a pipe that only proctor can write to, and never does: it comes with proctor's death. What the
 * terminal would stop or end it for is ignored.
 */
const SCRIPT = `trap '' TTOU TTIN HUP INT QUIT TERM TSTP
read -r nothing <&3
printf '\\033[0m\\033[?7h\\033[?25h\\033[?1049l'
stty "$1" <&1`;

/** How the terminal on standard input is set, in stty's own words; undefined where it cannot be told. */
export function terminalSettings(): string | undefined {
  try {
    const { stdout, status } = spawnSync("stty", ["-g"], { stdio: ["inherit", "pipe", "ignore"] });
    return status === 0 && stdout.length > 0 ? stdout.toString().trim() : undefined;
  } catch {
    return undefined; // Deno, without the permission to start programs.
  }
}

/** Puts the terminal right should we be killed or crash: a small shell, which outlives us by a moment. */
export class TerminalGuard {
  readonly #child: ChildProcess;

  /** @param settings as {@link terminalSettings} gives them */
  constructor(settings: string) {
    this.#child = spawn("/bin/sh", ["-c", SCRIPT, "proctor-terminal-guard", settings], {
      stdio: ["ignore", "inherit", "ignore", "pipe"],
    });
    this.#child.on("error", () => {}); // Without a guard all the rest works.
    this.#child.unref();
    (this.#child.stdio[3] as { unref?: () => void } | null)?.unref?.();
  }

  /** The terminal is as it was: nothing is left to be done. At once, so that it cannot act after us. */
  dismiss(): void {
    this.#child.kill("SIGKILL");
  }
}
