/* What a release brings beside its programs: the script that installs one, the formula, workflows, the action. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { ROOT } from "../support/fixture.ts";

const PROGRAM = join(ROOT, "dist/proctor");
const noCurl = spawnSync("sh", ["-c", "command -v curl || command -v wget"]).status !== 0 &&
  "needs curl (package curl)";
const lacks = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0;
const noRuby = lacks("ruby") && "needs ruby (package ruby)";
const noNix = lacks("nix-instantiate") && "needs nix-instantiate (package nix-bin)";
const noPatchelf = lacks("patchelf") && "needs patchelf (package patchelf)";
const FLAKE = join(ROOT, "tests/packages/support/evaluate_flake.nix");
const TARGETS = {
  "x86_64-linux": "linux-x64-baseline",
  "aarch64-linux": "linux-arm64",
  "x86_64-darwin": "darwin-x64",
  "aarch64-darwin": "darwin-arm64",
};

/** Runs beside the server of this process. */
async function run(file: string, words: readonly string[], env: Record<string, string> = {}, cwd = ROOT) {
  const child = spawn(file, words, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [text, error] = ["", ""];
  child.stdout.on("data", (piece) => text += piece);
  child.stderr.on("data", (piece) => error += piece);
  const [code] = await once(child, "close");
  return { code, text, error };
}

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-release-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A release of this machine's program under every name, at a server of its own; and what installs it. */
async function withRelease(use: (release: string, to: string, url: string) => Promise<void>): Promise<void> {
  await withDirectory(async (release) => {
    const names = ["linux-x64", "linux-x64-baseline", "linux-arm64", "darwin-arm64", "darwin-x64"];
    for (const name of names) {
      if (name.startsWith(`linux-${process.arch}`)) copyFileSync(PROGRAM, join(release, `proctor-${name}`));
      else writeFileSync(join(release, `proctor-${name}`), name);
    }
    const server = createServer(({ url }, response) => {
      const path = join(release, url!.slice(1));
      if (existsSync(join(release, "cut")) && url!.startsWith("/proctor-")) {
        const bytes = readFileSync(path);
        response.writeHead(200, { "content-length": bytes.length });
        response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
      } else if (existsSync(path)) response.end(readFileSync(path));
      else response.writeHead(404).end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const words = [
        "--only-fill",
        "--url",
        url,
        "--home",
        "https://example.org/proctor",
        "--output",
        release,
      ];
      const filled = await run(join(ROOT, "scripts/release"), words);
      assert.deepEqual(filled, { code: 0, text: `${release}\n`, error: "" });
      await withDirectory((to) => use(release, to, url));
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
}

describe("a release", { timeout: 120_000 }, () => {
  test("is installed by its script, which leaves nothing else", { skip: noCurl }, async () => {
    await withRelease(async (release, to) => {
      const { code, text, error } = await run(join(release, "install.sh"), ["--to", to]);
      assert.equal(code, 0, error);
      const version = spawnSync(PROGRAM, ["--version"], { encoding: "utf8" }).stdout.trim();
      assert.equal(
        text,
        `proctor ${version} is in ${to}\n${to} is not in PATH: add it to your shell's profile\n`,
      );
      assert.deepEqual(readdirSync(to), ["proctor"]);
    });
  });

  test(
    "is not installed where a file is not what its sum says, or is not there",
    { skip: noCurl },
    async () => {
      await withRelease(async (release, to) => {
        const mine = readdirSync(release).filter((name) => name.startsWith(`proctor-linux-${process.arch}`));
        for (const name of mine) writeFileSync(join(release, name), "#!/bin/sh\necho 6.6.6\n");
        const forged = await run(join(release, "install.sh"), ["--to", to]);
        assert.equal(forged.code, 1);
        assert.match(
          forged.error,
          /^install\.sh: proctor-linux-\S+ is not what SHA256SUMS says: nothing was installed$/m,
        );
        for (const name of mine) rmSync(join(release, name));
        assert.match((await run(join(release, "install.sh"), ["--to", to])).error, /cannot be downloaded$/m);
        rmSync(join(release, "SHA256SUMS"));
        assert.match(
          (await run(join(release, "install.sh"), ["--to", to])).error,
          /SHA256SUMS cannot be downloaded$/m,
        );
        assert.deepEqual(readdirSync(to), []);
        const plain = await run(join(ROOT, "packages/install.sh"), ["--to", to]);
        assert.equal(plain.error, "install.sh: this copy belongs to no release: name one with --from URL\n");
        const unsafe = await run(join(ROOT, "packages/install.sh"), [
          "--from",
          "http://example.org",
          "--to",
          to,
        ]);
        assert.equal(
          unsafe.error,
          "install.sh: --from: http://example.org is not an https:// address, " +
            "nor http://127.0.0.1:PORT for files that this machine serves\n",
        );
      });
    },
  );

  test(
    "is not installed where the download is cut off halfway, each time it is tried",
    { skip: noCurl },
    async () => {
      await withRelease(async (release, to) => {
        writeFileSync(join(release, "cut"), "");
        const { code, error } = await run(join(release, "install.sh"), ["--to", to]);
        assert.equal(code, 1);
        assert.match(error, /^install\.sh: .*proctor-linux-\S+ cannot be downloaded$/m);
        assert.deepEqual(readdirSync(to), []);
      });
    },
  );

  test("has a formula with its sums, in Ruby", { skip: noRuby }, async () => {
    await withRelease(async (release, _to, url) => {
      const formula = readFileSync(join(release, "proctor.rb"), "utf8");
      assert.doesNotMatch(formula, /@[A-Z]/);
      const sum = createHash("sha256").update("darwin-arm64").digest("hex");
      assert.ok(formula.includes(`url "${url}/proctor-darwin-arm64"\n      sha256 "${sum}"`), formula);
      const checked = await run("ruby", ["-wc", join(release, "proctor.rb")]);
      assert.deepEqual(checked, { code: 0, text: "Syntax OK\n", error: "" });
    });
  });

  test("has a flake with its sums, which Nix evaluates", { skip: noNix }, async () => {
    await withRelease(async (release, to, url) => {
      const unpacked = await run("tar", ["-xzf", join(release, "flake.tar.gz"), "-C", to]);
      assert.equal(unpacked.code, 0, unpacked.error);
      const flake = join(to, "proctor/flake.nix");
      assert.doesNotMatch(readFileSync(flake, "utf8"), /@[A-Z]/);
      const words = [
        "--eval",
        "--strict",
        "--json",
        "--store",
        "dummy://",
        "--arg",
        "flake",
        `import ${flake}`,
      ];
      const { code, text, error } = await run("nix-instantiate", [...words, FLAKE], {}, to);
      assert.equal(code, 0, error);
      const { packages, apps } = JSON.parse(text);
      for (const [system, target] of Object.entries(TARGETS)) {
        const sha256 = createHash("sha256").update(readFileSync(join(release, `proctor-${target}`))).digest(
          "hex",
        );
        assert.deepEqual(packages[system].src, { url: `${url}/proctor-${target}`, sha256 });
        assert.equal(packages[system].installPhase.includes("patchelf"), system.endsWith("linux"));
        assert.match(apps[system], /-proctor-\d[\d.]*\/bin\/proctor$/);
      }
    });
  });
});

/** A program as the flake changes it for a system that has its loader elsewhere. */
test("a program with another loader is the same", { skip: noPatchelf, timeout: 60_000 }, async () => {
  await withDirectory(async (directory) => {
    const [loader, program] = [
      join(directory, "a-loader-at-a-longer-path-than-before"),
      join(directory, "proctor"),
    ];
    const headers = await run("patchelf", ["--print-interpreter", PROGRAM]);
    copyFileSync(headers.text.trim(), loader);
    copyFileSync(PROGRAM, program);
    assert.equal((await run("patchelf", ["--set-interpreter", loader, program])).code, 0);
    const { code, error } = await run(program, ["run", "--quiet", "--", "sh", "-c", "exit 3"]);
    assert.deepEqual({ code, error }, { code: 3, error: "" });
  });
});

describe("the action", { timeout: 120_000 }, () => {
  const measure = (directory: string, env: Record<string, string>) =>
    run("sh", [join(ROOT, "packages/action/measure.sh")], {
      ...{ PROCTOR: PROGRAM, REPEAT: "1", BASELINE: "", FAIL_IF: "", RECORDS: "run.jsonl", REPORT: "" },
      ...{ GITHUB_OUTPUT: join(directory, "output"), GITHUB_STEP_SUMMARY: join(directory, "summary") },
      ...env,
    }, directory);

  test("passes what each of its inputs says", () => {
    const { inputs, runs } = parse(readFileSync(join(ROOT, "packages/action/action.yml"), "utf8"));
    const [{ env }] = runs.steps;
    const passed = Object.values(env).map((value) =>
      /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(value as string)?.[1]
    );
    assert.deepEqual(passed.sort(), Object.keys(inputs).sort());
    const script = readFileSync(join(ROOT, "packages/action/measure.sh"), "utf8");
    for (const name of Object.keys(env)) assert.match(script, new RegExp(`\\$\\{?${name}\\b`));
  });

  test("measures, writes a summary, and fails on a regression only", async () => {
    await withDirectory(async (directory) => {
      const first = await measure(directory, {
        COMMAND: "exit 0",
        REPEAT: "3",
        RECORDS: "base.jsonl",
        REPORT: "page.html",
      });
      assert.equal(first.code, 0, first.error);
      assert.equal(readFileSync(join(directory, "output"), "utf8"), "records=base.jsonl\n");
      assert.match(readFileSync(join(directory, "summary"), "utf8"), /^### exit 0\n\n[^]*wall/);
      assert.match(readFileSync(join(directory, "page.html"), "utf8"), /^<!doctype html>/i);
      const same = { BASELINE: "base.jsonl", FAIL_IF: "wall_seconds > +100s\n" };
      assert.equal((await measure(directory, { ...same, COMMAND: "exit 0", REPEAT: "3" })).code, 0);
      const slower = { BASELINE: "base.jsonl", FAIL_IF: "wall_seconds > +100s\nwall_seconds > +200ms\n" };
      const { code, text } = await measure(directory, { ...slower, COMMAND: "sleep 0.5", REPEAT: "3" });
      assert.equal(code, 1);
      assert.match(text, /failed .*wall_seconds > \+200ms/);
      assert.equal((await measure(directory, { COMMAND: "exit 7" })).code, 7);
      // A command of several lines is a heading of one; what cannot be begun is told, and nothing of it.
      assert.equal((await measure(directory, { COMMAND: "true\n# no heading" })).code, 0);
      assert.match(readFileSync(join(directory, "summary"), "utf8"), /^### true$/m);
      const before = readFileSync(join(directory, "summary"), "utf8");
      const misused = await measure(directory, { COMMAND: "true", REPEAT: "x", RECORDS: "none.jsonl" });
      assert.equal(misused.code, 125);
      assert.match(misused.error, /^proctor: --repeat: "x"[^\n]*\n$/);
      assert.equal(readFileSync(join(directory, "summary"), "utf8"), before);
    });
  });
});
