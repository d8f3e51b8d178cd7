import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileWriterAtOnce } from "../../../../platform/linux/sys/write_file_at_once.ts";
import { withDirectory } from "../../../cli/support/directory.ts";
import { noTmpfs, withTmpfs } from "../../../support/tmpfs.ts";

describe("a file on a local disk", () => {
  test("is written to at once, whatever the length", async () => {
    await withDirectory((directory) => {
      const descriptor = openSync(`${directory}/file`, "w");
      const write = fileWriterAtOnce(descriptor)!;
      const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
      assert.equal(write(bytes.subarray(0, 3)), 3);
      assert.equal(write(bytes.subarray(3)), bytes.length - 3);
      assert.equal(write(new Uint8Array()), 0);
      closeSync(descriptor);
      assert.ok(readFileSync(`${directory}/file`).equals(bytes));
      assert.throws(() => write(bytes), { code: "EBADF" });
    });
  });

  test("that fills its disk takes what fits, and then refuses", { skip: noTmpfs }, async () => {
    await withTmpfs("64k", (disk) => {
      const descriptor = openSync(`${disk}/file`, "w");
      const write = fileWriterAtOnce(descriptor)!;
      const written = write(new Uint8Array(300_000).fill(65));
      assert.ok(written > 0 && written <= 65_536, `${written}`);
      assert.throws(() => write(new Uint8Array(8_192)), { code: "ENOSPC" });
      closeSync(descriptor);
      assert.equal(readFileSync(`${disk}/file`).length, written);
      return Promise.resolve();
    });
  });
});

test("the null device takes everything at once", { skip: !existsSync("/dev/null") }, () => {
  const descriptor = openSync("/dev/null", "r+");
  assert.equal(fileWriterAtOnce(descriptor)!(new Uint8Array(200_000)), 200_000);
  closeSync(descriptor);
});

test("other files are written to by other threads", { skip: !existsSync("/proc/self/comm") }, () => {
  // A device, a file of the kernel's, and none at all.
  for (const path of ["/dev/zero", "/proc/self/comm"]) {
    const descriptor = openSync(path, "r+");
    assert.equal(fileWriterAtOnce(descriptor), null, path);
    closeSync(descriptor);
  }
  assert.equal(fileWriterAtOnce(99_999), null);
});
