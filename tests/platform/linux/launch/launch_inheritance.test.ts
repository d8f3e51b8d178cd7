/* What a command inherits through us: as if whoever started us had started it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fixture } from "../../../support/fixture.ts";
import { runtimeCommand } from "../../../support/linux.ts";

/** What a command was given that a launching program started, which a shell started after `setup`. */
function contextAfter(setup: string, launcher: string) {
  // The shell stays: limits are compared with those of our parent.
  const script = `${setup}; "$@"; exit $?`;
  const args = ["-c", script, "sh", ...runtimeCommand("launch_program.ts"), "context", launcher];
  const { status, stdout, stderr } = spawnSync("sh", args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

const names = (signals: readonly string[]) => signals.map((signal) => signal.replace(/^SIG/, ""));

for (const launcher of ["small parent", "clone3", "posix_spawn"]) {
  describe(`by ${launcher}`, () => {
    test("the soft limit on descriptors, not the one the runtime raised it to", { timeout: 120_000 }, () => {
      const { nofile } = contextAfter("ulimit -Sn 1024", launcher);
      assert.equal(nofile.soft, 1_024);
      assert.ok(nofile.hard > 1_024, "there was nothing to raise");
    });

    test("a hard limit stays as it is", { timeout: 120_000 }, () => {
      assert.deepEqual(contextAfter("ulimit -Sn 1500; ulimit -Hn 2000", launcher).nofile, {
        soft: 1_500,
        hard: 2_000,
      });
    });

    test(
      "signals that were ignored, as by nohup, stay ignored, and no others are",
      { timeout: 120_000 },
      () => {
        const ignored = names(contextAfter("trap '' HUP USR1", launcher).signals.ignored);
        assert.ok(ignored.includes("HUP") && ignored.includes("USR1"), ignored.join(" "));
        assert.ok(!ignored.includes("PIPE") && !ignored.includes("XFSZ"), ignored.join(" "));
      },
    );

    test("descriptors beyond the three pass through", { timeout: 120_000 }, () => {
      const given = contextAfter("exec 7</dev/zero", launcher);
      assert.equal(given.fd_targets[7], "/dev/zero", `it has only ${given.open_fds}`);
      const { stdout } = spawnSync("sh", ["-c", 'exec 7</dev/zero "$0"', fixture("print_context")], {
        encoding: "utf8",
      });
      assert.deepEqual(given.open_fds, JSON.parse(stdout).open_fds);
    });

    test("umask, group, session, priority and environment", { timeout: 120_000 }, () => {
      const given = contextAfter("umask 027; export MARK=äö; renice -n 3 $$ >/dev/null", launcher);
      assert.equal(given.umask_octal, "0027");
      assert.equal(given.env.MARK, "äö");
      assert.equal(given.nice, 3);
      assert.equal(given.pgid, contextGroup());
    });
  });
}

function contextGroup(): number {
  const { stdout } = spawnSync("sh", ["-c", "cut -d' ' -f5 /proc/self/stat"], { encoding: "utf8" });
  return Number(stdout);
}
