import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { CgroupMembers } from "../../../../platform/linux/cgroup/cgroup_members.ts";
import type { ProcessReader } from "../../../../platform/contract/processes.ts";
import { eventually } from "../../../support/eventually.ts";

const notLinux = process.platform !== "linux" && "cgroups are Linux's";

/** The members of a cgroup whose list is a file of ours: nothing else of it is read. */
function membersOf(directory: string, list: string): CgroupMembers {
  writeFileSync(join(directory, "cgroup.procs"), list);
  writeFileSync(join(directory, "cgroup.stat"), "nr_descendants 0\n");
  return new CgroupMembers(directory, {
    wanted: { counters: false, io: false, switches: false, fileDescriptors: false },
    marker: "X=1",
    soleParent: true,
    guarded: false,
  });
}

test(
  "a list is new until it was looked through, though all have left before",
  { skip: notLinux },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-members-"));
    const members = membersOf(directory, "");
    try {
      await eventually(() => members.isListDue());
      assert.equal(members.isListNew(), true);
      members.discover(new Map(), () => assert.fail("somebody is in it"), false);
      await eventually(() => members.isListDue());
      assert.equal(members.isListNew(), false);
    } finally {
      members.close();
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

test("who could not be opened once, and is not in the list, is not looked for for ever", {
  skip: notLinux,
}, () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-members-"));
  const members = membersOf(directory, `${process.pid}\n`);
  const known = new Map<number, ProcessReader>();
  const look = () => members.discover(known, (reader) => void known.set(reader.pid, reader), false);
  try {
    // The first one is for the list, and after it one is as any other.
    for (let times = 0; times < 2; times++) {
      members.hasUnopened = true;
      look();
    }
    assert.deepEqual([...known.keys()], [process.pid]);
    assert.equal(members.hasUnopened, false);
  } finally {
    members.close();
    for (const reader of known.values()) reader.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
