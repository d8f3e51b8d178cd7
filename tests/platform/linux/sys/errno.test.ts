import assert from "node:assert/strict";
import { test } from "node:test";
import {
  describeErrno,
  EACCES,
  EBUSY,
  EINVAL,
  ENOENT,
  ENOEXEC,
  ENOSYS,
  ENOTDIR,
  EPERM,
  ESRCH,
} from "../../../../platform/linux/sys/errno.ts";

test("the numbers are those of Linux", () => {
  // include/uapi/asm-generic/errno-base.h and errno.h
  const numbers = { EPERM, ENOENT, ESRCH, ENOEXEC, EACCES, EBUSY, ENOTDIR, EINVAL, ENOSYS };
  const expected = {
    EPERM: 1,
    ENOENT: 2,
    ESRCH: 3,
    ENOEXEC: 8,
    EACCES: 13,
    EBUSY: 16,
    ENOTDIR: 20,
    EINVAL: 22,
    ENOSYS: 38,
  };
  assert.deepEqual(numbers, expected);
});

test("the reasons for which a launch fails are said in words", () => {
  assert.match(describeErrno(2), /no such file/);
  assert.match(describeErrno(13), /permission denied/);
  assert.match(describeErrno(8), /executable format/);
  assert.match(describeErrno(7), /too long/);
  assert.match(describeErrno(11), /limit on processes/);
  assert.match(describeErrno(12), /memory/);
  assert.match(describeErrno(20), /not a directory/);
});

test("the others go by their names, and unknown ones by their number", () => {
  assert.equal(describeErrno(71), "EPROTO");
  assert.match(describeErrno(4_000), /4000/);
});
