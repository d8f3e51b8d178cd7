/* scripts/proctor.cmd and the set-up that it begins with, by an npm and a Bun that are programs of ours. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { PROGRAM, withDirectory } from "./support/programs.ts";

const SCRIPTS = resolve(import.meta.dirname!, "..", "..", "scripts");
const VERSION = "1.2.3";
const STAMP = "node_modules/.proctor-setup";

/** What stands for npm: puts a Bun where npm would, or fails. */
const NPM = [
  "@echo off",
  'if "%1"=="--version" exit /b 0',
  'echo npm %1 %11 %12>>"%NPM_LOG%"',
  'if not "%NPM_FAILS%"=="" echo npm error code ENETUNREACH',
  'if not "%NPM_FAILS%"=="" exit /b 1',
  'mkdir "%~3\\node_modules\\@oven\\bun-windows-x64\\bin"',
  'copy /y "%NPM_BUN%" "%~3\\node_modules\\@oven\\bun-windows-x64\\bin\\bun.exe" >nul',
];

interface Tree {
  readonly root: string;
  run(
    words: readonly string[],
    env?: Record<string, string>,
  ): { code: number | null; out: string; err: string };
  npmCalls(): number;
}

/** A tree with the scripts, as it is cloned. */
async function withTree(use: (tree: Tree) => void): Promise<void> {
  await withDirectory((directory) => {
    const root = join(directory, "with blank");
    const tools = join(directory, "tools");
    for (const path of [root, join(root, "scripts"), tools]) mkdirSync(path);
    for (const name of ["setup.cmd", "proctor.cmd"]) {
      copyFileSync(join(SCRIPTS, name), join(root, "scripts", name));
    }
    writeFileSync(
      join(root, "package.json"),
      `{\n  "dependencies": {\n    "bunyan": "9.9.9"\n  },\n  "devDependencies": {\n    "bun": "${VERSION}"\n  }\n}\n`,
    );
    writeFileSync(join(root, "bun.lockb"), "list");
    writeFileSync(join(tools, "npm.cmd"), `${NPM.join("\r\n")}\r\n`);
    const log = join(directory, "npm.log");
    use({
      root,
      run(words, env = {}) {
        const { status, stdout, stderr } = spawnSync(
          "cmd",
          ["/d", "/c", "scripts\\proctor.cmd", ...words],
          {
            cwd: root,
            env: {
              ...process.env,
              PATH: `${tools};${process.env.SystemRoot}\\system32`,
              PROGRAM_VERSION: VERSION,
              NPM_BUN: PROGRAM,
              NPM_LOG: log,
              ...env,
            },
            encoding: "utf8",
          },
        );
        return { code: status, out: stdout.replaceAll("\r\n", "\n"), err: stderr.replaceAll("\r\n", "\n") };
      },
      npmCalls: () => existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").length : 0,
    });
    return Promise.resolve();
  });
}

/** What Bun is told to run. */
const printed = (root: string, ...words: readonly string[]) =>
  [
    `--config=${root}\\scripts\\..\\bunfig.toml`,
    "--no-install",
    `${root}\\scripts\\..\\cli.ts`,
    "--",
    ...words,
  ]
    .map((word) => `[${word}]\n`).join("");

describe("proctor.cmd", { timeout: 240_000 }, () => {
  test("sets up what is missing, once, and runs proctor", async () => {
    await withTree(({ root, run, npmCalls }) => {
      const first = run(["run", "--", "a b", "--x=y"]);
      assert.deepEqual(first, {
        code: 7,
        out: printed(root, "run", "--", "a b", "--x=y"),
        err: "proctor: installing Bun 1.2.3 (npm)...\nproctor: installing dependencies (bun.lockb)...\n",
      });
      assert.equal(npmCalls(), 1);
      assert.ok(existsSync(join(root, STAMP)));
      for (const name of [".proctor-setup-busy", ".proctor-setup-npm", ".proctor-setup-bun.exe"]) {
        assert.ok(!existsSync(join(root, "node_modules", name)), name);
      }
      assert.deepEqual(run([]), { code: 7, out: printed(root), err: "" });
      assert.equal(npmCalls(), 1);
      // Another list: its packages are installed, by the Bun that is there.
      writeFileSync(join(root, "bun.lockb"), "another list");
      assert.equal(run([]).err, "proctor: installing dependencies (bun.lockb)...\n");
      assert.equal(run([]).err, "");
      assert.equal(npmCalls(), 1);
    });
  });

  test("gets a Bun of the pinned version in place of another", async () => {
    await withTree(({ root, run, npmCalls }) => {
      mkdirSync(join(root, "node_modules", "bun", "bin"), { recursive: true });
      // Whatever it says, it is none of that version.
      copyFileSync(
        join(process.env.SystemRoot!, "system32", "net.exe"),
        join(root, "node_modules/bun/bin/bun.exe"),
      );
      assert.equal(run(["x"]).out, printed(root, "x"));
      assert.equal(npmCalls(), 1);
    });
  });

  const failures: readonly (readonly [what: string, env: Record<string, string>, err: RegExp])[] = [
    [
      "npm fails",
      { NPM_FAILS: "1" },
      /npm could not install Bun 1\.2\.3; what it says is in .*setup\.log\n$/,
    ],
    ["it does not run", { PROGRAM_VERSION: "1.2.4" }, /Bun 1\.2\.3 does not run on this machine\n$/],
    [
      "there is no npm",
      { PATH: "C:\\windows\\system32" },
      /needs Bun 1\.2\.3, or node and npm to install it .*\n$/,
    ],
  ];
  for (const [what, env, err] of failures) {
    test(`says so where ${what}, and begins anew the next time`, async () => {
      await withTree(({ root, run }) => {
        const failed = run(["run"], env);
        assert.match(failed.err, err);
        assert.deepEqual([failed.code, failed.out], [125, ""]);
        assert.ok(!existsSync(join(root, STAMP)));
        assert.equal(run(["run"]).out, printed(root, "run"));
      });
    });
  }

  test("has a sibling that tests what can be tested on a Windows as it is", () => {
    const run = (word: string) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(SCRIPTS, "test_on_windows.ts"), word],
        { encoding: "utf8" },
      );
      return { status, last: stdout.trimEnd().split("\n").at(-1)!, stderr };
    };
    const one = run("platform/windows/environment_block");
    assert.match(one.last, /^[1-9]\d* passed, 0 failed, 0 skipped$/);
    assert.equal(one.status, 0);
    const none = run("no-such-file");
    assert.match(none.stderr, /^proctor: no test file of tests\/wine\/plan matches no-such-file$/m);
    assert.equal(none.status, 125);
  });

  test("and its siblings end lines as cmd wants it", () => {
    for (const name of ["setup.cmd", "proctor.cmd", "test.cmd"]) {
      const text = readFileSync(join(SCRIPTS, name), "latin1");
      assert.ok(/^(?:[\x20-\x7e]*\r\n)+$/.test(text), name);
    }
  });
});
