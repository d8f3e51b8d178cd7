/* Functions that a C library may lack: glibc before 2.29 and musl before 1.2.5 do. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { LIBC, openLibrary } from "../../ffi/mod.ts";

const getpid = { args: [], returns: "i32" } as const;

test("a function that may be missing takes no other with it", () => {
  const bound = openLibrary(LIBC, { getpid }, { getppid: getpid, proctor_has_no_such_call: getpid });
  assert.equal(bound.getpid(), process.pid);
  assert.equal(bound.getppid?.(), process.ppid);
  assert.equal(bound.proctor_has_no_such_call, undefined);
});

test("one that is needed is named when it is missing", () => {
  assert.throws(
    () => openLibrary(LIBC, { getpid, proctor_has_no_such_call: getpid }),
    { name: "ProctorError", message: /^Cannot open libc\.so\.6 or .*proctor_has_no_such_call/s },
  );
});
