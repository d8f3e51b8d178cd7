import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { CgroupContainer } from "../../../../platform/linux/cgroup/cgroup_container.ts";
import { markCgroup } from "../../../../platform/linux/cgroup/cgroup_identity.ts";
import { ownCgroup } from "../../../../platform/linux/cgroup/cgroup_path.ts";
import { createContainer } from "../../../../platform/linux/cgroup/containment.ts";
import { closeFile } from "../../../../platform/linux/proc/kernel_file.ts";
import { openClaimed } from "../../../../platform/linux/sys/directory_claim.ts";
import { launch } from "../../../../platform/linux/launch/launch.ts";
import type { ProcessReader } from "../../../../platform/contract/processes.ts";
import { eventually } from "../../../support/eventually.ts";
import { assertNear } from "../../../support/expect.ts";
import { fixture } from "../../../support/fixture.ts";
import { assertLaunched, spec, waitFor } from "../../../support/launch.ts";
import { noCgroup, ownCgroupDirectories, processState } from "../../../support/linux.ts";

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };

function make(): CgroupContainer {
  const container = createContainer({ wanted: ALL, marker: "X=1", soleParent: true, guarded: false });
  assert.ok(container instanceof CgroupContainer, container.reason ?? "");
  return container;
}

const start = (container: CgroupContainer, file: string, args: readonly string[]) =>
  assertLaunched(launch(spec(file, args), { cgroup: container.descriptor }));

function discovered(container: CgroupContainer): number[] {
  const found: ProcessReader[] = [];
  container.discover(new Map(), (reader) => found.push(reader), true);
  for (const reader of found) reader.close();
  return found.map(({ pid }) => pid);
}

test("a process is in the cgroup from its first instruction, and CPU is counted", {
  skip: noCgroup,
  timeout: 120_000,
}, async () => {
  const container = make();
  try {
    const launched = start(container, fixture("burn_cpu"), ["burn_cpu", "0.2"]);
    const line = readFileSync(`/proc/${launched.pid}/cgroup`, "utf8");
    assert.ok(line.trim().endsWith(container.directory.split("/").at(-1)!), line);
    assert.deepEqual(discovered(container), [launched.pid]);
    const exit = await waitFor(launched);
    assert.equal(container.refresh(), true);
    assertNear(container.usage.cpuSeconds, exit.ownCpuSeconds, 0.01, 0.005, "CPU");
    assert.deepEqual(discovered(container), []);
    assert.equal(container.refresh(), false, "it ran although nothing is in it");
  } finally {
    container.release();
  }
});

test("the directory is gone after release, sub-cgroups and all", { skip: noCgroup, timeout: 120_000 }, () => {
  const container = make();
  mkdirSync(join(container.directory, "inner"));
  mkdirSync(join(container.directory, "inner", "most"));
  assert.ok(ownCgroupDirectories().length > 0);
  container.release();
  assert.equal(existsSync(container.directory), false);
  assert.deepEqual(ownCgroupDirectories(), []);
});

test("members that outlive it go on where we are", { skip: noCgroup, timeout: 120_000 }, async () => {
  const container = make();
  const launched = start(container, "/bin/sleep", ["sleep", "30"]);
  container.release();
  assert.equal(existsSync(container.directory), false);
  const of = (pid: number | "self") => /^0::.*$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[0];
  assert.equal(of(launched.pid), of("self"));
  process.kill(launched.pid, "SIGKILL");
  assert.equal((await waitFor(launched)).signal, 9);
});

test("members in sub-cgroups are found", { skip: noCgroup, timeout: 120_000 }, async () => {
  const container = make();
  try {
    const script = 'mkdir "$0/inner" && echo $$ > "$0/inner/cgroup.procs" && exec sleep 30';
    const launched = start(container, "/bin/sh", ["sh", "-c", script, container.directory]);
    await eventually(() => readFileSync(`/proc/${launched.pid}/cgroup`, "utf8").trimEnd().endsWith("/inner"));
    assert.deepEqual(discovered(container), [launched.pid]);
    assert.equal(container.kill(), true);
    assert.equal((await waitFor(launched)).signal, 9);
  } finally {
    container.release();
  }
});

test("kill ends everything inside at once", { skip: noCgroup, timeout: 120_000 }, async () => {
  const container = make();
  try {
    const launched = start(container, fixture("fork_tree"), ["fork_tree", "2", "3", "30"]);
    let members: number[] = [];
    await eventually(() => (members = discovered(container)).length >= 13);
    assert.equal(members.length, 13);
    assert.equal(container.kill(), true);
    await waitFor(launched);
    // The others became our children, if we are the subreaper, or somebody else's: none may run.
    const runs = (pid: number) => !["Z", "X", undefined].includes(processState(pid));
    await eventually(() => !members.some(runs));
  } finally {
    container.release();
  }
});

test(
  "what a killed proctor left behind is removed, and nothing else",
  { skip: noCgroup, timeout: 120_000 },
  () => {
    const own = ownCgroup();
    assert.ok("directory" in own);
    const limit = Number(readFileSync("/proc/sys/kernel/pid_max", "utf8"));
    // The other runtime's test does the same beside this one.
    const abandoned = join(own.directory, `proctor-${limit + process.pid}-1`);
    const foreign = join(own.directory, `proctor-1-${process.pid}`); // init is alive
    for (const directory of [abandoned, foreign]) mkdirSync(directory);
    try {
      make().release();
      assert.equal(existsSync(abandoned), false);
      assert.equal(existsSync(foreign), true);
    } finally {
      for (const directory of [abandoned, foreign]) if (existsSync(directory)) rmdirSync(directory);
    }
  },
);

test(
  "what was adopted from a killed proctor stays, empty as it may be, until it is given up",
  { skip: noCgroup, timeout: 120_000 },
  () => {
    const own = ownCgroup();
    assert.ok("directory" in own);
    const limit = Number(readFileSync("/proc/sys/kernel/pid_max", "utf8"));
    const directory = join(own.directory, `proctor-${limit + process.pid}-2`);
    mkdirSync(directory);
    // Another proctor of this machine may be looking for what is abandoned.
    const claim = openClaimed(directory);
    try {
      markCgroup(directory, "X=1");
      const request = { wanted: ALL, marker: "X=1", soleParent: true, guarded: false, adopted: true };
      const adopted = CgroupContainer.adopt(directory, request);
      closeFile(claim);
      make().release();
      assert.equal(existsSync(directory), true, "removed under its adopter");
      adopted.abandon();
      make().release();
      assert.equal(existsSync(directory), false);
    } finally {
      if (existsSync(directory)) rmdirSync(directory);
    }
  },
);

test("descriptors are given back", { skip: noCgroup, timeout: 120_000 }, () => {
  make().release();
  const before = readdirSync("/proc/self/fd").length;
  for (let round = 0; round < 5; round++) make().release();
  assert.equal(readdirSync("/proc/self/fd").length, before);
});
