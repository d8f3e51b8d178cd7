/* The package for Debian: what lintian says of it, and what is there once it is unpacked. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ROOT } from "../support/fixture.ts";
import { builtOnce } from "./support/built_once.ts";

const lacks = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0;
const noDpkg = lacks("dpkg-deb") && "needs dpkg-deb (package dpkg)";
const noLintian = lacks("lintian") && "needs lintian (package lintian)";
const noGroff = lacks("groff") && "needs groff (package groff-base)";
const noSystemd = lacks("systemd-analyze") && "needs systemd-analyze (package systemd)";
const notRoot = process.getuid?.() !== 0 && "needs root: packages are its matter";
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

let unpacking: Promise<string> | undefined;
const unpacked = () => unpacking ??= unpack();
/** A root of its own with the package in it, and nothing else. */
async function unpack(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "proctor-deb-"));
  mkdirSync(join(root, "var/lib/dpkg/updates"), { recursive: true });
  mkdirSync(join(root, "var/lib/dpkg/info"), { recursive: true });
  writeFileSync(join(root, "var/lib/dpkg/status"), "");
  const { status, stderr } = dpkg(root, "--force-depends", "--install", ...await builtOnce("build-deb"));
  assert.equal(status, 0, stderr);
  return root;
}
/** Its scripts run beside it, not in it: there is no shell in it. */
function dpkg(root: string, ...words: string[]) {
  return spawnSync("dpkg", [`--root=${root}`, "--force-script-chrootless", ...words], { encoding: "utf8" });
}
after(async () => {
  const root = await unpacking?.catch(() => undefined);
  if (root) rmSync(root, { recursive: true });
});

function run(file: string, ...words: string[]): { code: number | null; text: string; error: string } {
  const { status, stdout, stderr } = spawnSync(file, words, { encoding: "utf8" });
  return { code: status, text: stdout, error: stderr };
}

describe("the package for Debian", { timeout: 400_000 }, () => {
  test("is one that lintian has nothing to say of", { skip: noDpkg || noLintian }, async () => {
    const { code, text } = run(
      "lintian",
      "--allow-root",
      "--fail-on",
      "error,warning",
      ...await builtOnce("build-deb"),
    );
    assert.deepEqual({ code, text }, { code: 0, text: "" });
  });

  test("brings the program", { skip: noDpkg || notRoot }, async () => {
    const program = join(await unpacked(), "usr/bin/proctor");
    assert.ok(run(program, "--version").text.startsWith(version));
    assert.equal(run(program, "run", "--quiet", "--", "sh", "-c", "exit 4").code, 4);
  });

  test(
    "brings a manual page of every verb, without a fault",
    { skip: noDpkg || notRoot || noGroff },
    async () => {
      const root = await unpacked();
      const directory = join(root, "usr/share/man/man1");
      const pages = readdirSync(directory);
      const verbs = [
        ...run(join(root, "usr/bin/proctor"), "--help").text.matchAll(/^ {2}([a-z]+) (?:\[|<| {2})/gm),
      ];
      assert.ok(verbs.length > 12, String(verbs));
      for (const [, verb] of verbs) assert.ok(pages.includes(`proctor-${verb}.1.gz`), verb);
      assert.ok(
        pages.includes("proctor-ctl-status.1.gz") && pages.includes("proctor-manager-broker-access.1.gz"),
      );
      for (const page of pages) {
        const words = [
          "-c",
          `zcat "$1" | groff -man -Tutf8 -P-bcou -ww -rLL=80n`,
          "sh",
          join(directory, page),
        ];
        const { text, error } = run("sh", ...words);
        assert.equal(error, "", page);
        for (const heading of ["NAME", "SYNOPSIS", "OPTIONS", "SEE ALSO"]) {
          assert.ok(text.includes(heading), page);
        }
      }
    },
  );

  test(
    "brings completions and a unit that their readers take",
    { skip: noDpkg || notRoot || noSystemd },
    async () => {
      const root = await unpacked();
      const share = join(root, "usr/share");
      assert.deepEqual(run("bash", "-n", join(share, "bash-completion/completions/proctor")), {
        code: 0,
        text: "",
        error: "",
      });
      assert.match(
        readFileSync(join(share, "zsh/vendor-completions/_proctor"), "utf8"),
        /^#compdef proctor\n/,
      );
      assert.match(
        readFileSync(join(share, "fish/vendor_completions.d/proctor.fish"), "utf8"),
        /complete -c proctor/,
      );
      // It names the program where the package puts it; here it is somewhere else.
      const unit = readFileSync(join(root, "usr/lib/systemd/system/proctor.service"), "utf8");
      assert.match(unit, /^ExecStart=\/usr\/bin\/proctor supervise /m);
      const moved = join(root, "proctor.service");
      writeFileSync(moved, unit.replaceAll("/usr/bin/proctor", join(root, "usr/bin/proctor")));
      const { code, error } = run("systemd-analyze", "verify", "--recursive-errors=no", moved);
      assert.deepEqual({ code, error }, { code: 0, error: "" });
    },
  );

  test("leaves nothing when it is removed", { skip: noDpkg || notRoot }, async () => {
    const root = await unpacked();
    const { status, stderr } = dpkg(root, "--purge", "proctor");
    assert.equal(status, 0, stderr);
    assert.equal(existsSync(join(root, "usr")), false);
  });
});
