import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Page } from "playwright-core";
import { COLUMN_AT } from "../../fleet/model/column.ts";
import { SimulatedFleet } from "../../tests/fleet/support/simulated_fleet.ts";
import type { Bench, BenchResult, Table } from "../lib/result.ts";
import { median } from "../lib/statistics.ts";

const CHROMIUM = "/usr/bin/chromium";
const HOSTS = 10_000;
/** Of a screen that shows 60 a second. */
const FRAME_MS = 16;

/** How long the page takes until all hosts are drawn, and what a frame costs while all of them change. */
export const fleetPage: Bench = {
  about: "the page of a manager with 10,000 hosts in Chromium: until it is drawn, and a frame's work",
  async run({ quick }) {
    if (!existsSync(CHROMIUM)) {
      return { tables: [], checks: [], notes: [], skipped: "Debian's chromium is missing" };
    }
    const plan = { agents: HOSTS, tasks: 1, channels: 10, intervalMs: 60_000 };
    await using fleet = await SimulatedFleet.open({ plan, forMs: 60_000 });
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu"],
    });
    try {
      const opened: number[] = [];
      for (let round = 0; round < (quick ? 3 : 9); round++) {
        const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
        opened.push(await open(page, fleet));
        await page.close();
      }
      const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
      await open(page, fleet);
      return resultOf(opened, await framesOf(page, fleet, quick ? 5 : 20));
    } finally {
      await browser.close();
    }
  },
};

/** Open the page. @returns ms from the navigation's start until the map of all hosts is painted */
async function open(page: Page, fleet: SimulatedFleet): Promise<number> {
  await page.addInitScript(() => {
    const poll = () => {
      const words = document.querySelector(".count")?.textContent ?? "";
      const canvas = document.querySelector("canvas");
      if (words.endsWith("in all") && !words.startsWith("0 ") && canvas && canvas.height > 200) {
        // In the frame after the one in which it was drawn it is there.
        requestAnimationFrame(() =>
          requestAnimationFrame(() => Object.assign(globalThis, { drawnAt: performance.now() }))
        );
      } else requestAnimationFrame(poll);
    };
    requestAnimationFrame(poll);
  });
  await page.goto(fleet.server.makeLink()!);
  await page.waitForFunction(() => "drawnAt" in globalThis, undefined, { timeout: 60_000 });
  return await page.evaluate(() => (globalThis as unknown as { drawnAt: number }).drawnAt);
}

/** What the page's thread did meanwhile: its tasks in ms, the longest first. */
interface Frames {
  readonly what: string;
  readonly seconds: number;
  readonly work: readonly number[];
  /** CPU time of each, the longest first: what it would take on a machine with nothing else to do. */
  readonly cpu: readonly number[];
}

/** An event of the browser's trace. */
interface TraceEvent {
  readonly name: string;
  readonly tid: number;
  /** How long it took, and the CPU time of its thread meanwhile, µs. */
  readonly dur?: number;
  readonly tdur?: number;
}

async function framesOf(page: Page, fleet: SimulatedFleet, seconds: number): Promise<Frames[]> {
  const change = changing(fleet);
  const frames: Frames[] = [];
  try {
    frames.push(await measure(page, "map, all hosts change each second", seconds, () => {}));
    frames.push(
      await measure(page, "map, and the pointer moves over it", seconds, async (n) => {
        await page.mouse.move(40 + n * 37 % 1_000, 250 + n * 13 % 300);
      }),
    );
    await page.getByRole("button", { name: "List" }).click();
    frames.push(await measure(page, "list, all hosts change each second", seconds, () => {}));
    frames.push(
      await measure(page, "list, and it is scrolled", seconds, async () => {
        await page.evaluate(() => document.querySelector(".list-scroller")!.scrollTop += 240);
      }),
    );
    return frames;
  } finally {
    clearInterval(change);
  }
}

/** Change the figures of all hosts more often than the stream looks at them: each look finds all of them changed. */
function changing({ state }: SimulatedFleet): ReturnType<typeof setInterval> {
  const at = COLUMN_AT.get("cpu_percent")!;
  let turn = 0;
  return setInterval(() => {
    turn++;
    for (const { id, hostTask } of state.agents.values()) {
      if (hostTask) hostTask.last[at] = (id * 7 + turn * 11) % 100;
    }
  }, 700);
}

/**
 * Do something for a while.
 * @returns what each task of the page's thread took, as the browser traces it: what no frame can come in between
 */
async function measure(
  page: Page,
  what: string,
  seconds: number,
  act: (n: number) => unknown,
): Promise<Frames> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => void events.push(...value as unknown as TraceEvent[]));
  const isComplete = new Promise<void>((resolve) => session.once("Tracing.tracingComplete", () => resolve()));
  const categories = "toplevel,devtools.timeline,disabled-by-default-devtools.timeline";
  await session.send("Tracing.start", { transferMode: "ReportEvents", categories });
  const since = performance.now();
  for (let n = 0; performance.now() - since < seconds * 1_000; n++) {
    await act(n);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await session.send("Tracing.end");
  await isComplete;
  await session.detach();
  // Functions run on the page's thread alone.
  const thread = events.find(({ name }) => name === "FunctionCall")?.tid;
  const tasks = events.filter(({ name, tid }) => name === "RunTask" && tid === thread);
  const falling = (times: readonly number[]) => times.map((us) => us / 1_000).sort((a, b) => b - a);
  const work = falling(tasks.map(({ dur = 0 }) => dur));
  return { what, seconds, work, cpu: falling(tasks.map(({ tdur = 0 }) => tdur)) };
}

function resultOf(opened: readonly number[], frames: readonly Frames[]): BenchResult {
  const table: Table = {
    title: `the page of a manager with ${HOSTS} hosts`,
    columns: [
      { name: "meanwhile" },
      { name: "longest task, CPU ms", digits: 1 },
      { name: "by the clock, ms", digits: 1 },
      { name: "tasks over 16 ms, by the clock" },
      { name: "of all", digits: 0 },
      { name: "% of a core", digits: 1 },
    ],
    rows: frames.map(({ what, seconds, work, cpu }) => [
      what,
      cpu[0],
      work[0],
      work.filter((ms) => ms > FRAME_MS).length,
      work.length,
      cpu.reduce((sum, ms) => sum + ms, 0) / (seconds * 10),
    ]),
  };
  const spread = `${Math.round(Math.min(...opened))} to ${Math.round(Math.max(...opened))}`;
  return {
    tables: [table],
    checks: [
      { what: "until all is drawn", unit: "ms", measured: median(opened), wanted_at_most: 1_000 },
      ...frames.map(({ what, cpu }) => ({
        ...{ what: `${what}: the longest task, CPU`, unit: "ms", wanted_at_most: FRAME_MS },
        measured: cpu[0],
      })),
    ],
    notes: [`${opened.length} times opened, ${spread} ms; manager and browser share the machine`],
  };
}
