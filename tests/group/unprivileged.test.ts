/* What an ordinary user gets: without a cgroup, with one that was delegated, and of other users' processes. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import { ownCgroup } from "../../platform/linux/cgroup/cgroup_path.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { asNobody, NOBODY_ENV, noCgroup, noOtherUser, runtimeCommand } from "../support/linux.ts";
import { startFixture } from "../support/live.ts";

const execute = promisify(execFile);
const skip = noOtherUser;
const STORM = [fixture("storm"), "300", "0.003", "2"];

/** Run group_program.ts as nobody; `prefix` is a command line that runs it. */
async function asUser(words: readonly string[], prefix: readonly string[] = []) {
  const [command, ...args] = [...prefix, ...asNobody([...runtimeCommand("group_program.ts"), ...words])];
  const { stdout } = await execute(command, args, { env: NOBODY_ENV, cwd: "/" });
  return JSON.parse(stdout);
}

// deno-lint-ignore no-explicit-any
function assertBilled({ totals, output, lostCount, cpuIncomplete }: any): void {
  const { children, self, count } = output;
  assert.equal(count, 300);
  assertNear(totals.cpuSeconds, children.cpu_seconds + self.cpu_seconds, 0.01, 0.02, "CPU");
  assertNear(totals.minorFaults, children.minor_faults + self.minor_faults, 0.01, 50, "minor faults");
  assert.ok(totals.ioReadBytes > 10_000, "perl has read its modules");
  assert.deepEqual([lostCount, cpuIncomplete], [0, false]);
}

/** A cgroup below ours for as long as `use` runs; the user owns the directory, and these files of it. */
async function delegated(
  files: readonly string[],
  use: (enter: readonly string[], directory: string) => Promise<void>,
) {
  const own = ownCgroup();
  assert.ok("directory" in own);
  const directory = join(own.directory, `delegated-${process.pid}`);
  mkdirSync(directory);
  try {
    for (const path of [directory, ...files.map((file) => join(directory, file))]) {
      chownSync(path, 65_534, 65_534);
    }
    await use(["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', directory], directory);
  } finally {
    for (const name of readdirSync(directory)) {
      if (name.startsWith("proctor-")) rmdirSync(join(directory, name));
    }
    rmdirSync(directory);
  }
}

test(
  "without a cgroup of one's own there is the subreaper, and the reason for it",
  { skip, timeout: 120_000 },
  async () => {
    const run = await asUser(STORM);
    assert.equal(run.mechanism, "subreaper");
    assert.match(run.reason, /permission denied|read-only|no cgroup v2/);
    assertBilled(run);
  },
);

const noDelegation = noCgroup || noOtherUser;
test(
  "a delegated cgroup is used",
  { skip: noDelegation && "needs root and cgroup v2", timeout: 120_000 },
  async () => {
    await delegated(
      ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"],
      async (enter, directory) => {
        const run = await asUser(STORM, enter);
        assert.equal(run.mechanism, "cgroup");
        assertBilled(run);
        const left = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
        assert.deepEqual(left.map(({ name }) => name), []);
      },
    );
  },
);

test("a cgroup that can be made but not entered is given up", {
  skip: noDelegation && "needs root and cgroup v2",
  timeout: 120_000,
}, async () => {
  await delegated([], async (enter, directory) => {
    const run = await asUser(STORM, enter);
    assert.equal(run.mechanism, "subreaper");
    assert.match(run.reason, /permission denied/);
    assertBilled(run);
    const left = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(left.map(({ name }) => name), []);
  });
});

test(
  "of another user's process, what cannot be read is unknown, not zero",
  { skip, timeout: 120_000 },
  async () => {
    await using live = await startFixture("alloc_mb", "32", "-");
    const run = await asUser(["--observe", String(live.pid)]);
    assert.deepEqual([run.mechanism, run.processCount], ["none", 1]);
    assert.ok(run.memoryBytes > 32e6, "memory is for everybody to see");
    assert.equal(run.totals.cpuSeconds, 0, "CPU is for everybody to see");
    assert.equal(run.totals.ioReadBytes, null);
    assert.equal(run.totals.diskWriteBytes, null);
    // The size of /proc/PID/fd is for everybody to see, since Linux 6.2; before, nothing is.
    const open = readdirSync(`/proc/${live.pid}/fd`).length;
    assert.ok([open, null].includes(run.fileDescriptorCount), `${run.fileDescriptorCount} of ${open}`);
    assert.equal(run.ioIncomplete, true);
  },
);

test("what a user's ended processes have read is still known", { skip, timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-test-"));
  try {
    chmodSync(directory, 0o755);
    const file = join(directory, "file");
    writeFileSync(file, new Uint8Array(8 << 20), { mode: 0o644 });
    const { totals, output } = await asUser([fixture("read_bytes"), file]);
    assert.equal(output.bytes, 8 << 20);
    assertNear(totals.ioReadBytes ?? NaN, 8 << 20, 0.05, 0, "through read calls");
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("nothing is left of the delegated cgroups", { skip: noCgroup }, () => {
  const own = ownCgroup();
  assert.ok("directory" in own);
  assert.equal(existsSync(join(own.directory, `delegated-${process.pid}`)), false);
});
