import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { proctorBinary } from "./lib/binary.ts";
import { writeMadeRecords } from "./lib/made_records.ts";
import type { Bench, BenchResult } from "./lib/result.ts";
import { median, medianRatio } from "./lib/statistics.ts";

const CHROMIUM = "/usr/bin/chromium";
const SAMPLES = 100_000;
const PROCESSES = 20_000;
/** Makes a file of a little more than a gigabyte. */
const SAMPLES_OF_A_GIGABYTE = 1_900_000;
const MIB = 1024 * 1024;

/** A peer that does the least that must be done with the records: every line is parsed, one after another. */
const PARSE = "import json, sys\nfor line in open(sys.argv[1]): json.loads(line)";

/** Reports: making one, its size, opening it, panning in it; and a gigabyte of records. */
export const report: Bench = {
  about: "a report of 100,000 samples: making it, its size, opening and panning it in Chromium",
  async run({ quick }) {
    if (!existsSync(CHROMIUM)) {
      return { tables: [], checks: [], notes: [], skipped: "Debian's chromium is missing" };
    }
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    try {
      return await measure(directory, quick);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

async function measure(directory: string, quick: boolean): Promise<BenchResult> {
  const rounds = quick ? 3 : 9;
  const [records, page, empty] = ["run.jsonl", "run.html", "empty.html"].map((name) => join(directory, name));
  await writeMadeRecords(records, SAMPLES, PROCESSES);
  writeFileSync(empty, "<!DOCTYPE html><title>nothing</title><html data-ready=true>");
  const binary = proctorBinary();
  const [made, parsed]: number[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    made.push(seconds(() => execFileSync(binary, ["report", records, "-o", page])));
    parsed.push(seconds(() => execFileSync("/usr/bin/python3", ["-c", PARSE, records])));
  }
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const [opened, nothing]: number[][] = [[], []];
  let frames: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      opened.push(await open(browser, page));
      nothing.push(await open(browser, empty));
    }
    frames = (await pan(browser, page, quick ? 60 : 240)).sort((a, b) => a - b);
  } finally {
    await browser.close();
  }
  const size = statSync(page).size / MIB;
  const large = quick ? null : await gigabyte(binary, directory);
  return {
    tables: [
      {
        title: `${SAMPLES} samples, ${PROCESSES} processes, ${
          (statSync(records).size / MIB).toFixed(1)
        } MiB of records`,
        columns: [{ name: "what" }, { name: "median", digits: 2 }, { name: "min", digits: 2 }, {
          name: "max",
          digits: 2,
        }],
        rows: [
          ["proctor report, s", ...threeOf(made)],
          ["Python's json parses the same lines, s", ...threeOf(parsed)],
          ["opening the page in Chromium until all is drawn, s", ...threeOf(opened)],
          ["opening an empty page, s", ...threeOf(nothing)],
          ["a frame while panning, ms", median(frames), frames[0], frames[frames.length - 1]],
          ["size of the page, MiB", size, size, size],
        ],
      },
      ...(large
        ? [{
          title: "a gigabyte of records",
          columns: [{ name: "records MiB" }, { name: "samples" }, { name: "s", digits: 1 }, {
            name: "peak MiB",
          }, { name: "page MiB" }],
          rows: [[large.records, SAMPLES_OF_A_GIGABYTE, large.seconds, large.peak, large.page]],
        }]
        : []),
    ],
    checks: [
      { what: "opening 100,000 samples", unit: "s", measured: median(opened), wanted_at_most: 2 },
      {
        what: "a frame while panning, nineteen of twenty",
        unit: "ms",
        measured: frames[Math.floor(frames.length * 0.95)],
        wanted_at_most: 50,
      },
      {
        what: "making it, to parsing alone in Python",
        unit: "×",
        measured: medianRatio(made, parsed),
        wanted_at_most: 2,
      },
    ],
    notes: ["Chromium without a screen draws by the CPU alone."],
  };
}

const threeOf = (values: number[]) => [median(values), Math.min(...values), Math.max(...values)];

function seconds(action: () => void): number {
  const start = performance.now();
  action();
  return (performance.now() - start) / 1_000;
}

async function open(browser: Browser, file: string): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const start = performance.now();
  await goTo(page, file);
  const taken = (performance.now() - start) / 1_000;
  await page.close();
  return taken;
}

async function goTo(page: Page, file: string): Promise<void> {
  await page.goto(`file://${file}`);
  await page.waitForSelector("html[data-ready=true]", { state: "attached" });
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

/** Pan to and fro in a third of the run, and take the time between frames; ms. */
async function pan(browser: Browser, file: string, count: number): Promise<number[]> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await goTo(page, file);
  // As text: it runs in the page, whose names are not known here.
  const times = await page.evaluate(`(async () => {
    const surface = document.querySelector("[data-panel=cpu] .u-over");
    const { left, top } = surface.getBoundingClientRect();
    const at = { clientX: left + 400, clientY: top + 20, bubbles: true, cancelable: true };
    const wheel = (how) => surface.dispatchEvent(new WheelEvent("wheel", { ...at, ...how }));
    const frame = () => new Promise(requestAnimationFrame);
    for (let step = 0; step < 3; step++) wheel({ ctrlKey: true, deltaY: -60 });
    await frame();
    const times = [];
    for (let step = 0, before = performance.now(); step < ${count}; step++) {
      wheel({ deltaX: step % 60 < 30 ? 12 : -12 });
      await frame();
      const now = performance.now();
      times.push(now - before);
      before = now;
    }
    return times;
  })()`) as number[];
  await page.close();
  return times.slice(5);
}

/** The report of a gigabyte, measured by proctor itself. */
async function gigabyte(
  binary: string,
  directory: string,
): Promise<{ records: number; seconds: number; peak: number; page: number }> {
  const [records, page, summary] = ["large.jsonl", "large.html", "summary.json"].map((name) =>
    join(directory, name)
  );
  await writeMadeRecords(records, SAMPLES_OF_A_GIGABYTE, PROCESSES);
  const watch = [
    "run",
    "--quiet",
    "--summary",
    "json",
    "--summary-file",
    summary,
    "--interval",
    "20ms",
    "--",
  ];
  execFileSync(binary, [...watch, binary, "report", records, "-o", page]);
  const { wall_seconds, peak_memory_bytes } = JSON.parse(readFileSync(summary, "utf8"));
  return {
    records: statSync(records).size / MIB,
    seconds: wall_seconds,
    peak: peak_memory_bytes / MIB,
    page: statSync(page).size / MIB,
  };
}
