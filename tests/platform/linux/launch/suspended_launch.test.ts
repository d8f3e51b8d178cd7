/* Between setuid and execve a child belongs to its user, who may suspend it: we must not stand still with it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { launch } from "../../../../platform/linux/launch/launch.ts";
import { spec, waitFor } from "../../../support/launch.ts";
import { noOtherUser, ownChildren } from "../../../support/linux.ts";

/** Nobody else's, so that what suspends all of its processes disturbs no other test, nor this one on another runtime. */
const USER = 100_000 + process.pid;
const SUSPEND_ALL = "$| = 1; print qq{ready\\n}; kill STOP => -1 while 1";

test(
  "a child that its user suspends on the way to its command is given up",
  { skip: noOtherUser, timeout: 120_000 },
  async () => {
    const credentials = { uid: USER, gid: USER, groups: [] };
    const attacker = spawn("setpriv", [
      ...[`--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", "--", "perl", "-e", SUSPEND_ALL],
    ], { stdio: ["ignore", "pipe", "inherit"] });
    const before = ownChildren().filter((pid) => pid !== attacker.pid);
    try {
      await once(attacker.stdout!, "data");
      let failure;
      for (const endMs = Date.now() + 60_000; !failure && Date.now() < endMs;) {
        const launched = launch(spec("/bin/true", ["true"], { credentials }));
        if ("stage" in launched) failure = launched;
        else {
          // It may be suspended when it is the command already: that is its own affair.
          process.kill(launched.pid, "SIGCONT");
          process.kill(launched.pid, "SIGKILL");
          await waitFor(launched);
        }
      }
      assert.ok(failure, "no child was suspended in time: the test has nothing to look at");
      assert.match(failure.message, /^it did not come to its command within 10 s/);
    } finally {
      attacker.kill("SIGKILL");
      await once(attacker, "exit");
    }
    assert.deepEqual(ownChildren().filter((pid) => pid !== attacker.pid), before, "a child is left behind");
  },
);
