/* Between setuid and execve a child belongs to its user, who may suspend it: we must not stand still with it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { launch } from "../../../../platform/linux/launch/launch.ts";
import { eventually } from "../../../support/eventually.ts";
import { spec, waitFor } from "../../../support/launch.ts";
import { noOtherUser, ownChildren } from "../../../support/linux.ts";

/** Nobody else's, so that what suspends all of its processes disturbs no other test, nor this one on another runtime. */
const USER = 100_000 + process.pid;
/**
 * Suspends whatever is of its user and opens a file of its own. execve(2) waits while another has a write lease on the
 * file (fcntl(2)), for 45 s at most, so that there is time for it; once the lease is given back, nothing holds up the
 * child any more but that it is suspended.
 */
const SUSPEND_ALL = `
use Fcntl qw(F_SETLEASE F_WRLCK F_UNLCK);
$| = 1;
$SIG{IO} = 'IGNORE';
open my $command, '<', $ARGV[0] or die "$ARGV[0]: $!";
fcntl $command, F_SETLEASE, F_WRLCK or die "no lease: $!";
print qq{ready\\n};
for (;;) {
  kill STOP => -1;
  my $status;
  last if grep {
    open($status, '<', $_) && join('', <$status>) =~ /^State:\\tT.*^Uid:\\t$<\\t/ms
  } glob '/proc/[0-9]*/status';
  select undef, undef, undef, 0.01;
}
fcntl $command, F_SETLEASE, F_UNLCK or die "the lease stays: $!";
print qq{suspended\\n};
sleep 60 while 1;
`;

test(
  "a child that its user suspends on the way to its command is given up",
  { skip: noOtherUser, timeout: 120_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-suspended-"));
    const command = join(directory, "true");
    copyFileSync("/bin/true", command);
    for (const path of [directory, command]) {
      chmodSync(path, 0o755);
      chownSync(path, USER, USER);
    }
    const attacker = spawn("setpriv", [
      ...[`--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", "--", "perl", "-e", SUSPEND_ALL, command],
    ], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(attacker, "exit");
    const told: string[] = [];
    const lines = createInterface({ input: attacker.stdout! }).on("line", (line) => void told.push(line));
    const before = ownChildren().filter((pid) => pid !== attacker.pid);
    try {
      await once(lines, "line");
      const launched = launch(
        spec(command, ["true"], { credentials: { uid: USER, gid: USER, groups: [] } }),
      );
      if ("pid" in launched) {
        process.kill(launched.pid, "SIGKILL");
        process.kill(launched.pid, "SIGCONT");
        await waitFor(launched);
        assert.fail("it came to its command");
      }
      assert.match(launched.message, /^it did not come to its command within 10 s/);
      await eventually(() => told.length > 1);
      assert.deepEqual(told, ["ready", "suspended"]);
    } finally {
      attacker.kill("SIGKILL");
      await ended;
      rmSync(directory, { recursive: true });
    }
    assert.deepEqual(ownChildren().filter((pid) => pid !== attacker.pid), before, "a child is left behind");
  },
);
