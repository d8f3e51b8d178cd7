import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { ProctorError } from "../../core/error.ts";
import { readRuns, readRunsFrom } from "../../records/read_runs.ts";
import type { ReadOptions } from "../../records/read_options.ts";
import { processLine, runLines, sampleLine, startLine, summaryLine } from "./support/records_text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
async function* pieces(all: readonly Uint8Array[]) {
  yield* all;
}
const read = (text: string | Uint8Array, options?: ReadOptions) =>
  readRunsFrom(pieces([typeof text === "string" ? bytes(text) : text]), "run.jsonl", options);
const joined = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

async function refusal(reading: Promise<unknown>): Promise<string> {
  try {
    await reading;
  } catch (error) {
    assert.ok(error instanceof ProctorError, String(error));
    assert.equal(error.kind, "usage");
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  assert.fail("was taken");
}

describe("records are read", () => {
  test("as runs: start, columns, processes, summary", async () => {
    const [run, ...others] = await read(joined(runLines()));
    assert.equal(others.length, 0);
    assert.deepEqual(run.start.command, ["make", "-j4"]);
    assert.equal(run.samples.length, 2);
    assert.deepEqual([...run.samples.column("elapsed_seconds")!], [0.1, 0.2]);
    assert.deepEqual([...run.samples.column("memory_bytes")!], [10, 20]);
    assert.equal(run.processes[0].name, "cc1");
    assert.equal(run.summary?.outcome, "exited");
    assert.deepEqual([run.file, run.line, run.notes], ["run.jsonl", 1, []]);
  });

  test("however the bytes are cut into pieces", async () => {
    const text = bytes(joined([startLine({ name: "Ünïcode ✓ 🦊" }), ...runLines().slice(1)]));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 20 }), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const parts = at.slice(1).map((end, index) => text.subarray(at[index], end));
        const [run] = await readRunsFrom(pieces(parts), "run.jsonl");
        assert.equal(run.start.name, "Ünïcode ✓ 🦊");
        assert.equal(run.samples.length, 2);
        assert.ok(run.summary);
      }),
      { numRuns: 60 },
    );
  });

  test("what is null or left out is absent, and a metric that nobody has takes no memory", async () => {
    const lines = [
      startLine(),
      sampleLine(0.1, { cpu_percent: null, network_rx_bytes: null }),
      sampleLine(0.2, { thread_count: undefined, network_rx_bytes: null }),
    ];
    const { samples } = (await read(joined(lines)))[0];
    assert.deepEqual([...samples.column("cpu_percent")!], [NaN, 20]);
    assert.deepEqual([...samples.column("thread_count")!], [10, NaN]);
    assert.equal(samples.column("network_rx_bytes"), undefined);
    assert.ok(!samples.names.includes("network_rx_bytes"));
  });

  test("several runs of one file, blank lines and Windows line ends are taken", async () => {
    const runs = await read([...runLines(), "", ...runLines()].join("\r\n"));
    assert.equal(runs.length, 2);
    assert.equal(runs[1].line, 7);
    assert.ok(runs.every((run) => run.samples.length === 2 && run.summary && run.notes.length === 0));
  });

  test("processes that were seen and not seen to end", async () => {
    const row = (pid: number, memory_bytes: number) => ({
      pid,
      parent_pid: 1,
      start_time: "2026-11-21T09:59:59.000Z",
      name: `p${pid}`,
      command: null,
      uptime_seconds: 1,
      memory_bytes,
    });
    const lines = [
      startLine(),
      sampleLine(0.1, { processes: [row(7, 500), row(8, 1)] }),
      sampleLine(0.2, { processes: [row(7, 300)] }),
      processLine(0.25, 1.25, { pid: 8, start_time: "2026-11-21T09:59:59.000Z" }),
    ];
    const { unended } = (await read(joined(lines)))[0];
    assert.deepEqual(
      unended.map(({ row, elapsedSeconds, peakMemoryBytes }) => [
        row.name,
        elapsedSeconds,
        peakMemoryBytes,
      ]),
      [["p7", 0.2, 500]],
    );
  });

  test("only as much as was asked for, and every record is shown on the way", async () => {
    const seen: string[] = [];
    const [run] = await read(joined(runLines()), {
      samples: false,
      processes: false,
      visit: (record, index) => seen.push(`${index} ${record.kind}`),
    });
    assert.equal(run.samples.length, 0);
    assert.equal(run.processes.length, 0);
    assert.ok(run.summary);
    assert.deepEqual(seen, ["0 start", "0 sample", "0 sample", "0 process", "0 summary"]);
  });
});

describe("records that are not whole are told", () => {
  test("a last line that is cut off, anywhere", async () => {
    const lines = runLines();
    const text = lines.slice(0, 4).map((line) => `${line}\n`).join("");
    for (const length of [1, 10, lines[4].length - 1]) {
      const [run] = await read(text + lines[4].slice(0, length));
      assert.equal(run.summary, null);
      assert.equal(run.processes.length, 1);
      assert.match(run.notes.join("; "), /line 5, the last, is cut off.*there is no summary/);
    }
  });

  test("a last line cut within a character, or filled with zeros by a crash", async () => {
    const text = bytes(joined(runLines().slice(0, 3)));
    for (const tail of [[0x7b, 0x22, 0xf0, 0x9f], new Array(4096).fill(0)]) {
      const [run] = await read(new Uint8Array([...text, ...tail]));
      assert.equal(run.samples.length, 2);
      assert.match(run.notes.join("; "), /line 4/);
    }
  });

  test("a run without a summary, followed by another", async () => {
    const runs = await read(joined([...runLines().slice(0, 3), ...runLines()]));
    assert.deepEqual(runs.map(({ summary }) => summary !== null), [false, true]);
    assert.match(runs[0].notes[0], /no summary/);
  });

  test("records of a kind that is not known", async () => {
    const lines = runLines();
    lines.splice(2, 0, '{"kind":"weather","sunny":true}');
    const [run] = await read(joined(lines));
    assert.equal(run.samples.length, 2);
    assert.match(run.notes[0], /1 record/);
  });
});

