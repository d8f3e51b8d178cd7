import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ownCgroup } from "../../../../platform/linux/cgroup/cgroup_path.ts";
import {
  makeGroup,
  removeAbandoned,
  removeAnyAbandoned,
  unmakeGroup,
} from "../../../../platform/linux/cgroup/group_directories.ts";
import { noCgroup } from "../../../support/linux.ts";

const notLinux = process.platform !== "linux" && "directories of cgroups are Linux's";

test("of hundreds that are still in use a few are tried, and those of others all the same", {
  skip: notLinux,
}, () => {
  const parent = mkdtempSync(join(tmpdir(), "proctor-abandoned-"));
  try {
    const [full, empty] = [spawnSync("true").pid, spawnSync("true").pid];
    const make = (pid: number, number: number) => {
      const directory = join(parent, `proctor-${pid}-${number}`);
      mkdirSync(directory);
      return directory;
    };
    // What a directory that holds something answers to rmdir(2) is what a populated cgroup does: no.
    for (let number = 1; number <= 100; number++) writeFileSync(join(make(full, number), "inhabitant"), "");
    const left = [1, 2, 3].map((number) => make(empty, number));
    const own = make(process.pid, 1);
    const found = removeAbandoned(parent);
    assert.deepEqual(left.filter(existsSync), []);
    assert.equal(existsSync(own), true);
    assert.equal(found.filter((name) => name.startsWith(`proctor-${empty}-`)).length, 3);
    const tried = found.filter((name) => name.startsWith(`proctor-${full}-`)).length;
    assert.ok(tried > 0 && tried <= 8, `${tried}`);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

test(
  "what stands behind many that are in use is removed by one of the next starts",
  { skip: notLinux },
  () => {
    const parent = mkdtempSync(join(tmpdir(), "proctor-abandoned-"));
    try {
      const { pid } = spawnSync("true");
      const make = (number: number) => {
        const directory = join(parent, `proctor-${pid}-${number}`);
        mkdirSync(directory);
        return directory;
      };
      for (let number = 1; number <= 20; number++) writeFileSync(join(make(number), "inhabitant"), "");
      const left = [21, 22, 23, 24].map(make);
      // Each start misses one of them at even odds or so.
      for (let start = 0; start < 1_000 && left.some(existsSync); start++) removeAbandoned(parent);
      assert.deepEqual(left.filter(existsSync), []);
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  },
);

test("what we make ourselves is not a reason to search for what is abandoned; what others make is", {
  skip: noCgroup,
}, () => {
  const own = ownCgroup();
  assert.ok("directory" in own);
  const parent = join(own.directory, `searched-${process.pid}`);
  mkdirSync(parent);
  const gone = spawnSync("true").pid;
  const [first, ours, second] = [1, 2, 3].map((number) => join(parent, `proctor-${gone}-${number}`));
  try {
    mkdirSync(first);
    assert.deepEqual(removeAnyAbandoned(parent), [basename(first)]);
    // By its name it is abandoned: a search would remove it.
    assert.equal(makeGroup(ours), 0);
    for (let n = 0; n < 3; n++) {
      const another = join(parent, `proctor-${process.pid}-${n}`);
      assert.equal(makeGroup(another), 0);
      assert.deepEqual(removeAnyAbandoned(parent), []);
      assert.equal(unmakeGroup(another), 0);
      assert.deepEqual(removeAnyAbandoned(parent), []);
    }
    assert.equal(existsSync(ours), true);
    mkdirSync(second);
    assert.deepEqual(removeAnyAbandoned(parent).sort(), [ours, second].map((one) => basename(one)));
  } finally {
    for (const one of [first, ours, second, parent]) if (existsSync(one)) rmdirSync(one);
  }
});
