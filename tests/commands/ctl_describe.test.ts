import assert from "node:assert/strict";
import { test } from "node:test";
import { describedProcess } from "../../commands/ctl/ctl_describe.ts";
import type { ProcessDescription } from "../../supervisor/control.ts";
import { FakeControl } from "../supervisor/support/fake_control.ts";

/** A process of which there is something to say in every line. */
function talkative(metricCount: number): ProcessDescription {
  const control = new FakeControl();
  for (let count = 0; count < 50; count++) {
    control.emit({ reason: `${"because of something ".repeat(9)}${count}` });
  }
  const metric = (_: unknown, at: number) => ({ name: `app_${at}`, kind: "counter" as const, total: at });
  return {
    ...control.describe("web"),
    dependents: ["a", "b"],
    log_files: ["/var/log/a", "/var/log/b", "/var/log/c"],
    definition: { management: { control: { executable: "/bin/x", arguments: ["a b", "\x1b[2J"] } } },
    app: metricCount === 0
      ? null
      : { metrics: Array.from({ length: metricCount }, metric), dropped_count: 0 },
  } as unknown as ProcessDescription;
}

test("a process is described on one screen, and nothing of it steers the terminal", () => {
  for (const metricCount of [0, 1, 50]) {
    const lines = describedProcess(talkative(metricCount), 80);
    // With metrics of its own it needs two lines more.
    assert.ok(lines.length <= (metricCount === 0 ? 23 : 25), lines.join("\n"));
    for (const line of lines) assert.ok([...line].length <= 80, line);
    const text = lines.join("\n");
    assert.match(text, /^command +\/bin\/x a b \\x1b\[2J$/m);
    assert.match(text, /^log +\/var\/log\/a, and 2 more$/m);
    assert.match(text, /^uses +CPU 1\.25%, memory 19\.1 MiB, 2 processes$/m);
    if (metricCount > 0) assert.match(text, /^ +0 +app_0$/m);
    if (metricCount === 50) assert.match(text, /^ {2}and 49 more$/m);
    assert.equal(lines.findLastIndex((line) => line.includes("starting → running")), lines.length - 3);
  }
  // Into a pipe nothing is cut.
  assert.match(describedProcess(talkative(0), null).join("\n"), /because of something 49$/m);
});
