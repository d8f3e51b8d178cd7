/* A file system of another machine that never answers: a real one, which the kernel waits for. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { withDirectory } from "../support/directory.ts";
import { BINARY, runProgram } from "../support/proctor.ts";
import { SOURCE } from "../support/runtimes.ts";
import { messages, request } from "./support/sysmon.ts";

const PYTHON = "/usr/bin/python3";
const PROGRAM = fileURLToPath(new URL("support/hanging_mount.py", import.meta.url));
const noMount = !canMount() && "needs root, python3, /dev/fuse and mount namespaces";

function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "proctor-hanging-"));
  try {
    return spawnSync(PYTHON, [PROGRAM, directory, "true"]).status === 0;
  } finally {
    rmdirSync(directory);
  }
}

describe("a mount that hangs", () => {
  for (const [title, command] of [["the binary", [BINARY]], [SOURCE.title, SOURCE.command]] as const) {
    test(`does not keep the others waiting, by ${title}`, { skip: noMount, timeout: 120_000 }, async () => {
      await withDirectory(async (directory) => {
        const input = ["RPCGetDiskUsage", "RPCGetUptime", "RPCGetSysMetrics", "RPCGetDiskUsage"].map((
          id,
          index,
        ) => request(id, index)).join("");
        const words = [PYTHON, PROGRAM, directory, ...command, "sysmon", "--network-mounts", "--cache", "0"];
        const outcome = await runProgram(words, { input });
        assert.equal(outcome.code, 0, outcome.stderr);
        const answers = messages(outcome).filter(({ type }) => type === "response");
        assert.equal(answers.length, 4);
        assert.equal(answers[0].id, "RPCGetUptime", "the one that needs no disk is first");
        for (const { id, payload } of answers) {
          if (id !== "RPCGetDiskUsage") continue;
          assert.deepEqual(payload.unanswered, [directory]);
          assert.ok("/" in payload.disk && !(directory in payload.disk));
        }
      });
    });
  }

  test("is not even looked at unless network mounts count", { skip: noMount, timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const words = [PYTHON, PROGRAM, directory, BINARY, "host", "disk", "--json"];
      const { code, stdout } = await runProgram(words);
      assert.equal(code, 0);
      const { disk, unanswered } = JSON.parse(stdout.toString());
      assert.deepEqual(unanswered, []);
      assert.ok("/" in disk && !(directory in disk));
    });
  });
});
