import { fileURLToPath } from "node:url";

/** A path inside the repository, whatever the working directory. */
export function inRepository(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

const BUN = [inRepository("node_modules/bun/bin/bun.exe"), "--no-env-file"];
/** With `gc()` at hand, for the bench that looks at what a collection leaves. */
const DENO = [
  inRepository("node_modules/deno/deno"),
  "run",
  "--no-check",
  "--allow-all",
  "--v8-flags=--expose-gc",
];

/** Both runtimes, by name. */
export const RUNTIMES = ["Bun", "Deno"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** The command that runs one of our scripts under a runtime. */
export function runScript(runtime: RuntimeName, script: string, ...args: string[]): string[] {
  return [...(runtime === "Bun" ? BUN : DENO), inRepository(script), ...args];
}
