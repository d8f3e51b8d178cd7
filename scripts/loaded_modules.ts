/**
 * Runs proctor from its source, with Bun, and adds the modules of this repository that it has loaded to FILE, one a
 * line:
 *
 *     node_modules/bun/bin/bun.exe scripts/loaded_modules.ts FILE [ARGUMENT…]
 */
import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const here = fileURLToPath(import.meta.url);
const [runtime, , file, ...words] = process.argv;

// Bun's cache of require holds what import has loaded, too.
process.on("exit", () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache)
    .filter((path) => path.startsWith(root) && path !== here)
    .map((path) => path.slice(root.length))
    .filter((path) => !path.startsWith("node_modules/"));
  appendFileSync(file, loaded.map((path) => `${path}\n`).join(""));
});
process.argv = [runtime, `${root}cli.ts`, ...words];
await import("../cli.ts");
