import { nodeFs } from "../../io/builtins.ts";

/** What makes the program we are in a reaper, where it can be one. */
let ownReaper: readonly string[] | undefined;

/** The program we are in does what a reaper does when it is given these arguments and a mark. */
export function useReaper(args: readonly string[]): void {
  ownReaper = args;
}

/** Defined where the library is bundled into a package: its reapers lie beside the bundle. */
declare const PROCTOR_IS_PACKAGED: true | undefined;

/** The file of the reaper of a system, among the sources or in a package. */
export function reaperFile(system: "linux" | "darwin"): URL {
  const name = typeof PROCTOR_IS_PACKAGED === "undefined"
    ? `../${system}/launch/reap_main.ts`
    : `./reap_${system}.js`;
  return new URL(name, import.meta.url);
}

/**
 * The command line of a file that is a reaper, under this runtime; inside a bundle, which does not hold it, that
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
