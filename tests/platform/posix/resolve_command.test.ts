import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { resolveCommand } from "../../../platform/posix/resolve_command.ts";
import { whyNotExecutable } from "../../../platform/linux/launch/executability.ts";
import { assertRefused } from "../../support/expect.ts";

let root = "";
const path = (...parts: string[]) => join(root, ...parts);

before(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "proctor-path-")));
  for (const directory of ["a", "b", "work", "work/sub", "a/folder"]) mkdirSync(path(directory));
  const program = "#!/bin/sh\necho ran $0\n";
  writeFileSync(path("a", "tool"), program, { mode: 0o755 });
  writeFileSync(path("b", "tool"), program, { mode: 0o755 });
  writeFileSync(path("a", "plain"), program, { mode: 0o644 });
  writeFileSync(path("b", "plain"), program, { mode: 0o755 });
  writeFileSync(path("a", "nowhere_executable"), program, { mode: 0o644 });
  writeFileSync(path("b", "folder"), program, { mode: 0o755 });
  writeFileSync(path("work", "here"), program, { mode: 0o755 });
  writeFileSync(path("work", "sub", "deep"), program, { mode: 0o755 });
  symlinkSync(path("a", "tool"), path("b", "link"));
  symlinkSync(path("missing"), path("b", "dangling"));
  chmodSync(path("a", "plain"), 0o644);
});
after(() => rmSync(root, { recursive: true }));

const bytes = (word: string) => new TextEncoder().encode(word);
const text = (word: Uint8Array) => new TextDecoder().decode(word);

const resolveIn = (name: string, list = `${path("a")}:${path("b")}`) =>
  text(resolveCommand(whyNotExecutable, bytes(name), [bytes(`PATH=${list}`)], path("work")));

test("the first along PATH is taken", () => {
  assert.equal(resolveIn("tool"), path("a", "tool"));
  assert.equal(resolveIn("tool", `${path("b")}:${path("a")}`), path("b", "tool"));
  assert.equal(resolveIn("link"), path("b", "link"));
});

test("what cannot be executed is passed over, and so is a directory", () => {
  assert.equal(resolveIn("plain"), path("b", "plain"));
  assert.equal(resolveIn("folder"), path("b", "folder"));
});

test("a name with a slash is a path, seen from the command's directory", () => {
  assert.equal(resolveIn("./here"), "./here");
  assert.equal(resolveIn("sub/deep"), "sub/deep");
  assert.equal(resolveIn("../a/tool"), "../a/tool");
  assert.equal(resolveIn(path("b", "tool")), path("b", "tool"));
  assertRefused(() => resolveIn("./tool"), "command_not_found", "./tool");
});

test("an empty or relative part of PATH is the command's directory, as for execvp", () => {
  assert.equal(resolveIn("here", `${path("a")}:`), "./here");
  assert.equal(resolveIn("here", `:${path("a")}`), "./here");
  assert.equal(resolveIn("deep", "sub"), "sub/deep");
  assertRefused(() => resolveIn("here"), "command_not_found", "here");
});

test("what is nowhere is not found, what nobody may execute is not executable", () => {
  assertRefused(() => resolveIn("no-such-tool"), "command_not_found", "no-such-tool", "PATH");
  assertRefused(() => resolveIn("dangling"), "command_not_found", "dangling");
  assertRefused(() => resolveIn(path("missing", "tool")), "command_not_found", path("missing", "tool"));
  assertRefused(() => resolveIn(path("a", "tool", "below")), "command_not_found");
  assertRefused(() => resolveIn(""), "command_not_found");
  assertRefused(
    () => resolveIn("nowhere_executable"),
    "command_not_executable",
    path("a", "nowhere_executable"),
  );
  assertRefused(() => resolveIn("../a/plain"), "command_not_executable", "../a/plain");
  assertRefused(() => resolveIn("./sub"), "command_not_executable", "directory");
});

test("a shell along the same PATH finds the same", () => {
  for (const name of ["tool", "plain", "folder", "link"]) {
    const env = { PATH: `${path("a")}:${path("b")}` };
    const { stdout } = spawnSync("/bin/sh", ["-c", name], { env, cwd: path("work"), encoding: "utf8" });
    assert.equal(stdout, `ran ${resolveIn(name)}\n`);
  }
});
