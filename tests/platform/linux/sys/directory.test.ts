/* Directories and the kinds of files by system calls of our own, with the numbers of this architecture. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { descriptorCount } from "../../../../platform/linux/processes/descriptor_count.ts";
import {
  listDirectory,
  listNumbers,
  makeDirectory,
  removeDirectory,
} from "../../../../platform/linux/sys/directory.ts";
import { openFlags } from "../../../../platform/linux/sys/open_flags.ts";
import type { OpenFlag } from "../../../../platform/linux/sys/open_flags.ts";
import { fileKind, fileSize, S_IFDIR, S_IFIFO } from "../../../../platform/linux/sys/statx.ts";

async function inDirectory(use: (directory: string) => Promise<void> | void): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-directory-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("flags of open are those that Perl was built with", () => {
  const names: OpenFlag[] = [
    "O_RDONLY",
    "O_WRONLY",
    "O_RDWR",
    "O_CREAT",
    "O_TRUNC",
    "O_APPEND",
    "O_DIRECTORY",
  ];
  const script = `print join(" ", map { Fcntl->can($_)->() } @ARGV)`;
  const printed = execFileSync("perl", ["-MFcntl", "-e", script, ...names], { encoding: "utf8" });
  assert.deepEqual(names.map((name) => openFlags(name)), printed.split(" ").map(Number));
  assert.equal(openFlags("O_WRONLY", "O_CREAT"), openFlags("O_WRONLY") + openFlags("O_CREAT"));
});

describe("a directory", () => {
  test("is listed, and what is a directory in it is told", () =>
    inDirectory((directory) => {
      mkdirSync(join(directory, "below"));
      writeFileSync(join(directory, "file"), "");
      const entries = listDirectory(directory).toSorted((a, b) => a.name < b.name ? -1 : 1);
      assert.deepEqual(entries, [{ name: "below", isDirectory: true }, { name: "file", isDirectory: false }]);
    }));

  test("of thousands is listed whole", () =>
    inDirectory((directory) => {
      const names = Array.from({ length: 3_000 }, (_, index) => `entry-${index}`).toSorted();
      for (const name of names) writeFileSync(join(directory, name), "");
      assert.deepEqual(listDirectory(directory).map(({ name }) => name).toSorted(), names);
    }));

  test("of the kernel is listed: processes, descriptors", () => {
    const pids: number[] = [];
    listNumbers("/proc", pids);
    assert.ok(pids.includes(process.pid) && pids.includes(process.ppid), `${pids}`);
    assert.ok(listDirectory("/proc").some(({ name, isDirectory }) => name === "self" && !isDirectory));
    // What lists it has it open itself.
    const listed = readdirSync("/proc/self/fd").length;
    assert.ok(Math.abs(descriptorCount("/proc/self") - listed) <= 1);
  });

  test("that is none, or that is not there, has no entries", () => {
    assert.deepEqual(listDirectory("/proc/version"), []);
    assert.deepEqual(listDirectory("/nonexistent"), []);
  });

  test("is made and removed", () =>
    inDirectory((directory) => {
      const path = join(directory, "new");
      assert.equal(makeDirectory(path), 0);
      assert.ok(existsSync(path));
      assert.equal(removeDirectory(path), 0);
      assert.ok(!existsSync(path));
    }));
});

test("the kind and the size of a file, or why there is none", () =>
  inDirectory((directory) => {
    const [file, pipe] = [join(directory, "file"), join(directory, "pipe")];
    writeFileSync(file, "12345");
    execFileSync("mkfifo", [pipe]);
    assert.equal(fileKind(directory), S_IFDIR);
    assert.equal(fileKind(file), 0o100000, "S_IFREG");
    assert.equal(fileKind(pipe), S_IFIFO);
    assert.equal(fileKind(join(directory, "missing")), -2, "ENOENT");
    assert.equal(fileKind(join(file, "below")), -20, "ENOTDIR");
    assert.equal(fileSize(file), 5);
    assert.ok(Number.isNaN(fileSize(join(directory, "missing"))));
  }));
