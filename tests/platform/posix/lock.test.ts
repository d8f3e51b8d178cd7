import assert from "node:assert/strict";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { LockTaken, takeLock } from "../../../platform/posix/lock.ts";
import { loadPlatform } from "../../../platform/mod.ts";
import { scratch } from "../../supervisor/support/files.ts";

test("a lock says who has it, and can be had again when it is released", async () => {
  const { lockFile } = await loadPlatform();
  using files = scratch();
  const path = files.write("lock", "what another has left behind");
  const lock = takeLock(path, lockFile);
  assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
  const isTaken = (holder: string | undefined) => (error: unknown) =>
    error instanceof LockTaken && error.holder === holder;
  assert.throws(() => takeLock(path, lockFile), isTaken(String(process.pid)));
  writeFileSync(path, "");
  assert.throws(() => takeLock(path, lockFile), isTaken(undefined));
  lock.release();
  takeLock(path, lockFile).release();
});

test("a lock is on the file that has the name now", async () => {
  const { lockFile } = await loadPlatform();
  using files = scratch();
  const path = files.write("lock", "");
  const before = takeLock(path, lockFile);
  rmSync(path);
  const lock = takeLock(path, lockFile);
  assert.throws(() => takeLock(path, lockFile), LockTaken);
  before.release();
  lock.release();
});

test("a file of ours that somebody has linked to the name of a lock stays as it is", async () => {
  const { lockFile } = await loadPlatform();
  using files = scratch();
  const precious = files.write("precious", "precious");
  const path = join(files.path, "lock");
  linkSync(precious, path);
  assert.throws(
    () => takeLock(path, lockFile),
    /^Error: .*\/lock is a hard link to a file that is not a lock$/,
  );
  assert.equal(readFileSync(precious, "utf8"), "precious");
  // A copy of the directory may be made of links.
  writeFileSync(precious, "4711\n");
  takeLock(path, lockFile).release();
  assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
});

test("what is put under a lock's name while it is taken stays as it is", async () => {
  const { lockFile } = await loadPlatform();
  using files = scratch();
  const path = files.write("lock", "");
  const precious = files.write("precious", "precious");
  const replacing = (name: string) => {
    const lock = lockFile(name);
    rmSync(path);
    linkSync(precious, path);
    return lock;
  };
  takeLock(path, replacing).release();
  assert.equal(readFileSync(precious, "utf8"), "precious");
});

test("a file that cannot be locked is the system's error", async () => {
  const { lockFile } = await loadPlatform();
  assert.throws(() => takeLock("/none/lock", lockFile), { code: "ENOENT" });
});
