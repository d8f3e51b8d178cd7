/* The machine code that launch_code.ts carries is what launch_code.S says. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";

const SOURCE = `${ROOT}/platform/linux/launch_code.S`;

/** The hexadecimal strings of one architecture, as they stand in the source text, in order. */
function carried(architecture: string): string {
  const text = readFileSync(`${ROOT}/platform/linux/launch_code.ts`, "utf8");
  const block = new RegExp(`\\b${architecture}: {(.*?)\\n  }`, "s").exec(text)?.[1];
  assert.ok(block, `no code for ${architecture}`);
  const digits = [...block.matchAll(/"([0-9a-f]+)"/g)].map((match) => match[1]).join("");
  assert.ok(digits.length > 100);
  return digits;
}

/** The bytes of .text after assembling, by the tools whose names begin so. */
function assembled(prefix: string): string {
  const directory = mkdtempSync(join(tmpdir(), "proctor-code-"));
  const run = (command: string, ...args: string[]) => {
    const { status, stderr } = spawnSync(`${prefix}${command}`, args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  };
  try {
    const [object, raw] = [join(directory, "code.o"), join(directory, "code.bin")];
    if (prefix === "") run("gcc", "-c", "-o", object, SOURCE);
    else {
      const plain = join(directory, "code.s");
      // No compiler needed: what the preprocessor would leave.
      writeArm64(plain);
      run("as", "-o", object, plain);
    }
    run("objcopy", "-O", "binary", "--only-section=.text", object, raw);
    return readFileSync(raw).toString("hex");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function writeArm64(path: string): void {
  const source = readFileSync(SOURCE, "utf8");
  const part = /#elif defined\(__aarch64__\)\n(.*?)#endif/s.exec(source)?.[1];
  assert.ok(part);
  const { status } = spawnSync("tee", [path], { input: part });
  assert.equal(status, 0);
}

const has = (command: string) => spawnSync(command, ["--version"]).status === 0;
const noGcc = (process.arch !== "x64" || !has("gcc") || !has("objcopy")) &&
  "needs gcc on x86-64 (package gcc)";
const noArm = (!has("aarch64-linux-gnu-as") || !has("aarch64-linux-gnu-objcopy")) &&
  "needs the arm64 assembler (package binutils-aarch64-linux-gnu)";

test("x86-64", { skip: noGcc }, () => assert.equal(carried("x64"), assembled("")));

test("arm64", { skip: noArm }, () => assert.equal(carried("arm64"), assembled("aarch64-linux-gnu-")));
