/* proctor watch on a terminal: a table, and a summary at the end. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { startFixture } from "../../support/live.ts";
import { BINARY, proctor, start } from "../support/proctor.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";

const ALTERNATE = "\x1b[?1049h";

test("on a terminal there is a table, and what every task came to at the end", {
  skip: noTerminals,
  timeout: 120_000,
}, async () => {
  const name = `table-${process.pid % 10_000}`;
  await using _service = await startFixture("odd_name", name);
  const command = [BINARY, "watch", "--name", name, "--interval", "100ms"];
  for (const end of [["type", "q"], ["type", "\x03"], ["signal", "SIGTERM"]] as const) {
    const { transcript, exit_code } = await onTerminal(
      command,
      [["expect", "1 task"], ["expect", "TOTAL"], end],
      { env: { NO_COLOR: "1", LC_ALL: "C.UTF-8" } },
    );
    assert.equal(exit_code, 0, `${end}`);
    assert.ok(
      transcript.includes(ALTERNATE) && transcript.includes("\x1b[?1049l"),
      "the screen is given back",
    );
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(transcript, /\x1b\[[\d;]*3\dm/, "a colour, although NO_COLOR is set");
    assert.doesNotMatch(transcript, /\{"task_id"/);
    const summary = transcript.slice(transcript.lastIndexOf("\x1b[?1049l"));
    assert.match(summary, new RegExp(`TASK +SAMPLES +CPU % .*\\r\\n${name}-\\d+ +\\d+ +\\d`));
  }
});

test(
  "a pipe gets JSON lines, or the table that was asked for, without an escape",
  { timeout: 120_000 },
  async () => {
    const name = `piped-${process.pid % 10_000}`;
    await using _service = await startFixture("odd_name", name);
    const command = ["watch", "--name", name, "--interval", "100ms", "--quiet"];
    const piped = start(command);
    JSON.parse(await piped.line((line) => line.startsWith("{")));
    const table = start([...command, "--format", "table"]);
    await table.line((line) => line.startsWith("TOTAL"));
    for (const running of [piped, table]) running.kill("SIGINT");
    assert.equal((await piped.ended).code, 0);
    const { code, stdout } = await table.ended;
    assert.equal(code, 0);
    assert.ok(!stdout.includes(0x1b));
    assert.match(stdout.toString(), new RegExp(`\\n\\nTASK +SAMPLES .*\\n${name}-\\d+ `));
  },
);

test("a format that nothing could come of is refused", async () => {
  const table = await proctor(["watch", "--name", "x", "--format", "table", "--records", "-"]);
  assert.match(
    table.stderr,
    /^proctor: --format: a table and records cannot share standard output; [^\n]+\n$/,
  );
  const json = await proctor(["watch", "--name", "x", "--format", "json", "--records", "/tmp/x.jsonl"]);
  assert.match(json.stderr, /^proctor: --format: --records says where the JSON lines go; [^\n]+\n$/);
  assert.deepEqual([table.code, json.code], [125, 125]);
});
