/* What cannot run here is read by a program that knows its form: scripts, workflows, the action, the container file. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { ROOT } from "../support/fixture.ts";
import { faultsOfContainerfile } from "./support/containerfile.ts";
import { faultsOfAction, faultsOfWorkflow } from "./support/workflow.ts";

const noShellcheck = spawnSync("shellcheck", ["--version"]).status !== 0 &&
  "needs shellcheck (package shellcheck)";
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** Scripts for sh that users and releases run; those of the tests take variables from files that they read. */
function scripts(): string[] {
  const listed = execFileSync("git", ["ls-files", "packages", "scripts", ".ci"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed.trim().split("\n").filter((path) => read(path).startsWith("#!/bin/sh"));
}

test("shellcheck has nothing to say of the scripts", { skip: noShellcheck, timeout: 60_000 }, () => {
  const paths = scripts();
  assert.ok(
    paths.includes("packages/install.sh") && paths.includes("packages/action/measure.sh"),
    String(paths),
  );
  const { stdout } = spawnSync("shellcheck", ["--severity=warning", ...paths], {
    cwd: ROOT,
    encoding: "utf8",
  });
  assert.equal(stdout, "");
});

test("workflows have the form of GitHub's, run what is there, and hand no foreign text to a shell", () => {
  const directory = ".github/workflows";
  const names = readdirSync(join(ROOT, directory));
  assert.deepEqual(names.sort(), ["ci.yml", "docs.yml", "release.yml"]);
  for (const name of names) {
    const text = read(join(directory, name));
    assert.deepEqual(faultsOfWorkflow(parse(text)), [], name);
    for (const [path] of text.matchAll(/(?<![\w/.])(?:\.ci|scripts)\/[\w-]+/g)) {
      assert.ok(existsSync(join(ROOT, path)), path);
    }
  }
  assert.deepEqual(faultsOfAction(parse(read("packages/action/action.yml"))), []);
});

test("faults of a workflow are found", () => {
  const steps = [
    { uses: "actions/checkout" },
    { run: 'echo "${{ github.event.issue.title }}"' },
    { name: "neither" },
    { run: "true", uses: "actions/checkout@v4" },
    { run: "if", env: { A: "${{ steps.none.outputs.x }}", B: "${{ nonsense.x }}" } },
    { run: "true", shel: "sh" },
  ];
  const job = { "runs-on": "ubuntu-latest", steps, needs: "none" };
  const found = faultsOfWorkflow({ on: { push: {} }, permissions: { content: "read" }, jobs: { job } });
  for (
    const word of [
      "@",
      "github.event",
      "run or uses",
      "sh -n",
      "steps.none",
      "nonsense",
      "shel",
      "needs",
      "content",
    ]
  ) {
    assert.ok(found.some((fault) => fault.includes(word)), `${word}: ${found.join("\n")}`);
  }
});

test("the container file has instructions that are known, and copies what is there", () => {
  assert.deepEqual(
    faultsOfContainerfile(
      read("packages/container/Containerfile"),
      (path) => path === "dist/proctor" || existsSync(join(ROOT, path)),
    ),
    [],
  );
  const broken =
    "COPY a b\nFROM x:1\nCOPPY a b\nCOPY --chmod=9 none /x\nENTRYPOINT [a]\nFROM untagged\nRUN echo ${NONE}";
  const found = faultsOfContainerfile(broken, () => false).join("\n");
  for (const word of ["FROM comes first", "COPPY", "--chmod", "none", "ENTRYPOINT", "untagged", "NONE"]) {
    assert.ok(found.includes(word), `${word}: ${found}`);
  }
});
