/* The beginning of a release: its version, its tag, its section of the changelog; in a repository of its own. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";

const PLACES = ["package.json", "deno.json", "core/schema/version.ts", "python/proctor/__init__.py"];
const read = (...path: string[]) => readFileSync(join(...path), "utf8");
const current: string = JSON.parse(read(ROOT, "package.json")).version;

function call(cwd: string, file: string, ...words: string[]) {
  const names = {
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@b",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@b",
  };
  const env = { ...process.env, ...names, GIT_CONFIG_GLOBAL: "/dev/null" };
  const { status, stdout, stderr } = spawnSync(file, words, { cwd, env, encoding: "utf8" });
  return { code: status, text: stdout, error: stderr };
}

/** A repository with the places that name a version, and a changelog. */
function withRepository(
  changelog: string,
  use: (
    directory: string,
    release: (...words: string[]) => ReturnType<typeof call>,
    git: (...words: string[]) => string,
  ) => void,
): void {
  const directory = mkdtempSync(join(tmpdir(), "proctor-tag-"));
  try {
    for (const path of PLACES) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      cpSync(join(ROOT, path), join(directory, path));
    }
    writeFileSync(join(directory, "CHANGELOG.md"), changelog);
    const git = (...words: string[]) => call(directory, "git", ...words).text.trim();
    git("init", "--quiet");
    git("add", "-A");
    git("commit", "--quiet", "-m", "Begin");
    const bun = join(ROOT, "node_modules/bun/bin/bun.exe");
    use(
      directory,
      (...words) => call(directory, bun, join(ROOT, "scripts/release_version.ts"), ...words),
      git,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something.\n";

test("a release has one version, a section of the changelog and a tag", () => {
  withRepository(CHANGELOG, (directory, release, git) => {
    const first = release("--tag", current);
    assert.equal(first.code, 0, first.error);
    assert.match(first.text, new RegExp(`^v${current} is the commit [0-9a-f]+; push both: `));
    assert.deepEqual(release("--check"), { code: 0, text: `${current}\n`, error: "" });
    assert.deepEqual(release("--notes"), { code: 0, text: "### Added\n\n- Something.\n", error: "" });
    writeFileSync(
      join(directory, "CHANGELOG.md"),
      read(directory, "CHANGELOG.md").replace("[Unreleased]\n", "[Unreleased]\n\n### Fixed\n\n- A fault.\n"),
    );
    git("commit", "--quiet", "--all", "-m", "Mend");
    assert.equal(release("--tag", "7.8.9").code, 0);
    assert.equal(git("tag", "--list"), `v${current}\nv7.8.9`);
    assert.equal(git("status", "--porcelain"), "");
    assert.equal(release("--notes").text, "### Fixed\n\n- A fault.\n");
    assert.equal(release("--check").text, "7.8.9\n");
    for (const path of PLACES) {
      assert.equal(read(directory, path), read(ROOT, path).replace(`"${current}"`, '"7.8.9"'), path);
    }
    const headings = read(directory, "CHANGELOG.md").match(/^## .*/gm)!.map((line) =>
      line.replace(/\d{4}-.*/, "DAY")
    );
    assert.deepEqual(headings, ["## [Unreleased]", "## [7.8.9] - DAY", `## [${current}] - DAY`]);
  });
});

test("a release that makes no sense changes nothing", () => {
  withRepository(CHANGELOG, (directory, release, git) => {
    const head = git("rev-parse", "HEAD");
    const refused = (words: string[], sentence: RegExp) => {
      const { code, text, error } = release(...words);
      assert.deepEqual({ code, text }, { code: 1, text: "" });
      assert.match(error, sentence);
      assert.equal(error.trimEnd().split("\n").length, 1, error);
    };
    refused(["--tag", "0.0.1"], /--tag: 0\.0\.1 is not newer than /);
    refused(["--tag", "v9"], /--tag: v9 is not of the form 1\.2\.3/);
    refused(["--tag"], /is not of the form/);
    refused(["--check"], /CHANGELOG\.md: has no section "## \[\d/);
    refused(["--frob"], /name --check, --notes or --tag VERSION/);
    writeFileSync(join(directory, "CHANGELOG.md"), CHANGELOG + "- More.\n");
    refused(["--tag", "9.0.0"], /changes that are not committed/);
    writeFileSync(
      join(directory, "CHANGELOG.md"),
      "# Changelog\n\n## [Unreleased]\n\n## [0.0.1]\n\n- Old.\n",
    );
    refused(["--tag", "9.0.0"], /section "## \[Unreleased\]" has no entry/);
    const manifest = join(directory, "deno.json");
    writeFileSync(manifest, read(manifest).replace(`"${current}"`, '"3.3.3"'));
    refused(["--tag", "9.0.0"], /deno\.json: is of version 3\.3\.3, and package\.json of /);
    assert.equal(git("rev-parse", "HEAD"), head);
    assert.equal(git("tag", "--list"), "");
  });
});
