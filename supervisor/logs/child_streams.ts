import { closeSync } from "node:fs";
import type { Stdio } from "../../group/start_options.ts";
import type { LogStream } from "./log_line.ts";
import { StreamTrouble } from "./write_trouble.ts";

/** The streams of `StartOptions` for one child. Disposing closes what only the child needs; it holds its own copies. */
export interface ChildStreams extends Disposable {
  readonly stdout: Stdio;
  readonly stderr: Stdio;
}

/**
 * Files for a child to write to.
 * @param open the descriptor for a stream; null where nothing is collected of it
 * @throws StreamTrouble where one cannot be opened
 */
export function childStreams(open: (stream: LogStream) => number | null): ChildStreams {
  const opened: number[] = [];
  const close = () => opened.splice(0).forEach((descriptor) => closeSync(descriptor));
  const stdio = (stream: LogStream) => {
    const descriptor = open(stream);
    if (descriptor === null) return "null";
    opened.push(descriptor);
    return descriptor;
  };
  try {
    return { stdout: stdio("stdout"), stderr: stdio("stderr"), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw new StreamTrouble(error as NodeJS.ErrnoException);
  }
}
