import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { lastPid, parseLastPid } from "../../../../platform/linux/proc/proc_loadavg.ts";
import { bytes } from "../../../support/captured.ts";

const parse = (text: Uint8Array) => parseLastPid(text, text.length);

test("the last PID is the last number of the line", () => {
  assert.equal(parse(bytes("0.20 0.18 0.12 1/80 11206\n")), 11_206);
  assert.ok(Number.isNaN(parse(bytes(""))));
});

test("fuzz: any bytes give a number", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (text) => assert.equal(typeof parse(text), "number")),
  );
});

test("it moves on when a process is started", () => {
  const before = lastPid();
  const { pid } = spawnSync("true");
  assert.ok(pid > 0 && before > 0);
  assert.notEqual(lastPid(), before);
});
