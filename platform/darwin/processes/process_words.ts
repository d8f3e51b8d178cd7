import { parseProcessWords } from "../layout/procargs.ts";
import type { ProcessWords } from "../layout/procargs.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { sysctl } from "../sys/sysctl.ts";

/** { CTL_KERN, KERN_PROCARGS2 } */
const KERN_PROCARGS2 = [1, 49];
/** kern.argmax: into less the kernel puts the end of it, without a word. */
const ROOM = 1_048_576;

/** Of a program that tells it: the words it was started with; null of other users' processes and zombies. */
export function processWords(system: LibSystem, pid: number): ProcessWords | null {
  const bytes = sysctl(system, [...KERN_PROCARGS2, pid], ROOM);
  return bytes && parseProcessWords(bytes);
}

/** The arguments as text; null where they are not told. */
export function argumentsOf(system: LibSystem, pid: number): string[] | null {
  return processWords(system, pid)?.args.map((word) => new TextDecoder().decode(word)) ?? null;
}

/** The environment, a `NAME=value` each; empty where it is not told, as of all programs of Apple's. */
export function environmentOf(system: LibSystem, pid: number): string[] {
  return processWords(system, pid)?.env.map((word) => new TextDecoder().decode(word)) ?? [];
}
