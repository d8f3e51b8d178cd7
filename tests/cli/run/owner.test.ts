/*
 * --owner and --stdio: how a program around proctor holds it, and keeps its own descriptors apart from the command's.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, lastJson, proctor, shell, startProgram } from "../support/proctor.ts";
import type { Running } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import { cgroupsOf, stateOf, until } from "../support/traces.ts";

/** A command in a shell, whose descriptor 5 is a pipe that ends when our standard input does. */
function owned(command: string): Running {
  const script = `cat | { exec 5<&0 </dev/null; exec ${command}; }`;
  return startProgram(["/bin/sh", "-c", script], { input: "open", env: { PROCTOR: BINARY } });
}

const isAlive = (pid: number) => !["Z", "X", undefined].includes(stateOf(pid));

describe("--owner", () => {
  test("stops the whole tree when its pipe ends", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const records = `${directory}/records`;
      const running = owned(
        `"$PROCTOR" run --owner fd:5 --quiet --records '${records}' -- sh -c 'setsid sleep 60 & sleep 60 & echo begun; wait'`,
      );
      await running.line((line) => line === "begun");
      await until(() => readFileSync(records, "utf8").includes("\n"), "the start record is written");
      const start = JSON.parse(readFileSync(records, "utf8").split("\n")[0]);
      assert.ok(isAlive(start.pid));
      const proctorPid = Number(
        /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${start.pid}/status`, "utf8"))![1],
      );
      running.closeInput();
      await running.ended;
      const { summary, processes } = parseStream(readFileSync(records, "utf8"));
      assert.equal(summary.outcome, "interrupted");
      assert.equal(summary.leftover_process_count, 0);
      assert.ok(processes.length >= 3);
      for (const { pid } of processes) assert.ok(!isAlive(pid), `${pid} is left`);
      assert.deepEqual(cgroupsOf(proctorPid), []);
    });
  });

  test("stops what ignores SIGTERM, after the grace", { timeout: 120_000 }, async () => {
    const running = owned(
      `"$PROCTOR" run --owner fd:5 --grace 100ms --quiet -- ${fixture("ignore_sigterm")} 60`,
    );
    const { pid } = await running.ready();
    running.closeInput();
    assert.equal((await running.ended).code, 128 + 9);
    assert.ok(!isAlive(pid));
  });

  test("changes nothing while its pipe is open", { timeout: 120_000 }, async () => {
    const running = owned(
      `sh -c '"$PROCTOR" run --owner fd:5 --summary json -- sh -c "exit 7"; echo ended $?'`,
    );
    await running.line((line) => line === "ended 7");
    assert.equal(JSON.parse(running.stderr).outcome, "exited");
    running.closeInput();
    await running.ended;
  });

  test("ends an attach, and leaves the tree alone", { timeout: 120_000 }, async () => {
    const target = startProgram(["sleep", "60"]);
    try {
      await until(() => stateOf(target.pid) === "S", "the target sleeps");
      const running = owned(`"$PROCTOR" attach ${target.pid} --owner fd:5 --records - --quiet`);
      await running.line((line) => line.includes('"kind":"start"'));
      running.closeInput();
      const { code, stdout } = await running.ended;
      assert.equal(code, 0);
      assert.equal(parseStream(stdout.toString()).summary.outcome, "interrupted");
      assert.ok(isAlive(target.pid));
    } finally {
      target.kill("SIGKILL");
      await target.ended;
    }
  });

  test("of no pipe is refused before anything starts", async () => {
    for (const redirection of ["5</dev/null", "5<&-"]) {
      const { stdout, stderr, code } = await shell(`$PROCTOR run --owner fd:5 -- echo begun ${redirection}`);
      assert.equal(code, 125);
      assert.equal(stdout.toString(), "");
      assert.match(stderr, /^proctor: owner: descriptor 5 is not an open pipe; .*\n$/);
    }
  });
});

describe("--stdio", () => {
  test("gives the command its streams, and proctor keeps its own", async () => {
    await withDirectory(async (directory) => {
      const script = `cd '${directory}'; echo given >in
        exec $PROCTOR run --stdio 6,7,8 --summary json -- sh -c 'cat; echo told >&2' 6<in 7>out 8>err`;
      const { stdout, stderr } = await shell(script);
      assert.equal(stdout.toString(), "");
      assert.equal(JSON.parse(stderr).outcome, "exited");
      assert.equal(readFileSync(`${directory}/out`, "utf8"), "given\n");
      assert.equal(readFileSync(`${directory}/err`, "utf8"), "told\n");
    });
  });

  test("leaves none of proctor's descriptors with the command", async () => {
    await withDirectory(async (directory) => {
      const script =
        `sleep 1 | { exec 5<&0 </dev/null 6>'${directory}/out' 7>'${directory}/err' 8>'${directory}/records' 9</etc/passwd
        $PROCTOR run --owner fd:5 --records fd:8 --stdio 0,6,7 --quiet -- ${fixture("print_context")}; }
        cat '${directory}/out'`;
      const direct = lastJson<{ open_fds: number[] }>(
        await shell(`exec 9</etc/passwd; exec ${fixture("print_context")}`),
      );
      const { open_fds } = lastJson<{ open_fds: number[] }>(await shell(script));
      assert.deepEqual(open_fds, direct.open_fds);
    });
  });

  test("with a descriptor that is not open starts nothing", async () => {
    const { stdout, stderr, code } = await proctor(["run", "--stdio", "0,1,99", "--", "echo", "begun"]);
    assert.equal(stdout.toString(), "");
    assert.notEqual(code, 0);
    assert.match(stderr, /^proctor: .*\n$/);
  });
});
