/* A cgroup that others have made: where its files are, who is in it, and that another at its path is another. */
import assert from "node:assert/strict";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseMembership } from "../../../../platform/linux/cgroup/cgroup_path.ts";
import { AskedMembers, ListedMembers } from "../../../../platform/linux/cgroup/observed_members.ts";
import { observedDirectories } from "../../../../platform/linux/cgroup/observed_places.ts";
import { readText } from "../../../../platform/linux/proc/kernel_file.ts";
import { withDirectory } from "../../../cli/support/directory.ts";
import { freshName, makeCgroup, noWorkloads, ownV2, startInside } from "../../../support/workload_cgroups.ts";

/** A /proc with these lines in `self/cgroup` and `self/mountinfo`. */
async function captured(cgroup: string, mounts: readonly string[], use: (proc: string) => void) {
  await withDirectory((proc) => {
    mkdirSync(join(proc, "self"));
    writeFileSync(join(proc, "self/cgroup"), cgroup);
    writeFileSync(join(proc, "self/mountinfo"), mounts.map((line) => `${line}\n`).join(""));
    use(proc);
  });
}

const V2 = "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
const UNIFIED = "30 24 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";
const MEMORY = "31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";
const CPU = "32 24 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct";
const HYBRID = "2:cpu,cpuacct:/\n3:memory:/\n0::/\n";
const PATH = "/docker/x";

describe("the directories of a cgroup", () => {
  test("are those of v2 where there is nothing else", async () => {
    await captured("0::/\n", [V2], (proc) => {
      const directory = "/sys/fs/cgroup/docker/x";
      const found = observedDirectories([{ hierarchy: "", path: PATH }], proc);
      assert.deepEqual(found, { v2: directory, v1Memory: null, v1Cpu: null, list: directory });
    });
  });

  test("are those of v1 that have it", async () => {
    await captured(HYBRID, [UNIFIED, MEMORY, CPU], (proc) => {
      const places = ["cpu,cpuacct", "memory"].map((hierarchy) => ({ hierarchy, path: PATH }));
      assert.deepEqual(observedDirectories(places, proc), {
        v2: null,
        v1Memory: "/sys/fs/cgroup/memory/docker/x",
        v1Cpu: "/sys/fs/cgroup/cpu,cpuacct/docker/x",
        list: "/sys/fs/cgroup/memory/docker/x",
      });
    });
  });

  test("are out of sight for who sees but a part of the hierarchy", async () => {
    const none = { v2: null, v1Memory: null, v1Cpu: null, list: null };
    const part = "30 24 0:26 /docker/own /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
    await captured("0::/docker/own\n", [part], (proc) => {
      assert.deepEqual(observedDirectories([{ hierarchy: "", path: PATH }], proc), none);
    });
    await captured("0::/\n", [V2], (proc) => {
      assert.deepEqual(observedDirectories([{ hierarchy: "", path: "/../x" }], proc), none);
    });
  });
});

test(
  "the members are the same by the list and by asking everybody",
  { skip: noWorkloads, timeout: 120_000 },
  async () => {
    await using outer = makeCgroup(ownV2(), freshName("observed"));
    await using inner = makeCgroup(outer.directory, "a/b");
    await using one = await startInside([outer.directory], "odd_name", "one");
    await using two = await startInside([inner.directory], "odd_name", "two");
    const path = parseMembership(readText(`/proc/${one.pid}/cgroup`) ?? "")!;
    const expected = new Set([one.pid, two.pid]);
    assert.deepEqual(new ListedMembers(outer.directory).list(), expected);
    const asked = new AskedMembers([{ hierarchy: "", path }]);
    assert.deepEqual(asked.list(false), expected);
    assert.equal(asked.list(false), null, "not so soon again");
    assert.deepEqual(asked.list(true), expected);
    await Promise.all([one.release(), two.release()]);
  },
);

test("a cgroup that was made anew is another", { skip: noWorkloads, timeout: 120_000 }, async () => {
  await using cgroup = makeCgroup(ownV2(), freshName("anew"));
  const members = new ListedMembers(cgroup.directory);
  assert.equal(members.isSame(), true);
  rmdirSync(cgroup.directory);
  assert.equal(members.isSame(), false);
  mkdirSync(cgroup.directory);
  assert.equal(members.isSame(), false);
  assert.equal(new ListedMembers(cgroup.directory).isSame(), true);
});
