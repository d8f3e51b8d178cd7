import { nodeOs } from "../../io/builtins.ts";

/** The names of all signals but the real-time ones. */
export const signalNames = (): string[] => Object.keys(nodeOs().constants.signals);

/** signal(7), termios(3): what each is for. */
export const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
export const userSignals = ["SIGUSR1", "SIGUSR2"];
export const terminalSignals = ["SIGINT", "SIGQUIT"];

/** Call `arrived` with the name of each of these signals that comes; returns how to stop. */
export function onSignals(names: readonly string[], arrived: (name: string) => void): () => void {
  const handlers = names.map((name) => ({ name, handler: () => arrived(name) }));
  for (const { name, handler } of handlers) process.on(name, handler);
  return () => {
    for (const { name, handler } of handlers) process.off(name, handler);
  };
}
