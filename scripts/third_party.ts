/* Usage: bun scripts/third_party.ts: prints what the licences of the packages inside of the program demand. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const LICENCE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * What the licences of others demand that goes along with a bundle: each package that is in it, its version, and the
 * words of its licence.
 *
 * @param files what the bundle is made of, as Bun's metafile names them
 * @throws Error for a package that says nothing of its licence
 */
export function noticesOf(files: readonly string[], without: readonly string[] = []): string {
  const directories = new Map<string, string>();
  for (const file of files) {
    const found = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(file);
    if (found && !without.includes(found[2])) directories.set(found[1], found[2]);
  }
  const notices = [...directories].map(([directory, name]) => noticeOf(directory, name));
  return notices.sort((left, right) => left.title < right.title ? -1 : 1)
    .map(({ title, text }) => `${title}\n${"=".repeat(title.length)}\n\n${text.trim()}\n`)
    .join("\n\n");
}

function noticeOf(directory: string, name: string): { title: string; text: string } {
  const { version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const texts = readdirSync(directory).filter((file) => LICENCE.test(file)).sort()
    .map((file) => readFileSync(join(directory, file), "utf8"));
  if (texts.length === 0 && !license) throw new Error(`${name} says nothing of its licence`);
  return { title: `${name} ${version}`, text: texts.length > 0 ? texts.join("\n\n") : `Licence: ${license}` };
}

/** Where Bun is; it bundles. */
export const BUN = fileURLToPath(new URL("../node_modules/bun/bin/bun.exe", import.meta.url));

/**
 * Have Bun bundle modules; what of the sources and packages is in it, as paths from here.
 * @throws Error with what Bun says where it cannot
 */
export function bundle(entries: readonly string[], directory: string, options: readonly string[]): string[] {
  const metafile = join(directory, "metafile.json");
  const words = [
    "build",
    ...entries,
    "--splitting",
    "--format=esm",
    "--outdir",
    directory,
    `--metafile=${metafile}`,
  ];
  execFileSync(BUN, [...words, ...options], { encoding: "utf8", stdio: "pipe" });
  const { inputs } = JSON.parse(readFileSync(metafile, "utf8"));
  rmSync(metafile);
  return Object.keys(inputs);
}

if (import.meta.main) {
  const directory = mkdtempSync(join(tmpdir(), "proctor-notices-"));
  const program = fileURLToPath(new URL("../cli.ts", import.meta.url));
  process.stdout.write(noticesOf(bundle([program], directory, ["--target=bun"])));
  rmSync(directory, { recursive: true });
}
