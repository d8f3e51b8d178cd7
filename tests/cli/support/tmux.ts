/* Drives programs in a terminal of tmux's, as a person before it would, and looks at its screen. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { until } from "./traces.ts";

const TMUX = "/usr/bin/tmux";
const PATIENCE_MS = 60_000;

/** Why there is no tmux here; false when there is. */
export const noTmux: string | false = existsSync(TMUX) ? false : "the package tmux is missing";

/** A word as the shell takes it, whatever is in it. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A shell in a terminal of 80×24. */
export class Tmux {
  readonly directory = mkdtempSync(join(tmpdir(), "tmux-"));
  readonly #env: Record<string, string>;

  /** @param env over a small environment with a UTF-8 locale */
  constructor(env: Readonly<Record<string, string>> = {}) {
    const { PATH = "" } = process.env;
    // Empty, it is not set (no-color.org): Deno hands down ours with whatever is given.
    this.#env = { HOME: this.directory, PATH, LANG: "C.UTF-8", PS1: "$ ", NO_COLOR: "", ...env };
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "/bin/sh -i");
  }

  /** What stands on the screen, line by line, without blanks at the ends of lines. */
  get screen(): string[] {
    return this.#tmux("capture-pane", "-p").replace(/\n$/, "").split("\n");
  }

  /** The same with the escape sequences of its looks. */
  get styledScreen(): string {
    return this.#tmux("capture-pane", "-p", "-e");
  }

  /** A variable of tmux about the terminal, such as `alternate_on` or `cursor_flag`. */
  variable(name: string): string {
    return this.#tmux("display-message", "-p", `#{${name}}`).trim();
  }

  /** Press keys, by tmux's names for them, or what they type. */
  press(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  /** Type a line for the shell. */
  enter(line: string): void {
    this.#tmux("send-keys", "-l", line);
    this.press("Enter");
  }

  /** Wait until the screen is as wanted; the screen. */
  async shows(wanted: RegExp | ((screen: string[]) => boolean)): Promise<string[]> {
    const accepts = wanted instanceof RegExp ? (screen: string[]) => wanted.test(screen.join("\n")) : wanted;
    let screen: string[] = [];
    try {
      await until(() => accepts(screen = this.screen), String(wanted), PATIENCE_MS);
    } catch (error) {
      assert.fail(`${(error as Error).message}\nthe screen is:\n${screen.join("\n")}`);
    }
    return screen;
  }

  /** What the shell's command prints, without showing it. */
  async output(command: string): Promise<string> {
    const file = join(this.directory, `output-${this.#outputs++}`);
    this.enter(`{ ${command}; } > ${file}.new; mv ${file}.new ${file}`);
    await until(() => existsSync(file), command, PATIENCE_MS);
    return readFileSync(file, "utf8");
  }
  #outputs = 0;

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** End all that runs in it. */
  [Symbol.dispose](): void {
    this.#tmux("kill-server");
    rmSync(this.directory, { recursive: true, force: true });
  }

  #tmux(...args: string[]): string {
    return execFileSync(TMUX, ["-S", join(this.directory, "socket"), ...args], {
      env: this.#env,
      encoding: "utf8",
    });
  }
}
