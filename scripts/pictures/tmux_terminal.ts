import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 60_000;

/** A shell in a terminal of tmux's, whose screen is taken with its colours. */
export class TmuxTerminal {
  readonly #directory = mkdtempSync(join(tmpdir(), "pictures-"));

  constructor(readonly columns: number, readonly rows: number, cwd: string) {
    const size = ["-x", String(columns), "-y", String(rows)];
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-c", cwd, ...size, "/bin/sh -i");
    this.#tmux("set-option", "-g", "status", "off");
    this.#tmux("resize-window", ...size);
  }

  /** The screen with its SGR sequences. */
  get screen(): string {
    return this.#tmux("capture-pane", "-p", "-e", "-N").replace(/\n$/, "");
  }

  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  enter(line: string): void {
    this.#tmux("send-keys", "-l", line);
    this.press("Enter");
  }

  /** Wait until the screen shows something. */
  async shows(wanted: RegExp): Promise<void> {
    await this.#until(() => wanted.test(this.#tmux("capture-pane", "-p")), `${wanted} is not on the screen`);
  }

  /** Wait until what was run has ended. */
  async shellIsBack(): Promise<void> {
    const running = () => this.#tmux("display-message", "-p", "#{pane_current_command}").trim();
    await this.#until(() => running() === "sh", "it does not end");
  }

  async #until(holds: () => boolean, complaint: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`${complaint}:\n${this.screen}`);
      await sleep(50);
    }
  }

  [Symbol.dispose](): void {
    this.#tmux("kill-server");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #tmux(...args: readonly string[]): string {
    const env = { ...process.env, LANG: "C.UTF-8", PS1: "$ ", NO_COLOR: "", TERM: "xterm-256color" };
    return execFileSync("tmux", ["-S", join(this.#directory, "socket"), ...args], { env, encoding: "utf8" });
  }
}
