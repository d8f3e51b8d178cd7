import assert from "node:assert/strict";
import { test } from "node:test";
import { innermostGroup } from "../../../../platform/linux/cgroup/cgroup_home.ts";
import { ownerOf } from "../../../../platform/linux/cgroup/group_directories.ts";

test("a group of proctor's is known by its directory; proctor's own refuge is none", () => {
  assert.equal(innermostGroup("/user.slice/proctor-12-3"), "/user.slice/proctor-12-3");
  assert.equal(innermostGroup("/a/proctor-1-1/proctor-9-2/below"), "/a/proctor-1-1/proctor-9-2");
  assert.equal(innermostGroup("/a/proctor-12-0"), null);
  assert.equal(innermostGroup("/a/proctor-12-0/proctor-12-1"), "/a/proctor-12-0/proctor-12-1");
  assert.equal(innermostGroup("/proctor-service"), null);
  assert.equal(innermostGroup(""), null);
});

test("the directory of a group says who made it", () => {
  assert.equal(ownerOf("/sys/fs/cgroup/a/proctor-12-3"), 12);
  assert.equal(ownerOf("/sys/fs/cgroup/proctor-12-3/below"), null);
});
