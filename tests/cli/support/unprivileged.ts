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

/** Wraps a command so that it runs as that user with these capabilities and no others, as setpriv(1) names them. */
export function lending(...capabilities: readonly string[]): (command: readonly string[]) => string[] {
  const list = capabilities.map((name) => `+${name}`).join(",");
  const [program, ...options] = AS_NOBODY.slice(0, -1);
  return (command) => [program, ...options, `--inh-caps=${list}`, `--ambient-caps=${list}`, "--", ...command];
}

/** Why capabilities cannot be lent; false when they can. */
export function cannotLend(...capabilities: readonly string[]): string | false {
  if (cannotDrop) return cannotDrop;
  const [program, ...words] = lending(...capabilities)(["true"]);
  return spawnSync(program, words).status !== 0 && `setpriv cannot lend ${capabilities.join(" and ")}`;
}
