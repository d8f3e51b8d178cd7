import { usageError } from "../core/error.ts";
import { MARKER } from "../core/schema/marker.ts";
import { isPrivateVariable } from "../core/private_variables.ts";
import { checkOptions, checkValue, listOf, OBJECT, rule, TEXT, whole } from "../core/option.ts";
import type { Rules } from "../core/option.ts";
import type { LaunchSpec, Platform } from "../platform/mod.ts";

/** A command as a caller gives it. */
export interface CommandOptions {
  /** The program and its arguments; bytes where text would lose something. */
  readonly command: readonly (string | Uint8Array)[];
  /** Working directory; ours when undefined. */
  readonly cwd?: string;
  /** Variables to add to our own environment, which is passed on without proctor's own secrets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of variables of our own environment that are not passed on. */
  readonly withoutEnv?: readonly string[];
  /** Which of our descriptors the command gets as its 0, 1 and 2. */
  readonly stdio?: readonly [number, number, number];
  /** Descriptors above 2 to pass on besides. */
  readonly inherited?: readonly number[];
}

/** A descriptor of ours. */
export const DESCRIPTOR = whole(0, 2 ** 31 - 1);

/** What each of {@link CommandOptions} has to be. */
export const COMMAND_RULES: Rules<CommandOptions> = {
  command: rule(
    'a list of words, such as ["make", "-j4"]',
    (value) => Array.isArray(value) && [...value].every(isWord),
  ),
  cwd: TEXT,
  env: OBJECT,
  withoutEnv: listOf("a list of names of variables", TEXT),
  stdio: rule(
    "a list of three descriptors",
    (value) =>
      Array.isArray(value) && value.length === 3 && [...value].every((one) => DESCRIPTOR(one) === null),
  ),
  inherited: listOf("a list of descriptors", DESCRIPTOR),
};

function isWord(value: unknown): boolean {
  return typeof value === "string" || value instanceof Uint8Array;
}

/**
 * Refuse what cannot be handed to a program: words with a zero byte would be cut off there.
 * @throws ProctorError of kind `usage`
 */
export function checkWords(options: CommandOptions): void {
  const { command, env, cwd } = options;
  checkValue("command", command, COMMAND_RULES.command);
  checkOptions(options, COMMAND_RULES);
  if (command.length === 0) throw usageError("command: there is none");
  for (const [name, value] of Object.entries(env ?? {})) {
    // One that is undefined would be inherited by some and left out by others.
    checkValue(`env: ${name}`, value, TEXT);
  }
  const hasZero = (word: string | Uint8Array) =>
    typeof word === "string" ? word.includes("\0") : word.includes(0);
  if (command.some(hasZero)) throw usageError("command: an argument holds a zero byte, which none can");
  if (cwd !== undefined && hasZero(cwd)) throw usageError("cwd: it holds a zero byte, which no path can");
  const bad = Object.entries(env ?? {}).find(([name, value]) =>
    name === "" || /[=\0]/.test(name) || hasZero(value)
  );
  if (bad) {
    throw usageError(`env: "${bad[0]}" is not a variable: no name may hold "=", neither part a zero byte`);
  }
}

/**
 * Everything execve wants, from what a caller gave; `marker` (`NAME=value`) is the one variable of ours.
 *
 * The environment is the one this process was given, byte by byte, not what the runtime made of it; what proctor alone
 * has to know is not in it.
 * @throws ProctorError when there is no such command, or it cannot be executed
 */
export function launchSpec(platform: Platform, options: CommandOptions, marker: string): LaunchSpec {
  checkWords(options);
  const { cwd, inherited, stdio = [0, 1, 2] } = options;
  const args = options.command.map((word) =>
    typeof word === "string" ? Buffer.from(word) : Buffer.from(word)
  );
  const own = platform.ownEnvironment();
  const env = mergeEnvironment(own, { ...options.env }, [...options.withoutEnv ?? [], MARKER], marker);
  const file = platform.resolveCommand(args[0], env, cwd);
  return { file, args, env, cwd, inherited, stdio };
}

function mergeEnvironment(
  own: Uint8Array[],
  added: Record<string, string>,
  without: readonly string[],
  marker: string,
): Buffer[] {
  const replaced = new Set([...Object.keys(added), ...without]);
  const isKept = (name: string) => !replaced.has(name) && !isPrivateVariable(name);
  const kept = own.map((entry) => Buffer.from(entry)).filter((entry) => isKept(nameOf(entry)));
  const fresh = Object.entries(added).map(([name, value]) => Buffer.from(`${name}=${value}`));
  return [...kept, ...fresh, Buffer.from(marker)];
}

function nameOf(entry: Buffer): string {
  const end = entry.indexOf("=");
  return (end < 0 ? entry : entry.subarray(0, end)).toString();
}
