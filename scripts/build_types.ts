/**
 * Writes the types of the library that schemas describe, with the descriptions as docstrings, from these schemas:
 * documentation shows fields in place of zod's helpers, and a program that is checked needs none of zod's types.
 *
 *     node_modules/bun/bin/bun.exe scripts/build_types.ts [--check]
 *
 * `scripts/types/described.ts` lists what is written, and where. With `--check` nothing is; what differs is printed.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DESCRIBED } from "./types/described.ts";
import { typeFile } from "./types/type_file.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const deno = `${root}node_modules/deno/deno`;

/** As the formatter of the repository leaves it. */
function formatted(text: string): string {
  const { status, stdout, stderr } = spawnSync(deno, ["fmt", "--ext", "ts", "-"], {
    cwd: root,
    input: text,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** What is there, or nothing. */
function present(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const stale: string[] = [];
for (const path of Object.keys(DESCRIBED)) {
  const text = formatted(typeFile(path, DESCRIBED));
  if (text === present(root + path)) continue;
  stale.push(path);
  if (!process.argv.includes("--check")) writeFileSync(root + path, text);
}
if (process.argv.includes("--check") && stale.length > 0) {
  console.error(`${stale.join(" and ")} differ from their schemas; run scripts/build_types.ts`);
  process.exitCode = 1;
}
