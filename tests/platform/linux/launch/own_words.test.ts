import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import {
  isInForeground,
  ownMemoryBytes,
  ownPeakMemoryBytes,
  wasIgnored,
} from "../../../../platform/linux/launch/own_status.ts";
import { ownArguments, ownEnvironment } from "../../../../platform/linux/launch/own_words.ts";

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const kernels = (name: string) => readFileSync(`/proc/self/${name}`, "latin1");

test("arguments and environment are those that the kernel keeps", () => {
  assert.equal(ownArguments().map((word) => `${latin1(word)}\0`).join(""), kernels("cmdline"));
  assert.equal(ownEnvironment().map((word) => `${latin1(word)}\0`).join(""), kernels("environ"));
  assert.ok(ownEnvironment().some((entry) => latin1(entry) === `PATH=${process.env.PATH}`));
});

test("memory is the kernel's figure, and never above its peak", () => {
  const resident = Number(/^VmRSS:\s+(\d+)/m.exec(kernels("status"))?.[1]) * 1_024;
  const own = ownMemoryBytes();
  assert.ok(own !== null && Math.abs(own - resident) < 20e6, `${own} against ${resident}`);
  assert.ok(ownPeakMemoryBytes()! >= own);
});

test("no signal that nobody ignored was ignored", () => {
  for (const signal of ["SIGTERM", "SIGUSR2", "SIGKILL", "SIGNOPE", ""]) {
    assert.equal(wasIgnored(signal), false, signal);
  }
});

test("whether a terminal's signals reach us is known", () => {
  const fields = kernels("stat").slice(kernels("stat").lastIndexOf(")") + 2).split(" ");
  assert.equal(isInForeground(), fields[2] === fields[5]);
});
