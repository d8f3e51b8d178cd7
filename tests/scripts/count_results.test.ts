/* How what scripts/test ran is added up: what failed fails all, but for what passes when it runs alone. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";

type Cases = Record<string, "passed" | "failed" | "skipped">;

const BODIES = { passed: "", failed: "<failure/>", skipped: '<skipped message="there is no room"/>' };

function report(cases: Cases): string {
  const all = Object.entries(cases).map(([name, outcome]) =>
    `<testcase name="${name}" classname="" file="x">${BODIES[outcome]}</testcase>`
  );
  return `<testsuites><testsuite>${all.join("")}</testsuite></testsuites>`;
}

/** What is printed of files that ran, and of those that ran once more; `kind file`: its cases. */
function counted(first: Record<string, Cases>, again?: Record<string, Cases>) {
  const directory = mkdtempSync(join(tmpdir(), "proctor-count-"));
  try {
    const ledger = (name: string, runs: Record<string, Cases>) => {
      const lines = Object.entries(runs).map(([key, cases], i) => {
        const path = join(directory, `${name}-${i}.xml`);
        if (Object.keys(cases).length > 0) writeFileSync(path, report(cases));
        const isFailed = Object.values(cases).includes("failed") || Object.keys(cases).length === 0;
        return `${key}\t${isFailed ? 1 : 0}\t${path}\n`;
      });
      writeFileSync(join(directory, name), lines.join(""));
      return join(directory, name);
    };
    const ledgers = [ledger("first", first), ...again ? [ledger("again", again)] : []];
    const bun = join(ROOT, "node_modules/bun/bin/bun.exe");
    const { stdout, status } = spawnSync(bun, ["scripts/count_results.ts", ...ledgers], {
      cwd: ROOT,
      encoding: "utf8",
    });
    return { lines: stdout.trimEnd().split("\n"), status };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("one failure fails all", () => {
  const { lines, status } = counted({
    "bun\ta.test.ts": { one: "passed", two: "failed" },
    "deno\ta.test.ts": { one: "passed", two: "passed" },
  });
  assert.deepEqual(lines, ["failed (bun) a.test.ts: two", "3 passed, 1 failed, 0 skipped"]);
  assert.equal(status, 1);
});

test("what passes when it runs alone is named, and counts as the second run has it", () => {
  const { lines, status } = counted({
    "bun\ta.test.ts": { one: "passed", two: "failed" },
    "amd64 root bun\tb.test.ts": {},
  }, {
    "bun\ta.test.ts": { one: "passed", two: "passed" },
    "amd64 root bun\tb.test.ts": { three: "passed" },
  });
  assert.deepEqual(lines, [
    "unsteady (bun) a.test.ts: two",
    "unsteady (amd64 root bun) b.test.ts: no test was reported (exit status 1)",
    "3 passed, 0 failed, 0 skipped",
  ]);
  assert.equal(status, 0);
});

test("what is skipped in the second run, or is missing there, has failed", () => {
  const first = { one: "passed", two: "failed" } as const;
  const { lines, status } = counted({
    "bun\ta.test.ts": first,
    "bun\tb.test.ts": first,
    "bun\tc.test.ts": first,
    "bun\td.test.ts": { one: "failed", two: "skipped" },
    "bun\te.test.ts": {},
  }, {
    "bun\ta.test.ts": { one: "passed", two: "skipped" },
    "bun\tb.test.ts": { one: "passed" },
    "bun\tc.test.ts": {},
    "bun\td.test.ts": { one: "passed", two: "skipped" },
    "bun\te.test.ts": { one: "skipped" },
  });
  assert.deepEqual(lines, [
    "skipped (bun) d.test.ts: two — there is no room",
    "unsteady (bun) d.test.ts: one",
    "failed (bun) a.test.ts: two",
    "failed (bun) b.test.ts: two",
    "failed (bun) c.test.ts: two",
    "failed (bun) e.test.ts: no test was reported (exit status 1)",
    "4 passed, 4 failed, 1 skipped",
  ]);
  assert.equal(status, 1);
});

test("a check that fails, and a suite in Python, fail all", () => {
  const { lines, status } = counted({
    "check\tbuild": { build: "failed" },
    "pytest\ttests/python": { one: "failed" },
    "bun\ta.test.ts": { one: "passed" },
  });
  assert.deepEqual(lines, [
    "failed (check) build",
    "failed (pytest) tests/python: one",
    "1 passed, 2 failed, 0 skipped",
  ]);
  assert.equal(status, 1);
});

test("what fails in the second run, too, has failed, and so has what did not run on the same machine", () => {
  const { lines, status } = counted({
    "bun\ta.test.ts": { one: "passed", two: "failed" },
    "arm64 root bun\tb.test.ts": { three: "failed" },
  }, {
    "bun\ta.test.ts": { one: "failed", two: "passed" },
    "amd64 root bun\tb.test.ts": { three: "passed" },
  });
  assert.deepEqual(lines, [
    "failed (bun) a.test.ts: two",
    "failed (arm64 root bun) b.test.ts: three",
    "1 passed, 2 failed, 0 skipped",
  ]);
  assert.equal(status, 1);
});

test("what passed on other systems, and on what stands for them, is told above the last line", () => {
  const { lines } = counted({
    "bun\tcommon.test.ts": { one: "passed" },
    "wine\ttests/wine/run.test.ts": { one: "passed", two: "passed", three: "skipped" },
    "arm64 root bun\ta.test.ts": { one: "passed" },
    "amd64 root bun\ta.test.ts": { one: "passed" },
    "arm64 user deno\ta.test.ts": { one: "passed" },
    "bun\ttests/platform/windows/service.test.ts": { one: "passed" },
    "deno\ttests/platform/darwin/group.test.ts": { one: "passed" },
    "deno\ttests/platform/windows/command_line.test.ts": { one: "passed" },
  });
  assert.deepEqual(lines.slice(-2), [
    "of those that passed: 2 against libraries in place of Windows and macOS, 2 on arm64, 2 under Wine",
    "9 passed, 0 failed, 1 skipped",
  ]);
});

test("why one was skipped is found where it is written, in a directory that ran as a whole, too", () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-count-"));
  try {
    const [ledger, path] = [join(directory, "ledger"), join(directory, "report.xml")];
    const skipped = (file: string) =>
      `<testcase name="is well-formed, whatever stands in it" classname="a plot as SVG" file="${file}"><skipped /></testcase>`;
    writeFileSync(path, ["Z:\\p\\tests\\render\\plot\\plot.test.ts", "gone.test.ts"].map(skipped).join(""));
    writeFileSync(ledger, `wine\ttests/render/plot/\t0\t${path}\nbun\ta.test.ts\t0\t${path}\n`);
    const bun = join(ROOT, "node_modules/bun/bin/bun.exe");
    const { stdout } = spawnSync(bun, ["scripts/count_results.ts", ledger], { cwd: ROOT, encoding: "utf8" });
    assert.match(stdout, /^skipped \(wine\) tests\/render\/plot\/: .* — python3, which reads/m);
    assert.match(stdout, /^skipped \(bun\) a\.test\.ts: .* — no reason found$/m);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
