import { nodeOs } from "../../io/builtins.ts";
import { onSignals as onPosixSignals } from "../posix/signals.ts";
import { kernel32 } from "./sys/libraries.ts";
import { scratchMemory } from "./sys/memory.ts";

/*
 * Windows has no signals. The runtimes bring what happens to a console as such: SIGINT is Ctrl-C, SIGBREAK is
 * Ctrl-Break, SIGHUP says that the console is closed, and that five seconds are left. Each reaches all programs of the
 * console.
 */

export const endingSignals = ["SIGINT", "SIGBREAK", "SIGHUP"];
export const userSignals: readonly string[] = [];
export const terminalSignals = endingSignals;

/** What the runtimes do not know here can be done nevertheless: suspending and resuming; numbers are those of Linux. */
const OURS = { SIGCONT: 18, SIGSTOP: 19 } as const;
const numbers = (): Readonly<Record<string, number>> => ({ ...nodeOs().constants.signals, ...OURS });

let isConsoleClosed = false;

/** The name of a signal by its number. */
export function signalName(number: number): string {
  const found = Object.entries(numbers()).find(([, one]) => one === number);
  return found?.[0] ?? `signal ${number}`;
}

/** The number of a signal; 0 when there is none of that name. */
export function signalNumber(name: string): number {
  return numbers()[name] ?? 0;
}

/** Call `arrived` with the name of each signal that comes; returns how to stop. */
export function onSignals(names: readonly string[], arrived: (name: string) => void): () => void {
  return onPosixSignals(names, (name) => {
    isConsoleClosed ||= name === "SIGHUP";
    arrived(name);
  });
}

/** Whether we are on a console that is not being closed. */
export function hasTerminal(): boolean {
  return !isConsoleClosed && kernel32().GetConsoleProcessList(scratchMemory().address, 1) > 0;
}
