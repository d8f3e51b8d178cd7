/* A PID namespace whose /proc is that of another one: numbers in it are strangers. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fixture } from "../support/fixture.ts";
import { BINARY, runProgram } from "./support/proctor.ts";

const skip = spawnSync("unshare", ["--pid", "--fork", "true"]).status !== 0 &&
  "needs root and unshare (util-linux)";
const foreign = (words: readonly string[], inner: readonly string[] = []) => [
  ...["unshare", "--pid", "--fork", "--kill-child"],
  ...inner,
  BINARY,
  ...words,
];
const WARNING = /\/proc is another PID namespace's/;
const AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];

for (const [user, inner] of [["root", []], ["another user", AS_NOBODY]] as const) {
  test(`a run by ${user} ends with its command, takes nobody for its own, and warns once`, {
    skip,
    timeout: 120_000,
  }, async () => {
    const words = [
      "run",
      "--summary",
      "json",
      "--",
      "sh",
      "-c",
      `${fixture("burn_cpu")} 0.3 > /dev/null; exit 4`,
    ];
    const outcome = await runProgram(foreign(words, inner), { cwd: "/" });
    assert.equal(outcome.code, 4, outcome.stderr);
    const lines = outcome.stderr.trimEnd().split("\n");
    assert.equal(lines.filter((line) => WARNING.test(line)).length, 1, outcome.stderr);
    const summary = JSON.parse(lines.find((line) => line.startsWith("{"))!);
    assert.equal(summary.outcome, "exited");
    assert.ok(summary.cpu_seconds >= 0.3 && summary.cpu_seconds < 1, `${summary.cpu_seconds}`);
    assert.ok(summary.total_process_count <= 3, `${summary.total_process_count} processes`);
    assert.equal(summary.leftover_process_count, 0);
  });

  test(`a timeout by ${user} ends the tree`, { skip, timeout: 120_000 }, async () => {
    const words = ["run", "--timeout", "500ms", "--quiet", "--", "sh", "-c", "sleep 61.7; true"];
    const { code } = await runProgram(foreign(words, inner), { cwd: "/" });
    assert.equal(code, 124);
  });
}

test("doctor tells it", { skip, timeout: 120_000 }, async () => {
  const { stdout } = await runProgram(foreign(["doctor"]));
  assert.match(stdout.toString(), new RegExp(`less +/proc: ${WARNING.source}`));
});

test("who looks processes up by number is refused in one line", { skip, timeout: 120_000 }, async () => {
  for (const words of [["attach", "1"], ["watch", "--pid", "1"]]) {
    const { code, stderr } = await runProgram(foreign(words));
    assert.notEqual(code, 0);
    assert.match(stderr, new RegExp(`^proctor: [^\n]*${WARNING.source.slice(2)}[^\n]*\n$`), words.join(" "));
  }
});
