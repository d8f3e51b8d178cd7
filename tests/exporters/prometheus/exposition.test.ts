import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import fc from "fast-check";
import { acceptedFormat } from "../../../exporters/prometheus/accept.ts";
import { Board } from "../../../exporters/prometheus/board.ts";
import { Exposition } from "../../../exporters/prometheus/exposition.ts";
import type { ExpositionFormat } from "../../../exporters/prometheus/exposition.ts";
import { FAMILIES } from "../../../exporters/prometheus/families.ts";
import { description, healthMessage, summary, taskMessage } from "../support/sample_messages.ts";

const noPromtool = spawnSync("promtool", ["--version"]).error !== undefined && "needs promtool (prometheus)";

/** A board on which everything that there is has a value. */
function fullBoard(): Board {
  const health = healthMessage();
  const board = new Board({ agent: "node-7" }, () => health.agent.exporters, undefined, "agent-7");
  board.begin(description("a"));
  board.message(taskMessage("a", {}, "ended"));
  board.end("a", summary());
  board.message(taskMessage("b"));
  board.health = health;
  return board;
}

const written = (board: Board, format: ExpositionFormat = "text") => new Exposition(board).write(format);

describe("the exposition", () => {
  test("has every metric with HELP and TYPE, and base units", async () => {
    const text = await written(fullBoard());
    for (const { name, type } of FAMILIES) {
      assert.ok(text.includes(`# HELP ${name} `), name);
      assert.ok(text.includes(`# TYPE ${name} ${type}\n${name}{`), name);
    }
    const expected = [
      'proctor_agent_info{agent="node-7",agent_id="agent-7"} 1',
      'proctor_task_info{task="a",agent="node-7",name="compute",command="/usr/bin/make -j4",pid="4711"} 1',
      'proctor_task_running{task="a",agent="node-7"} 0',
      'proctor_task_running{task="b",agent="node-7"} 1',
      'proctor_task_start_time_seconds{task="a",agent="node-7"} 1768472880.125',
      'proctor_task_start_time_seconds{task="b",agent="node-7"} 1768472879.75',
      'proctor_cpu_seconds_total{task="a",agent="node-7"} 42.25',
      'proctor_cpu_usage_ratio{task="a",agent="node-7"} 1.5',
      'proctor_memory_usage_ratio{task="a",agent="node-7"} 0.015',
      'proctor_memory_peak_bytes{task="a",agent="node-7"} 71303168',
      'proctor_disk_read_bytes_total{task="a",agent="node-7"} 1048576',
      'proctor_network_tx_bytes_total{task="b",agent="node-7"} 8192',
      'proctor_run_outcome{task="a",agent="node-7",outcome="exited"} 1',
      'proctor_run_exit_code{task="a",agent="node-7"} 3',
      'proctor_run_end_time_seconds{task="a",agent="node-7"} 1768473010.625',
      'proctor_exporter_dropped_total{exporter="mqtt",destination="mqtt://broker",agent="node-7"} 2',
      'proctor_agent_cpu_seconds_total{agent="node-7"} 3.5',
      'proctor_host_load_15m{agent="node-7"} 0.125',
    ];
    const lines = text.split("\n");
    for (const line of expected) assert.ok(lines.includes(line), `${line}\nis not in\n${text}`);
    assert.ok(!text.includes('proctor_run_exit_code{task="b"'));
  });

  test("is approved by promtool", { skip: noPromtool }, async () => {
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
      input: await written(fullBoard()),
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
    assert.equal(stdout + stderr, "");
  });

  test("says nothing of what is not known, and keeps counters", async () => {
    const board = new Board({ agent: "node-7" });
    board.message(taskMessage("a"));
    board.message(taskMessage("a", { memory_bytes: null, cpu_seconds: null, thread_count: undefined }));
    const text = await written(board);
    assert.ok(!text.includes("proctor_memory_bytes"));
    assert.ok(!text.includes("proctor_threads"));
    assert.ok(!text.includes("proctor_agent"));
    assert.ok(text.includes('proctor_cpu_seconds_total{task="a",agent="node-7"} 42.25\n'));
    assert.ok(!/NaN|null|undefined/i.test(text));
  });

  test("in OpenMetrics has units and an end, and spoils no text that is asked for later", async () => {
    const exposition = new Exposition(fullBoard());
    const before = await exposition.write("text");
    const text = await exposition.write("openmetrics");
    assert.ok(text.endsWith("\n# EOF\n"));
    assert.ok(text.includes(
      "# TYPE proctor_cpu_seconds counter\n# UNIT proctor_cpu_seconds seconds\n" +
        'proctor_cpu_seconds_total{task="a",agent="node-7"} 42.25\n',
    ));
    assert.ok(text.includes("# UNIT proctor_memory_bytes bytes\n"));
    assert.ok(text.includes("# TYPE proctor_minor_faults counter\nproctor_minor_faults_total{"));
    assert.ok(!/^\s*$/m.test(text.trimEnd()), "OpenMetrics has no empty lines");
    assert.equal(await exposition.write("text"), before);
  });

  test("any name and command stays one label of one line", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), async (id, word) => {
        const board = new Board({ agent: "node-7" });
        board.begin(description(id, { command: [word, "\n# EOF\n", '"\\'], name: word }));
        board.message(taskMessage(id));
        const lines = (await written(board)).split("\n");
        assert.equal(lines.filter((line) => line.startsWith("proctor_task_info{")).length, 1);
        assert.ok(
          lines.every((line) => line === "" || /^(# (HELP|TYPE) )?proctor_\w+/.test(line)),
          lines.join("\n"),
        );
      }),
      { numRuns: 50 },
    );
  });

  test("a command of any length is a label of some 256 characters", async () => {
    const board = new Board({ agent: "node-7" });
    board.begin(description("a", { command: ["x".repeat(100_000)] }));
    assert.match(await written(board), /command="x{255}…"/);
  });
});

test("the format is the one that Accept asks for", () => {
  const prometheus =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
  const cases: [string | undefined, ExpositionFormat][] = [
    [prometheus, "openmetrics"],
    ["Application/OpenMetrics-Text; version=1.0.0; charset=utf-8", "openmetrics"],
    ["application/openmetrics-text", "openmetrics"],
    ["application/openmetrics-text;version=0.0.1", "text"],
    ["application/openmetrics-text;q=0", "text"],
    ["application/openmetrics-text;q=0.2,text/plain;q=0.9", "text"],
    ["text/plain", "text"],
    ["*/*", "text"],
    ["", "text"],
    [";;,=,q=;q", "text"],
    [undefined, "text"],
  ];
  for (const [accept, format] of cases) assert.equal(acceptedFormat(accept), format, `${accept}`);
});
