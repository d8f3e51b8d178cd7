import type { Platform } from "../platform/mod.ts";

/** What stands before the verb on our own command line; the runtime and its options are part of it. */
export function ownProgram(platform: Pick<Platform, "ownArguments">): string[] {
  const words = platform.ownArguments().map((word) => new TextDecoder().decode(word));
  return [process.execPath, ...words.slice(1, words.length - process.argv.slice(2).length)];
}
