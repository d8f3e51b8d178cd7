import { LIBC, openLibrary } from "../../ffi/mod.ts";

/** A standard stream of ours, by its descriptor. */
export type StandardStream = 0 | 1 | 2;

let ask: ((descriptor: number) => boolean) | undefined;

/**
 * Whether a standard stream is a terminal: isatty(3), which asks the kernel by TCGETS. To make `process.stderr` for its
 * `isTTY`, or to load node:tty, takes Bun 3 to 8 ms.
 */
export function isStandardTerminal(stream: StandardStream): boolean {
  ask ??= cIsatty() ?? process.getBuiltinModule("node:tty").isatty;
  return ask(stream);
}

/** The C function; undefined where no C library of these names can be called. */
function cIsatty(): ((descriptor: number) => boolean) | undefined {
  try {
    const { isatty } = openLibrary(LIBC, { isatty: { args: ["i32"], returns: "i32" } });
    return (descriptor) => isatty(descriptor) === 1;
  } catch {
    return undefined;
  }
}
