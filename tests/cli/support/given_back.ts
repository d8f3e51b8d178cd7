/* Whether a program with a full screen gives the terminal back, whatever happens to it. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Tmux } from "./tmux.ts";
import { stateOf, until } from "./traces.ts";

/** Ways to be ended, and the exit code that the shell tells then. */
export const ENDINGS: readonly (readonly [how: string, signal: NodeJS.Signals, status: number])[] = [
  ["SIGTERM", "SIGTERM", 143],
  ["SIGINT", "SIGINT", 130],
  ["SIGHUP", "SIGHUP", 129],
  ["SIGKILL", "SIGKILL", 137],
  ["a crash", "SIGSEGV", 139],
  ["a signal that nobody expects", "SIGUSR2", 140],
];

/** The shells that guard a terminal. */
function guardsOf(terminal: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const isGuard = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("proctor-terminal-guard");
      return isGuard && readlinkSync(`/proc/${pid}/fd/1`) === terminal;
    } catch {
      return false;
    }
  });
}

/** A program with a full screen, as the shell starts it, and how its screen is known. */
export interface Shown {
  readonly command: string;
  readonly isShown: RegExp;
}

/** The program that the shell has started last. */
export function startedBy(tmux: Tmux): number {
  const shell = Number(tmux.variable("pane_pid"));
  return Number(readFileSync(`/proc/${shell}/task/${shell}/children`, "utf8").trim().split(" ").at(-1));
}

/**
 * What was set of the terminal; then something happens to the program; then all of it must be as before. Its exit code
 * is in the file `status` of tmux's directory.
 */
export async function asBefore(
  tmux: Tmux,
  { command, isShown }: Shown,
  happen: (pid: number) => Promise<void> | void,
): Promise<void> {
  const look = async () => ({
    settings: await tmux.output("stty -g"),
    alternate: tmux.variable("alternate_on"),
    cursor: tmux.variable("cursor_flag"),
    wrap: tmux.variable("wrap_flag"),
  });
  const before = await look();
  tmux.enter("clear; echo before");
  await tmux.shows((lines) => lines.includes("before"));
  tmux.enter(`${command}; echo $? > ${tmux.directory}/status`);
  await tmux.shows(isShown);
  assert.notEqual(tmux.variable("alternate_on"), before.alternate);
  const pid = startedBy(tmux);
  await happen(pid);
  await until(() => stateOf(pid) === undefined, "it is gone");
  await tmux.shows((lines) => lines.includes("before") && !isShown.test(lines.at(-1) ?? ""));
  assert.deepEqual(await look(), before);
  await until(() => guardsOf(tmux.variable("pane_tty")).length === 0, "its guard is gone");
}
