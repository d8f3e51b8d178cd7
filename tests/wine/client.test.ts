/* Streams handed over as inherited handles, as the Python client does it: tests/wine/client.c stands in for it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { isHeld, PROCTOR, proctor, PROGRAM, withDirectory } from "./support/programs.ts";

const CLIENT = join(dirname(process.execPath), "client.exe");
/** Longer than anything here takes. */
const LONG = "120000";

interface Told {
  readonly output: string;
  readonly exit: number;
  readonly error: string;
  readonly messages: string;
  readonly records: Record<string, unknown>[];
}

/** Start proctor by a client; what both have told at the end. */
async function client(how: string, args: readonly string[]): Promise<Told> {
  const child = spawn(CLIENT, [how, PROCTOR, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece) => pieces.push(piece));
  await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  const text = Buffer.concat(pieces).toString().replaceAll("\r", "");
  const [, output = "", exit = "", error = "", messages = "", records = ""] =
    /^([^]*?)\[exit\]([^]*)\n\[error\]([^]*)\n\[messages\]([^]*)\n\[records\]([^]*)$/.exec(text) ?? [];
  return {
    output,
    exit: Number(exit || NaN),
    error,
    messages,
    records: records.split("\n").filter(Boolean).map((line) => JSON.parse(line)),
  };
}

describe("handles that proctor is started with", { timeout: 600_000 }, () => {
  test("are where records and the command's standard error go, and its output goes where proctor's does", async () => {
    const told = await client("wait", ["run", "--", PROGRAM, "say", "out", "err"]);
    assert.deepEqual([told.output, told.error, told.messages], ["out\n", "err\n", ""]);
    assert.equal(told.exit, 0);
    assert.equal(told.records[0].kind, "start");
    const { kind, outcome } = told.records.at(-1)!;
    assert.deepEqual({ kind, outcome }, { kind: "summary", outcome: "exited" });
  });

  test("end with the client's hold on them: the tree is ended, and the summary says so", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const told = await client("let-go", [
        "run",
        "--grace",
        "100ms",
        "--",
        PROGRAM,
        "hold",
        file,
        LONG,
        "!",
      ]);
      assert.equal(isHeld(file), false, "somebody has outlived it");
      assert.equal(told.records.at(-1)!.outcome, "interrupted");
    });
  });

  test("end with a client that is gone without a word: so does the tree", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      await client("die", ["run", "--grace", "100ms", "--", PROGRAM, "hold", file, LONG, "!"]);
      await eventually(() => !isHeld(file), 60_000, () => "the tree has outlived the client");
    });
  });

  test("are not the command's", async () => {
    const told = await client("wait", ["run", "--", PROGRAM, "closed", "@owner", "@records", "@error"]);
    assert.equal(told.output.trim(), "closed closed closed");
  });

  test("hold an attachment as they do a run", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const watched = spawn(PROGRAM, ["hold", file, LONG], { stdio: "ignore" });
      try {
        await eventually(() => isHeld(file), 60_000);
        const told = await client("wait", ["attach", String(watched.pid), "--duration", "300ms"]);
        assert.deepEqual([told.exit, told.messages], [0, ""]);
        assert.deepEqual([told.records[0].kind, told.records.at(-1)!.kind], ["start", "summary"]);
        assert.equal(isHeld(file), true, "what was watched has been ended");
      } finally {
        watched.kill();
      }
    });
  });

  for (const option of ["--owner=handle:4044", "--records=handle:4044", "--stdio=0,1,handle:4044"]) {
    test(`are refused where there are none: ${option}`, async () => {
      const { code, stdout, stderr } = await proctor(["run", option, "--", PROGRAM, "say", "started", ""]);
      assert.deepEqual([code, stdout.toString()], [125, ""]);
      assert.match(
        stderr,
        /^proctor: handle:4044 is not a stream that was passed on to proctor; it takes .*\r?\n$/,
      );
    });
  }
});
