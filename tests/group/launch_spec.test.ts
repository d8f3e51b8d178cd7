import assert from "node:assert/strict";
import { test } from "node:test";
import { launchSpec } from "../../group/launch_spec.ts";
import type { CommandOptions } from "../../group/launch_spec.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { assertRefused } from "../support/expect.ts";

const encoder = new TextEncoder();
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const OWN = ["PATH=/usr/bin:/bin", "A=1", "B=", "NOEQUALS", "PROCTOR_GROUP=outer"].map((entry) =>
  encoder.encode(entry)
);
const ODD = Uint8Array.from([...encoder.encode("ODD="), 0xff, 0x80]);

async function specOf(options: CommandOptions, own: Uint8Array[] = [...OWN, ODD]) {
  const platform = await loadPlatform();
  return launchSpec({ ...platform, ownEnvironment: () => own }, options, "PROCTOR_GROUP=mine");
}

test("the environment is ours byte by byte, and our marker", async () => {
  const { env } = await specOf({ command: ["sh"] });
  const expected = [...OWN.filter((entry) => !latin1(entry).startsWith("PROCTOR_GROUP=")), ODD].map(latin1);
  assert.deepEqual(env.map(latin1), [...expected, "PROCTOR_GROUP=mine"]);
});

test("variables that are set replace ours", async () => {
  const { env } = await specOf({ command: ["sh"], env: { A: "2", NEW: "ä=b" } });
  const entries = env.map((entry) => new TextDecoder().decode(entry));
  assert.ok(entries.includes("A=2") && entries.includes("NEW=ä=b") && entries.includes("B="));
  assert.equal(entries.filter((entry) => entry.startsWith("A=")).length, 1);
});

test("the command is looked for along the PATH that it gets", async () => {
  assert.match(latin1((await specOf({ command: ["sh"] })).file), /^\/(usr\/)?bin\/sh$/);
  const options = { command: ["sh"], env: { PATH: "/nonexistent" } };
  await specOf(options).then(() => assert.fail("found"), (error) =>
    assertRefused(
      () => {
        throw error;
      },
      "command_not_found",
      "sh",
    ));
  assert.match(latin1((await specOf({ command: ["sh"] }, [])).file), /\/sh$/); // no PATH at all: the system's
});

test("arguments stay bytes where they are bytes, the zeroth as it was given", async () => {
  const odd = Uint8Array.from([0xff, 0x00 + 1]);
  const { args, file } = await specOf({ command: ["sh", "ä", odd] });
  assert.deepEqual(args.map(latin1), ["sh", latin1(encoder.encode("ä")), latin1(odd)]);
  assert.notEqual(file, "sh");
});

test("directory and descriptors are ours unless given", async () => {
  const plain = await specOf({ command: ["sh"] });
  assert.deepEqual([plain.cwd, plain.stdio], [undefined, [0, 1, 2]]);
  const given = await specOf({ command: ["./true"], cwd: "/bin", stdio: [3, 4, 5] });
  assert.deepEqual([latin1(given.file), given.cwd, given.stdio], ["./true", "/bin", [3, 4, 5]]);
});
