/* Runs programs as a user who may nothing, when the tests themselves run as root. */
import { spawnSync } from "node:child_process";
import process from "node:process";

const NOBODY = 65_534;
const AS_NOBODY = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--"];

/** Why nothing can be run as another user; false when it can. */
export const cannotDrop: string | false = process.getuid?.() !== 0
  ? "the tests do not run as root"
  : spawnSync("setpriv", ["--version"]).status !== 0
  ? "setpriv (util-linux) is missing"
  : false;

/** The command that runs a command as that user. */
export function asNobody(command: readonly string[]): string[] {
  return [...AS_NOBODY, ...command];
}
