/*
 * What is read of a command right after its launch is true of it, and not of who has launched it. With several
 * processors it is so nearly always; on the one of the virtual machine of arm64, unless it is waited for, half of the
 * looks are too early.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { awaitExec } from "../../../../platform/linux/launch/await_exec.ts";
import { systemCall } from "../../../../platform/linux/sys/machine_code.ts";
import { assertLaunched, byClone, bySmallParent, spec } from "../../../support/launch.ts";

const LAUNCHES = 30;
/** Of one that has ended, or that has no stack yet, there is no command line. */
const ITS_OWN = ["true\0", ""];

for (const [name, launcher] of Object.entries({ bySmallParent, byClone })) {
  test(`the first look at a command finds the command: ${name}`, { timeout: 120_000 }, () => {
    for (let count = 0; count < LAUNCHES; count++) {
      const { pid } = assertLaunched(launcher(spec("/bin/true", ["true"])));
      const words = readFileSync(`/proc/${pid}/cmdline`, "latin1");
      const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
      systemCall("wait4", pid, 0, 0, 0);
      assert.ok(ITS_OWN.includes(words), `launch ${count}: ${JSON.stringify(words)}`);
      assert.ok(pages < 2_000, `launch ${count}: ${pages} pages`);
    }
  });
}

/** Forks a child that executes something after a while, or never, and says its number. */
const FORKED = `my $child = fork;
if ($child) { $| = 1; print "$child\\n"; wait } else { select undef, undef, undef, 0.3; exec "sleep", "0" if $ARGV[0]; }`;

for (const executes of [true, false]) {
  const what = executes ? "executes" : "ends without having executed";
  test(`it is waited until a child ${what}`, { timeout: 120_000 }, async () => {
    const parent = spawn("perl", ["-e", FORKED, executes ? "1" : ""], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const ended = once(parent, "exit");
    const [said] = await once(parent.stdout, "data");
    const began = performance.now();
    awaitExec(Number(said));
    const waitedMs = performance.now() - began;
    assert.ok(waitedMs > 100 && waitedMs < 900, `${waitedMs} ms`);
    await ended;
  });
}

test("nobody is waited for who is gone, or another program long since", () => {
  const began = performance.now();
  awaitExec(2 ** 30);
  awaitExec(process.pid);
  assert.ok(performance.now() - began < 500);
});
