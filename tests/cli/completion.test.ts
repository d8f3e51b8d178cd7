import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { BINARY, proctor, runProgram } from "./support/proctor.ts";

const noBash = existsSync("/bin/bash") ? false : "bash is missing";

/** What is suggested for words, the last of which is being typed. */
async function suggestions(...words: string[]): Promise<string[]> {
  const { stdout, stderr, code } = await proctor(["complete", "--", ...words]);
  assert.equal(stderr, "");
  assert.equal(code, 0);
  return stdout.toString().split("\n").map((line) => line.split("\t")[0]).filter((word) =>
    word && !word.startsWith(":")
  );
}

describe("proctor completion", () => {
  for (const shell of ["bash", "zsh", "fish", "powershell"]) {
    test(`prints a script for ${shell}`, async () => {
      const { stdout, stderr, code } = await proctor(["completion", shell]);
      assert.equal(code, 0);
      assert.equal(stderr, "");
      const text = stdout.toString();
      assert.match(text, /proctor/);
      assert.ok(text.slice(0, 400).includes(`proctor completion ${shell} >`), text.slice(0, 400));
      if (shell === "zsh") assert.match(text, /^#compdef proctor\n/);
    });
  }

  test("the script for bash is one", { skip: noBash }, async () => {
    const { stdout } = await proctor(["completion", "bash"]);
    const { code, stderr } = await runProgram(["/bin/bash", "-n"], { input: stdout });
    assert.equal(code, 0, stderr);
  });

  test("bash completes with it", { skip: noBash, timeout: 120_000 }, async () => {
    const script = `proctor() { "${BINARY}" "$@"; }
      PATH="${BINARY.replace(/\/[^/]*$/, "")}:$PATH"
      source <(proctor completion bash)
      spec=$(complete -p proctor) && fn=$(sed -n 's/.*-F \\([^ ]*\\).*/\\1/p' <<<"$spec")
      COMP_WORDS=(proctor run --ti) COMP_CWORD=2 COMP_LINE="proctor run --ti" COMP_POINT=16
      "$fn" proctor --ti run; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await runProgram(["/bin/bash", "--norc", "-c", script]);
    assert.deepEqual(
      stdout.toString().split("\n").map((line) => line.trim()).filter(Boolean),
      ["--timeout"],
      stderr,
    );
  });

  test("knows the verbs", async () => {
    const verbs = await suggestions("");
    for (
      const verb of [
        "run",
        "attach",
        "watch",
        "supervise",
        "ctl",
        "top",
        "compare",
        "report",
        "plot",
        "completion",
      ]
    ) {
      assert.ok(verbs.includes(verb), `${verb} is not among ${verbs.join()}`);
    }
    assert.ok(!verbs.includes("complete"), "the helper is hidden");
    assert.deepEqual(await suggestions("att"), ["attach"]);
    assert.deepEqual(await suggestions("self"), ["self-check"]);
    assert.deepEqual(await suggestions("help", "ex"), ["exporters", "exit-codes"]);
  });

  test("knows the options of a verb", async () => {
    assert.deepEqual(await suggestions("run", "--ti"), ["--timeout"]);
    assert.deepEqual(await suggestions("attach", "--dur"), ["--duration"]);
    assert.deepEqual(await suggestions("run", "--dur"), []);
  });

  test("knows what can stand behind them", async () => {
    assert.deepEqual(await suggestions("run", "--format", ""), ["jsonl", "csv"]);
    assert.deepEqual(await suggestions("run", "--leftovers", "le"), ["leave"]);
    assert.ok((await suggestions("run", "--profile", "lo")).includes("long_running_daemon"));
    assert.ok((await suggestions("profiles", "lo")).includes("long_running_daemon"));
    assert.ok((await suggestions("completion", "z")).includes("zsh"));
    assert.deepEqual(await suggestions("host", "me"), ["memory"]);
    assert.deepEqual(await suggestions("sysmon", "--li"), ["--listen"]);
  });
});
