import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { HeldDirectory } from "../../../platform/posix/held_directory.ts";

const skip = process.geteuid === undefined && "needs owners of files";

function withDirectory(use: (directory: string) => void): void {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "proctor-held-")));
  try {
    use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test(
  "a directory is made with those above it, and what is there stays as it is",
  { skip },
  () =>
    withDirectory((top) => {
      mkdirSync(`${top}/there`, 0o701);
      assert.throws(() => HeldDirectory.open(`${top}/there/a/b`), {
        code: "ENOENT",
        path: `${top}/there/a/b`,
      });
      HeldDirectory.open(`${top}/there/a/b`, 0o777).close();
      const modes = ["there", "there/a", "there/a/b"].map((name) => statSync(`${top}/${name}`).mode & 0o777);
      assert.deepEqual(modes, [0o701, 0o777, 0o777]);
    }),
);

test("a link in its place or above it is not followed", { skip }, () =>
  withDirectory((top) => {
    mkdirSync(`${top}/target/logs`, { recursive: true });
    symlinkSync("target", `${top}/home`);
    symlinkSync("target", `${top}/link`);
    const replaced = { code: "EPLACE", path: `${top}/home/logs` };
    assert.throws(() => HeldDirectory.open(`${top}/home/logs`, 0o750), replaced);
    assert.throws(() => HeldDirectory.open(`${top}/home/new`, 0o750));
    assert.throws(() => HeldDirectory.open(`${top}/link`, 0o750));
    assert.deepEqual(readdirSync(`${top}/target`), ["logs"]);
  }));

test(
  "what is done in it is not done where a link leads that has taken its place",
  { skip: process.platform !== "linux" && "the system has no names of descriptors" },
  () =>
    withDirectory((top) => {
      for (const name of ["home", "target"]) mkdirSync(`${top}/${name}`);
      const directory = HeldDirectory.open(`${top}/home`);
      renameSync(`${top}/home`, `${top}/old`);
      symlinkSync("target", `${top}/home`);
      writeFileSync(directory.at("app"), "");
      directory.close();
      assert.deepEqual(readdirSync(`${top}/old`), ["app"]);
      assert.deepEqual(readdirSync(`${top}/target`), []);
    }),
);
