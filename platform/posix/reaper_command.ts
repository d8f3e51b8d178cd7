import { nodeFs } from "../../io/builtins.ts";

/** What makes the program we are in a reaper, where it can be one. */
let ownReaper: readonly string[] | undefined;

/** The program we are in does what a reaper does when it is given these arguments and a mark. */
export function useReaper(args: readonly string[]): void {
  ownReaper = args;
}

/**
 * The command line of a source file that is a reaper, under this runtime; inside a bundle, which does not hold it, that
 * of the bundle. undefined where there is neither.
 */
export function reaperCommand(file: URL, marker: string): string[] | undefined {
  const path = file.protocol === "file:" ? decodeURIComponent(file.pathname) : "";
  if (!nodeFs().existsSync(path)) return ownReaper && [process.execPath, ...ownReaper, marker];
  const options = "Deno" in globalThis
    ? ["run", "--no-config", "--no-prompt", "--no-check", "--allow-ffi", "--allow-env", "--allow-sys"]
    : ["--no-env-file", "--no-install"];
  return [process.execPath, ...options, path, marker];
}
