/*
 * The version of a release: one, in all places that have to name it, with a section of the changelog. In a checkout:
 * bun release_version.ts --check | --notes | --tag VERSION; scripts/release --help says what each does.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

/** Where a version stands by necessity: what reads these cannot look it up anywhere else. The first one counts. */
const PLACES: readonly (readonly [path: string, place: RegExp])[] = [
  ["package.json", /(?<=^ {2}"version": ")[^"]+/m],
  ["deno.json", /(?<=^ {2}"version": ")[^"]+/m],
  ["core/schema/version.ts", /(?<=PROCTOR_VERSION : ")[^"]+/],
  ["python/proctor/__init__.py", /(?<=^__version__ = ")[^"]+/m],
];
const CHANGELOG = "CHANGELOG.md";
const UNRELEASED = "## [Unreleased]";
const FORM = /^(\d+)\.(\d+)\.(\d+)$/;

/** What keeps a release from being made, in one line. */
class Refusal extends Error {}

/**
 * The version that all places name.
 * @throws Refusal for the first that differs, or has none
 */
function version(): string {
  const [[, first], ...others] = PLACES.map(([path, place]) => {
    const found = place.exec(readFileSync(path, "utf8"))?.[0];
    if (found === undefined) throw new Refusal(`${path}: has no version`);
    return [path, found] as const;
  });
  for (const [path, found] of others) {
    if (found !== first) {
      throw new Refusal(`${path}: is of version ${found}, and ${PLACES[0][0]} of ${first}`);
    }
  }
  return first;
}

/**
 * The text of a section of the changelog, without its heading.
 * @throws Refusal where there is none, or nothing in it
 */
function section(changelog: string, heading: string): string {
  const lines = changelog.split("\n");
  const at = lines.findIndex((line) => line === heading || line.startsWith(`${heading} - `));
  if (at < 0) throw new Refusal(`${CHANGELOG}: has no section "${heading}"`);
  const after = lines.slice(at + 1);
  const end = after.findIndex((line) => line.startsWith("## "));
  const text = after.slice(0, end < 0 ? undefined : end).join("\n").trim();
  if (!/^- /m.test(text)) throw new Refusal(`${CHANGELOG}: the section "${heading}" has no entry`);
  return text;
}

function isNewer(left: string, right: string): boolean {
  const [one, other] = [left, right].map((text) => FORM.exec(text)!.slice(1).map(Number));
  const at = one.findIndex((number, index) => number !== other[index]);
  return at >= 0 && one[at] > other[at];
}

function git(...words: string[]): string {
  return execFileSync("git", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/** Write the version and the section, commit them, and tag the commit; nothing is changed where one check fails. */
function tag(wanted: string | undefined): void {
  if (wanted === undefined || !FORM.test(wanted)) {
    throw new Refusal(`--tag: ${wanted} is not of the form 1.2.3`);
  }
  const before = version();
  const name = `v${wanted}`;
  const changelog = readFileSync(CHANGELOG, "utf8");
  section(changelog, UNRELEASED);
  // The first release has the version that stands there already.
  const isFirst = wanted === before && git("tag", "--list", "v*") === "";
  if (!isFirst && !isNewer(wanted, before)) throw new Refusal(`--tag: ${wanted} is not newer than ${before}`);
  if (git("tag", "--list", name) !== "") throw new Refusal(`--tag: there is a tag ${name} already`);
  if (git("status", "--porcelain", "--untracked-files=no") !== "") {
    throw new Refusal("--tag: there are changes that are not committed");
  }
  const date = new Date().toISOString().slice(0, 10);
  for (const [path, place] of PLACES) {
    writeFileSync(path, readFileSync(path, "utf8").replace(place, wanted));
  }
  writeFileSync(CHANGELOG, changelog.replace(UNRELEASED, `${UNRELEASED}\n\n## [${wanted}] - ${date}`));
  git(
    "commit",
    "--quiet",
    "--message",
    `Release ${wanted}`,
    "--",
    CHANGELOG,
    ...PLACES.map(([path]) => path),
  );
  git("tag", "--annotate", name, "--message", `proctor ${wanted}`);
  process.stdout.write(
    `${name} is the commit ${git("rev-parse", "--short", "HEAD")}; push both: git push --follow-tags\n`,
  );
}

/** The section of the version that stands in the places. */
function notes(): string {
  return section(readFileSync(CHANGELOG, "utf8"), `## [${version()}]`);
}

const [what, value, ...more] = process.argv.slice(2);
try {
  if (more.length > 0 || (what !== "--tag" && value !== undefined)) {
    throw new Refusal(`${what}: too many words`);
  }
  if (what === "--tag") tag(value);
  else if (what === "--check") process.stdout.write(notes() && `${version()}\n`);
  else if (what === "--notes") process.stdout.write(`${notes()}\n`);
  else throw new Refusal("name --check, --notes or --tag VERSION");
} catch (error) {
  const said = (error as { stderr?: string }).stderr?.trim();
  if (!(error instanceof Refusal) && said === undefined) throw error;
  process.stderr.write(`proctor: ${said ?? (error as Error).message}\n`);
  process.exit(1);
}
