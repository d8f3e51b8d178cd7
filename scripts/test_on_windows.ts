/**
 * The checks and tests that a Windows has all for: what scripts/test.cmd runs. The tests are those of tests/wine/plan
 * but tests/wine itself, which takes programs that mingw compiles.
 *
 * Usage: test_on_windows.ts [WORD…]
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import process from "node:process";

const ROOT = resolve(import.meta.dirname!, "..");
const PLAN = "tests/wine/plan";
const NEEDS_COMPILER = "tests/wine/";
const DENO = "node_modules/deno/deno.exe";
const FILE_PATIENCE_MS = 900_000;

/** The test files that a plan names, with / between the parts of their paths. */
function planned(plan: string): string[] {
  const lines = plan.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#"));
  const leftOut = new Set(lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1)));
  return lines.filter((line) => !line.startsWith("!")).flatMap(filesBelow)
    .filter((path) => !leftOut.has(path) && !path.startsWith(NEEDS_COMPILER));
}

function filesBelow(path: string): string[] {
  if (path.endsWith(".ts")) return [path];
  return readdirSync(join(ROOT, path), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => relative(ROOT, join(ROOT, path, name)).replaceAll("\\", "/")).sort();
}

const words = process.argv.slice(2);
const results = mkdtempSync(join(tmpdir(), "proctor-test-"));
const ledger: string[] = [];
const run = (kind: string, name: string, report: string, program: string, args: readonly string[]): void => {
  console.log(`── ${name}`);
  const options = { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] as ["ignore", "inherit", "inherit"] };
  const { status } = spawnSync(program, args, { ...options, timeout: FILE_PATIENCE_MS });
  ledger.push([kind, name, status ?? 124, report].join("\t"));
};

if (words.length === 0) {
  for (const args of existsSync(join(ROOT, DENO)) ? [["fmt", "--check"], ["lint"], ["check", "."]] : []) {
    run("check", `deno ${args[0]}`, "-", join(ROOT, DENO), args);
  }
  run("check", "tsc", "-", process.execPath, ["node_modules/typescript/bin/tsc", "--noEmit"]);
}
const files = planned(readFileSync(join(ROOT, PLAN), "utf8"))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)));
if (files.length === 0) {
  console.error(`proctor: no test file of ${PLAN} matches ${words.join(" ")}`);
  process.exit(125);
}
files.forEach((path, number) => {
  const report = join(results, `${number}.xml`);
  const options = ["--timeout", "120000", "--reporter=junit", `--reporter-outfile=${report}`];
  run("bun", path, report, process.execPath, ["test", ...options, join(ROOT, path)]);
});
const file = join(results, "ledger");
writeFileSync(file, `${ledger.join("\n")}\n`);
const { status } = spawnSync(process.execPath, [join(ROOT, "scripts/count_results.ts"), file], {
  stdio: "inherit",
});
// One by one: under Wine Bun removes no directory with what is in it.
for (const name of readdirSync(results)) rmSync(join(results, name));
rmdirSync(results);
process.exit(status ?? 1);