describe("what is not a records file is refused with file and line", () => {
  const whole = joined(runLines());
  const cases: Record<string, [text: string | Uint8Array, said: RegExp]> = {
    "empty": ["", /^run\.jsonl is empty/],
    "blank": ["\n\n", /^run\.jsonl has no records/],
    "not JSON": [whole + "oh no\n" + whole, /^run\.jsonl:6: no JSON/],
    "a torn line in the middle": [whole.slice(0, -20) + "\n" + whole, /^run\.jsonl:5: no JSON/],
    "prose": ["Dear reader", /^run\.jsonl:1: no JSON/],
    "other JSON": ['{"a":1}\n', /^run\.jsonl:1: JSON, but no record of proctor/],
    "a JSON array": ["[1,2]\n", /^run\.jsonl:1: JSON, but no record/],
    "a number": ["7", /^run\.jsonl:1: JSON, but no record/],
    "JSON over several lines": ['{\n  "kind": "start"\n}\n', /^run\.jsonl:1: JSON over several lines/],
    "CSV": ["timestamp,elapsed_seconds,interval_seconds\n", /^run\.jsonl has records as CSV.*--format jsonl/],
    "binary": [new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x0a]), /^run\.jsonl:1: not text/],
    "binary that happens to be UTF-8": ["\x00\x01\x02\n", /^run\.jsonl:1: binary data/],
    "gzip": [new Uint8Array([0x1f, 0x8b, 8, 0, 0xff, 0x0a]), /compressed by gzip; unpack it first/],
    "a line that is not UTF-8, later": [
      new Uint8Array([...bytes(whole), 0x22, 0xff, 0x22, 0x0a]),
      /^run\.jsonl:6: not text/,
    ],
    "another schema": [
      joined([startLine({ schema: "proctor/2" })]),
      /^run\.jsonl:1: records of schema "proctor\/2"; proctor \d+\.\d+\.\d+\S* reads "proctor\/1"$/,
    ],
    "no beginning": [
      joined(runLines().slice(1)),
      /^run\.jsonl:1: a sample record, and no start.*beginning missing/,
    ],
    "a summary alone": [joined([summaryLine(1)]), /^run\.jsonl:1: a summary alone/],
    "a start that breaks the schema": [
      joined([startLine({ command: "make" })]),
      /^run\.jsonl:1: start: command: /,
    ],
    "a sample without its time": [
      joined([startLine(), sampleLine(1, { elapsed_seconds: "x" })]),
      /^run\.jsonl:2: sample: elapsed_seconds: expected seconds, found "x"/,
    ],
    "a metric that is not a number": [
      joined([startLine(), sampleLine(1, { memory_bytes: "much" })]),
      /^run\.jsonl:2: sample: memory_bytes: expected a number or null, found "much"/,
    ],
    "mixed runs: time goes back": [
      joined([startLine(), sampleLine(2), sampleLine(1)]),
      /^run\.jsonl:3: time goes back from 2s to 1s; are two runs mixed/,
    ],
    "mixed runs: samples after the summary": [
      joined([...runLines(), sampleLine(1)]),
      /^run\.jsonl:6: a sample record after the summary; are two runs mixed/,
    ],
  };
  for (const [what, [text, said]] of Object.entries(cases)) {
    test(what, async () => assert.match(await refusal(read(text)), said));
  }

  test("a line without an end is not gathered for ever", { timeout: 60_000 }, async () => {
    const piece = new Uint8Array(8 * 1024 * 1024).fill(0x20);
    let given = 0;
    async function* endless() {
      for (;; given++) yield piece;
    }
    assert.match(
      await refusal(readRunsFrom(endless(), "/dev/zero")),
      /^\/dev\/zero:1: a line of more than 64 MiB/,
    );
    assert.ok(given < 20, `${given} pieces were taken`);
  });
});

test("far more than is held at a time is read", { timeout: 120_000 }, async () => {
  const sample = `${sampleLine(1)}\n`;
  const piece = bytes(sample.repeat(Math.floor(1_048_576 / sample.length)));
  const PIECES = 400;
  async function* stream() {
    yield bytes(`${startLine()}\n`);
    for (let count = 0; count < PIECES; count++) yield piece;
    yield bytes(`${summaryLine(1)}\n`);
  }
  const before = process.memoryUsage().rss;
  const [run] = await readRunsFrom(stream(), "run.jsonl");
  const grown = process.memoryUsage().rss - before;
  assert.equal(run.samples.length, PIECES * (piece.length / sample.length));
  // A quarter of it would be the numbers; all of it would be the text.
  assert.ok(grown < 300 * 1_048_576, `${grown / 1_048_576} MiB for ${PIECES} MiB of records`);
});

describe("a file", () => {
  let directory = "";
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "proctor-records-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  test("is read from its path", async () => {
    const file = join(directory, "run.jsonl");
    writeFileSync(file, joined(runLines()));
    assert.equal((await readRuns(file))[0].samples.length, 2);
  });

  test("that is not there, or a directory, is named with the reason", async () => {
    const missing = join(directory, "missing.jsonl");
    assert.equal(await refusal(readRuns(missing)), `cannot read ${missing}: no such file or directory`);
    assert.equal(await refusal(readRuns(directory)), `cannot read ${directory}: it is a directory`);
  });
});
