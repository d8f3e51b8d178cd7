/* Holds machine code that modules carry as bytes against its source. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../../../../support/fixture.ts";

/** The hexadecimal strings of one architecture, as they stand in the text of a module, in order. */
export function carried(module: string, architecture: string): string {
  const text = readFileSync(`${ROOT}/platform/linux/sys/${module}.ts`, "utf8");
  const block = new RegExp(`\\b${architecture}: {(.*?)\\n  }`, "s").exec(text)?.[1];
  assert.ok(block, `no code for ${architecture}`);
  const digits = [...block.matchAll(/"([0-9a-f]+)"/g)].map((match) => match[1]).join("");
  assert.ok(digits.length > 90);
  return digits;
}

/** The bytes of .text after assembling the source beside it, by the tools whose names begin so. */
export function assembled(module: string, prefix: string): string {
  const source = `${ROOT}/platform/linux/sys/${module}.S`;
  const directory = mkdtempSync(join(tmpdir(), "proctor-code-"));
  const run = (command: string, ...args: string[]) => {
    const { status, stderr } = spawnSync(`${prefix}${command}`, args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  };
  try {
    const [object, raw] = [join(directory, "code.o"), join(directory, "code.bin")];
    if (prefix === "") run("gcc", "-c", "-o", object, source);
    else {
      const plain = join(directory, "code.s");
      // No compiler needed: what the preprocessor would leave.
      writeArm64(source, plain);
      run("as", "-o", object, plain);
    }
    run("objcopy", "-O", "binary", "--only-section=.text", object, raw);
    return readFileSync(raw).toString("hex");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function writeArm64(source: string, path: string): void {
  const part = /#elif defined\(__aarch64__\)\n(.*?)#endif/s.exec(readFileSync(source, "utf8"))?.[1];
  assert.ok(part);
  const { status } = spawnSync("tee", [path], { input: part });
  assert.equal(status, 0);
}

const has = (command: string) => spawnSync(command, ["--version"]).status === 0;
/** Why x86-64 cannot be assembled here; false where it can. */
export const noGcc = (process.arch !== "x64" || !has("gcc") || !has("objcopy")) &&
  "needs gcc on x86-64 (package gcc)";
/** Why arm64 cannot be assembled here; false where it can. */
export const noArm = (!has("aarch64-linux-gnu-as") || !has("aarch64-linux-gnu-objcopy")) &&
  "needs the arm64 assembler (package binutils-aarch64-linux-gnu)";
