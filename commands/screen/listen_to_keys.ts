import readline from "node:readline";
import type { Key } from "./key.ts";

/** An Esc that nothing follows for so long is a key of its own, not the beginning of an arrow's sequence. */
const ESCAPE_MS = 50;

/**
 * Hear every key of the terminal on standard input, which is in raw mode.
 *
 * @param hangup called when there will be no more
 * @returns what stops it
 */
export function listenToKeys(press: (key: Key) => void, hangup: () => void): () => void {
  const { stdin } = process;
  readline.emitKeypressEvents(stdin, { escapeCodeTimeout: ESCAPE_MS } as unknown as readline.Interface);
  const handler = (text: string | undefined, key: { name?: string; ctrl?: boolean } = {}) =>
    press({ name: key.name, ctrl: key.ctrl, text: text || undefined });
  stdin.on("keypress", handler);
  stdin.on("end", hangup);
  stdin.on("error", hangup);
  stdin.resume();
  return () => {
    stdin.off("keypress", handler);
    stdin.off("end", hangup);
    stdin.off("error", hangup);
    stdin.pause();
  };
}
