import { writeSync } from "node:fs";
import { printable } from "../core/text.ts";

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/** Write to standard output, whole; false when its reader has gone. */
export function printOut(text: string | Uint8Array): boolean {
  return writeWhole(1, text);
}

/** Write to standard error, whole; false when its reader has gone. */
export function printError(text: string): boolean {
  return writeWhole(2, text);
}

/** One line of proctor's own on standard error. */
export function say(line: string): void {
  printError(`proctor: ${printable(line)}\n`);
}

/** An error as lines of proctor's own: each of its faults in one. */
export function sayError({ lines }: { readonly lines: readonly string[] }): void {
  for (const line of lines) say(line);
}

/** Whether colours are welcome (https://no-color.org); on standard error, if nothing else is said. */
export function colorsWelcome(stream: { readonly isTTY?: boolean } = process.stderr): boolean {
  const { NO_COLOR, TERM } = process.env;
  return stream.isTTY === true && !NO_COLOR && TERM !== "dumb";
}

function writeWhole(descriptor: number, text: string | Uint8Array): boolean {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      // Somebody may have made it non-blocking: then full is not failed.
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") Atomics.wait(PAUSE, 0, 0, 5);
      else return false;
    }
  }
  return true;
}
