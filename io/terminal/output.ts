import { nodeFs } from "../builtins.ts";
import { EXIT } from "../../core/error.ts";
import { printable } from "../../core/printable.ts";
import { reasonOf } from "../errno_words.ts";
import { isStandardTerminal } from "./is_terminal.ts";
import type { StandardStream } from "./is_terminal.ts";

/*
 * All that verbs print goes through here. What standard output does not take is told in one line and makes the exit
 * code another than 0; a reader that has closed the pipe (`| head`) is not a fault: then nothing is said, and the exit
 * code is that of a program which SIGPIPE has ended.
 */

const PAUSE = new Int32Array(new SharedArrayBuffer(4));
/** As a shell tells of a program that SIGPIPE (13) has ended. */
const READER_GONE = EXIT.signalBase + 13;

let lost: NodeJS.ErrnoException | undefined;
let isOpen: boolean | undefined;
let wasClosed = () => false;

/**
 * Where the runtime opens something in place of a closed standard output, this is how to tell; asked once, before the
 * first output.
 */
export function askIfClosed(question: () => boolean): void {
  wasClosed = question;
}

/** Write to standard output, whole; false when it does not take it any more, which {@link exitCodeOf} tells of. */
export function printOut(text: string | Uint8Array): boolean {
  if (lost) return false;
  const failure = writeOut(text);
  if (failure) outputLost(failure);
  return failure === undefined;
}

/** Write to standard output, whole; the error where it does not take it. */
export function writeOut(text: string | Uint8Array): NodeJS.ErrnoException | undefined {
  isOpen ??= !wasClosed();
  return isOpen ? writeWhole(1, text) : Object.assign(new Error("closed"), { code: "EBADF" });
}

/** Note that standard output, written to by other ways, takes nothing more; told once, unless its reader has gone. */
export function outputLost(error: NodeJS.ErrnoException): void {
  if (!lost && error.code !== "EPIPE") say(`standard output: cannot write: ${reasonOf(error)}`);
  lost ??= error;
}

/** Write to standard error, whole; false when its reader has gone. */
export function printError(text: string): boolean {
  return writeWhole(2, text) === undefined;
}

/**
 * What to exit with at the end: what a verb says, unless all is well but for its output.
 *
 * @param failed the code for output that could not be written
 */
export function exitCodeOf(code: number, failed: number): number {
  if (code !== 0 || !lost) return code;
  return lost.code === "EPIPE" ? READER_GONE : failed;
}

/** One line of proctor's own on standard error. */
export function say(line: string): void {
  printError(`proctor: ${printable(line)}\n`);
}

/** An error as lines of proctor's own: each of its faults in one. */
export function sayError({ lines }: { readonly lines: readonly string[] }): void {
  for (const line of lines) say(line);
}

/** What may be a terminal: a standard stream, by its descriptor, or any other. */
type OwnStream = StandardStream | { readonly isTTY?: boolean };

/** Whether a stream is a terminal. */
export function isTerminal(stream: OwnStream): boolean {
  return typeof stream === "number" ? isStandardTerminal(stream) : stream.isTTY === true;
}

/** Whether a stream is a terminal that knows escape sequences, by which text is placed and coloured. */
export function placesText(stream: OwnStream): boolean {
  return isTerminal(stream) && process.env.TERM !== "dumb";
}

/** Whether colours are welcome (https://no-color.org); on standard error, if nothing else is said. */
export function colorsWelcome(stream: OwnStream = 2): boolean {
  return placesText(stream) && !process.env.NO_COLOR;
}

/** Write to an open descriptor, whole; the error where it does not take it. */
export function writeWhole(descriptor: number, text: string | Uint8Array): NodeJS.ErrnoException | undefined {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let at = 0; at < bytes.length;) {
    try {
      at += nodeFs().writeSync(descriptor, bytes, at);
    } catch (error) {
      // Somebody may have made it non-blocking: then full is not failed.
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") Atomics.wait(PAUSE, 0, 0, 5);
      else return error as NodeJS.ErrnoException;
    }
  }
  return undefined;
}
