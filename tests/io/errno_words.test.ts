import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { reasonOf } from "../../io/errno_words.ts";
import { UnfitFile } from "../../io/regular_file.ts";

function failure(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

const coded = (code: string, message = "write") => Object.assign(new Error(message), { code });

test("errors of the system are told in words", () => {
  assert.equal(reasonOf(failure(() => readFileSync("/none/none"))), "no such file or directory");
  assert.equal(reasonOf(coded("ENOSPC")), "no space left on the device");
  assert.equal(
    reasonOf(coded("ENOENT"), { ENOENT: "there is no such directory" }),
    "there is no such directory",
  );
  // What has no words of ours has those of the runtime, or its code.
  assert.equal(reasonOf(coded("EEXIST", "EEXIST: file already exists, mkdir '/tmp'")), "file already exists");
  assert.equal(reasonOf(coded("EPROTO")), "EPROTO");
});

test("other errors are told by their message", () => {
  assert.equal(reasonOf(new UnfitFile("it is a socket; name a file")), "it is a socket; name a file");
  assert.equal(reasonOf(coded("ERR_SOCKET_BAD_PORT", "it is not a port")), "it is not a port");
});
