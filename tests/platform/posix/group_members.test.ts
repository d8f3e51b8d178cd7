import assert from "node:assert/strict";
import { test } from "node:test";
import { othersIn } from "../../../platform/posix/group_members.ts";

test("a group has others in it than one user and root, or none", () => {
  const passwd =
    "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n";
  const groups =
    "root:x:0:\nann:x:1000:\nbob:x:1001:ann\nteam:x:2000:ann,bob\nann2:x:2001:ann\nstaff:x:50:\n";
  const cases: [gid: number, others: boolean][] = [
    [1000, false],
    [1001, true],
    [2000, true],
    [2001, false],
    [50, false],
    [0, false],
    [7, true],
  ];
  for (const [gid, others] of cases) assert.equal(othersIn(gid, 1000, passwd, groups), others, String(gid));
});
