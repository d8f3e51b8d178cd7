/**
 * Bundles the scripts and styles of the pages into `render/page/built/`, as texts that every runtime can
 * import and a binary can hold. They are committed: whoever runs from source, or imports the library, has no build
 * step. Run it with Bun or Deno:
 *
 *     node_modules/bun/bin/bun.exe scripts/build_page.ts [--check]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const PARTS = {
  "page.js.txt": "render/page/browser/main.ts",
  "page.css.txt": "render/page/browser/style.css",
  "supervisor.js.txt": "render/page/supervisor/main.ts",
  "supervisor.css.txt": "render/page/supervisor/style.css",
  "fleet.js.txt": "render/page/fleet/main.ts",
  "fleet.css.txt": "render/page/fleet/style.css",
};

mkdirSync(at("render/page/built"), { recursive: true });
const stale: string[] = [];
for (const [name, entry] of Object.entries(PARTS)) {
  const options = ["--minify", "--target=browser", "--format=iife"];
  const built = execFileSync(at("node_modules/bun/bin/bun.exe"), ["build", ...options, at(entry)], {
    encoding: "utf8",
  });
  const text = `${built.trim()}\n`;
  const target = at(`render/page/built/${name}`);
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readFileSync(target, "utf8") !== text) stale.push(name);
}
if (stale.length > 0) {
  console.error(
    `render/page/built: ${stale.join(" and ")} differ from their source; run scripts/build_page.ts`,
  );
  process.exit(1);
}
