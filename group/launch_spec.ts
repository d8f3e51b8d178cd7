import { usageError } from "../core/error.ts";
import { MARKER } from "../core/marker.ts";
import type { LaunchSpec, Platform } from "../platform/mod.ts";
import { resolveCommand } from "./resolve_command.ts";

/** A command as a caller gives it. */
export interface CommandOptions {
  /** The program and its arguments; bytes where text would lose something. */
  readonly command: readonly (string | Uint8Array)[];
  /** Working directory; ours when undefined. */
  readonly cwd?: string;
  /** Variables to set beside those of our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Which of our descriptors the command gets as its 0, 1 and 2. */
  readonly stdio?: readonly [number, number, number];
  /** Descriptors above 2 to pass on besides. */
  readonly inherited?: readonly number[];
}

/**
 * Refuse what cannot be handed to a program: words with a zero byte would be cut off there.
 * @throws ProctorError of kind `usage`
 */
export function checkWords({ command, env, cwd }: CommandOptions): void {
  const hasZero = (word: string | Uint8Array) =>
    typeof word === "string" ? word.includes("\0") : word.includes(0);
  if (command.some(hasZero)) throw usageError("command: an argument holds a zero byte, which none can");
  if (cwd !== undefined && hasZero(cwd)) throw usageError("cwd: it holds a zero byte, which no path can");
  const bad = Object.entries(env ?? {}).find(([name, value]) =>
    name === "" || /[=\0]/.test(name) || hasZero(value)
  );
  if (bad) {
    throw usageError(`env: "${bad[0]}" is no variable: no name may hold "=", neither part a zero byte`);
  }
}

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * Everything execve wants, from what a caller gave; `marker` (`NAME=value`) is the one variable of ours.
 *
 * The environment is the one this process was given, byte by byte, not what the runtime made of it.
 * @throws ProctorError when there is no such command, or it cannot be executed
 */
export function launchSpec(platform: Platform, options: CommandOptions, marker: string): LaunchSpec {
  checkWords(options);
  const { cwd, inherited, stdio = [0, 1, 2] } = options;
  const args = options.command.map((word) =>
    typeof word === "string" ? Buffer.from(word) : Buffer.from(word)
  );
  if (args.length === 0) throw usageError("command: there is none");
  const env = mergeEnvironment(platform.ownEnvironment(), { ...options.env }, marker);
  const path = env.find((entry) => nameOf(entry) === "PATH")?.subarray("PATH=".length);
  const file = resolveCommand(platform, args[0], path ?? Buffer.from(DEFAULT_PATH), cwd);
  return { file, args, env, cwd, inherited, stdio };
}

function mergeEnvironment(own: Uint8Array[], added: Record<string, string>, marker: string): Buffer[] {
  const replaced = new Set([...Object.keys(added), MARKER]);
  const kept = own.map((entry) => Buffer.from(entry)).filter((entry) => !replaced.has(nameOf(entry)));
  const fresh = Object.entries(added).map(([name, value]) => Buffer.from(`${name}=${value}`));
  return [...kept, ...fresh, Buffer.from(marker)];
}

function nameOf(entry: Buffer): string {
  const end = entry.indexOf("=");
  return (end < 0 ? entry : entry.subarray(0, end)).toString();
}
