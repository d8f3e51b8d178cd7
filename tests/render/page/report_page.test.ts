import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { RecordedRun } from "../../../records/recorded_run.ts";
import { reportPage } from "../../../render/page/report_page.ts";
import { madeRun } from "../support/made_run.ts";
import { colorOf, findColor, noBrowser, startBrowser, withPage } from "./support/browser.ts";

const PANELS = ["cpu", "memory", "disk", "io", "processes", "descriptors", "faults", "switches"];
const plotOf = (panel: string) => `[data-panel=${panel}] canvas`;

test("the summary tells the largest process, what was cancelled, and why a figure is no better", async () => {
  const run = await madeRun();
  const summary = {
    ...run.summary!,
    peak_process_memory_bytes: 3_145_728,
    disk_read_bytes: 0,
    disk_write_bytes: 8_388_608,
    disk_cancelled_write_bytes: 2_097_152,
    accounting: {
      ...run.summary!.accounting,
      peak_memory: { source: "samples", quality: "upper_bound", note: 'pages "of several" <count>' },
      peak_process_memory: { source: "wait4", quality: "exact" },
    } as const,
  };
  const html = reportPage([{ ...run, summary }]);
  assert.ok(
    html.includes('title="from samples: pages &quot;of several&quot; &lt;count&gt;">upper bound</span>'),
  );
  assert.match(html, /upper bound<\/span><small>[^<]*pages &quot;of several&quot; &lt;count&gt;<\/small>/);
  assert.match(html, /one process<\/th><td><strong>3 MiB<\/strong>/);
  assert.match(html, /8 MiB written, 2 MiB of it cancelled/);
});

describe("the report in a browser", () => {
  let browser: Browser;
  let directory = "";
  let pages = 0;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "proctor-report-"));
    if (!noBrowser) browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true });
  });

  async function open(
    runs: readonly RecordedRun[],
    options: BrowserContextOptions,
    use: (page: Page) => Promise<void>,
  ): Promise<void> {
    const file = join(directory, `report-${++pages}.html`);
    writeFileSync(file, reportPage(runs));
    await withPage(browser, file, options, use);
  }

  const draws = "draws every chart, a bar for each process, and fetches nothing";
  test(draws, { skip: noBrowser, timeout: 60_000 }, async () => {
    await open([await madeRun()], {}, async (page) => {
      for (const panel of PANELS) {
        const color = await colorOf(
          page,
          panel === "memory" || panel === "descriptors" ? `--line-${panel}` : "--line-0",
        );
        const { count, left, right, width } = await findColor(page, plotOf(panel), color);
        assert.ok(count > 100, `${panel}: only ${count} pixels of its line`);
        assert.ok(
          left < width * 0.1 && right > width * 0.95,
          `${panel}: from ${left} to ${right} of ${width}`,
        );
      }
      assert.equal(await page.locator("[data-panel=network]").count(), 0, "a chart of what is not known");
      // 17 processes of 0.4 s each second half second, on one lane; `cc1` has most CPU, so the first colour.
      const bars = await findColor(page, "[data-panel=timeline] canvas", await colorOf(page, "--exe-0"));
      assert.ok(bars.count > 17 * 0.04 * bars.width * 0.8 * 10, `${bars.count} pixels of cc1`);
      const others = await findColor(page, "[data-panel=timeline] canvas", await colorOf(page, "--exe-1"));
      assert.ok(others.count > 100 && others.count < bars.count / 3, `${others.count} pixels of as`);
    });
  });

  const told = "draws what the program told of itself, below zero as well, and has all of it in a table";
  test(told, { skip: noBrowser, timeout: 60_000 }, async () => {
    const metrics = [
      { name: "app_depth", kind: "gauge", source: "statsd", last: -1, min: -1, max: 1 },
      {
        name: "app_time",
        kind: "timer",
        source: "statsd",
        total: 3,
        per_second: 0.3,
        mean: 2,
        p95: 3,
        min: 1,
        max: 3.25,
      },
      { name: "app_version", kind: "gauge", source: "scrape", last: 12, min: 12, max: 12 },
    ];
    const counts = {
      line_count: 300,
      malformed_line_count: 2,
      unselected_line_count: 0,
      omitted_name_count: 0,
      omitted_series_count: 0,
      dropped_datagram_count: 0,
    };
    const run = await madeRun({
      // From 1 down to -0.98, and never the same.
      app: (index) => ({ app_depth: 1 - index / 50, app_version: 12 }),
      summary: { app: { metrics, ...counts } },
    });
    for (const options of [{}, { colorScheme: "dark" }, { viewport: { width: 390, height: 844 } }] as const) {
      await open([run], options, async (page) => {
        assert.equal(await page.locator("[data-panel^=app_]").count(), 1, "what never moves is drawn");
        assert.match(await page.locator("[data-panel=app_depth] .legend").innerText(), /app_depth max 1$/);
        const line = await findColor(page, plotOf("app_depth"), await colorOf(page, "--line-0"));
        assert.ok(line.top < line.height * 0.2 && line.bottom > line.height * 0.65, JSON.stringify(line));
        const rows = await page.locator("section:has(h2:text-is('Reported by the program')) tbody tr")
          .evaluateAll(
            (all) =>
              all.map((one) => [...(one as HTMLTableRowElement).cells].map(({ innerText }) => innerText)),
          );
        assert.deepEqual(rows, [
          ["app_depth", "", "", "-1", "", "", "1"],
          ["app_time (ms)", "3", "0.3", "", "2", "3", "3.25"],
          ["app_version", "", "", "12", "", "", "12"],
          ["remarks", "2 lines made no sense"],
        ]);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "too wide");
      });
    }
  });

  const course = "draws the course that was measured";
  test(course, { skip: noBrowser, timeout: 60_000 }, async () => {
    await open([await madeRun()], {}, async (page) => {
      const color = await colorOf(page, "--line-0");
      const { top, bottom, height } = await findColor(page, plotOf("cpu"), color);
      assert.ok(bottom > height * 0.7 && top < height * 0.25, `from ${bottom} up to ${top} of ${height}`);
      // It rises: what is left is below, what is right is above.
      const heightAt = (share: number) =>
        page.evaluate(({ share, color }) => {
          const canvas = document.querySelector("[data-panel=cpu] canvas") as HTMLCanvasElement;
          const x = Math.round(64 + (canvas.width - 74) * share);
          const copy = Object.assign(document.createElement("canvas"), { width: 1, height: canvas.height });
          const context = copy.getContext("2d", { willReadFrequently: true })!;
          context.drawImage(canvas, -x, 0);
          const { data } = context.getImageData(0, 0, 1, canvas.height);
          for (let y = 0; y < canvas.height; y++) {
            if (color.every((value, index) => Math.abs(value - data[4 * y + index]) < 40)) return y;
          }
          return -1;
        }, { share, color });
      const heights = await Promise.all([0.105, 0.305, 0.505, 0.705, 0.905].map(heightAt));
      const differences = heights.slice(1).map((y, index) => heights[index] - y);
      const mean = differences.reduce((a, b) => a + b) / 4;
      assert.ok(heights.every((y) => y > 0) && mean > 10, `heights ${heights}`);
      for (const one of differences) assert.ok(Math.abs(one - mean) <= 2.5, `not straight: ${heights}`);
    });
  });

  const peak = "draws a peak of one sample among a hundred thousand";
  test(peak, { skip: noBrowser, timeout: 120_000 }, async () => {
    const run = await madeRun({ samples: 100_000, cpu: (index) => index === 43_210 ? 190 : 20 });
    await open([run], {}, async (page) => {
      const { top, height } = await findColor(page, plotOf("cpu"), await colorOf(page, "--line-0"));
      assert.ok(top < height * 0.25, `the highest pixel is at ${top} of ${height}`);
      assert.match(await page.locator("[data-panel=cpu] .legend").innerText(), /max 190%/);
    });
  });

  const zoom = "zooms by dragging, for all charts at once, and back by a double click";
  test(zoom, { skip: noBrowser, timeout: 60_000 }, async () => {
    await open([await madeRun()], {}, async (page) => {
      assert.equal(await page.locator("#range").innerText(), "all 10.00s");
      const before = await page.locator(plotOf("memory")).first().screenshot();
      const plot = (await page.locator("[data-panel=cpu] .u-over").boundingBox())!;
      await page.mouse.move(plot.x + plot.width * 0.2, plot.y + 40);
      await page.mouse.down();
      await page.mouse.move(plot.x + plot.width * 0.4, plot.y + 50, { steps: 4 });
      await page.mouse.up();
      const [from, to] = await rangeOf(page);
      assert.ok(Math.abs(from - 2) < 0.05 && Math.abs(to - 4) < 0.05, `${from} to ${to}`);
      const after = await page.locator(plotOf("memory")).first().screenshot();
      assert.ok(!before.equals(after), "the other charts stayed");
      // Between 2 s and 4 s there are as many bars as steps of 0.5 s.
      const bars = await findColor(page, "[data-panel=timeline] canvas", await colorOf(page, "--exe-0"));
      assert.ok(bars.right - bars.left > bars.width * 0.7);
      await page.locator("[data-panel=cpu] .u-over").dblclick({ position: { x: 300, y: 40 } });
      await page.waitForFunction(() => document.getElementById("range")!.textContent === "all 10.00s");
    });
  });

  const wheel = "zooms by the wheel with ctrl, pans with shift, and leaves the wheel alone to the page";
  test(wheel, { skip: noBrowser, timeout: 60_000 }, async () => {
    await open([await madeRun()], {}, async (page) => {
      const plot = (await page.locator("[data-panel=cpu] .u-over").boundingBox())!;
      await page.mouse.move(plot.x + plot.width / 2, plot.y + 40);
      await page.keyboard.down("Control");
      await page.mouse.wheel(0, -60);
      await page.keyboard.up("Control");
      await page.waitForFunction(() => !document.getElementById("range")!.textContent!.startsWith("all"));
      const [from, to] = await rangeOf(page);
      assert.ok(Math.abs((from + to) / 2 - 5) < 0.1 && to - from < 9, `${from} to ${to}`);
      await page.mouse.wheel(100, 0);
      await page.waitForFunction((was) => document.getElementById("range")!.textContent !== was, `${from}`);
      const moved = await rangeOf(page);
      assert.ok(moved[0] > from && Math.abs(moved[1] - moved[0] - (to - from)) < 0.02, `${moved}`);
      await page.mouse.wheel(0, 200);
      await page.waitForFunction(() => scrollY > 0);
      assert.deepEqual(await rangeOf(page), moved);
    });
  });

  const cursor = "points at the same moment in all charts, and tells the values there";
  test(cursor, { skip: noBrowser, timeout: 60_000 }, async () => {
    await open([await madeRun()], { viewport: { width: 1200, height: 2400 } }, async (page) => {
      const plot = (await page.locator("[data-panel=memory] .u-over").boundingBox())!;
      // At 5.04 s the nearest sample is that of 5.0 s; CPU since then is told by the next, that of 5.1 s.
      await page.mouse.move(plot.x + plot.width * 0.504, plot.y + 40);
      await page.waitForFunction(() =>
        document.querySelector("[data-panel=memory] .legend")!.textContent!.includes("50 MiB")
      );
      assert.match(await page.locator("[data-panel=cpu] .legend").innerText(), /51\.0%/);
      assert.match(await page.locator("[data-panel=descriptors] .legend").innerText(), /24/);
      const lines = await page.locator(".u-cursor-x").evaluateAll((all) =>
        all.map((one) => Math.round(one.getBoundingClientRect().left))
      );
      lines.push(Math.round((await page.locator(".lanes .cursor").boundingBox())!.x));
      assert.equal(lines.length, PANELS.length + 1);
      assert.ok(Math.max(...lines) - Math.min(...lines) <= 2, `cursors at ${lines}`);
      await page.mouse.move(5, 5);
      await page.waitForFunction(() =>
        document.querySelector("[data-panel=memory] .legend")!.textContent!.includes("max 100 MiB")
      );
    });
  });

  const tip = "tells of the process under the pointer";
  test(tip, { skip: noBrowser, timeout: 60_000 }, async () => {
    await open([await madeRun()], {}, async (page) => {
      const surface = (await page.locator(".surface").boundingBox())!;
      await page.mouse.move(surface.x + surface.width * 0.03, surface.y + 6);
      const text = await page.locator(".tip").innerText();
      assert.match(
        text,
        /^cc1 204\s+cc1 file4\.c\s+from 0\.10s, for 400ms\s+CPU 250ms, memory at most 977 KiB\s+exit code 0$/,
      );
      await page.mouse.move(surface.x + surface.width * 0.052, surface.y + 6);
      assert.equal(await page.locator(".tip").isVisible(), false);
    });
  });

  const keys = "is worked by the keyboard alone";
  test(keys, { skip: noBrowser, timeout: 60_000 }, async () => {
    await open([await madeRun()], {}, async (page) => {
      const said = () => page.locator("#announcer").innerText();
      // By tab to the first chart: past the one button that does something, and the scale.
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement!.getAttribute("aria-label")), "Zoom in");
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement!.id), "scale");
      await page.keyboard.press("Tab");
      assert.match(
        await page.evaluate(() => document.activeElement!.getAttribute("aria-label")!),
        /^CPU over time/,
      );
      await page.keyboard.press("ArrowRight");
      assert.equal(await said(), "0.10s: CPU 1.00%");
      await page.keyboard.press("Shift+ArrowRight");
      assert.equal(await said(), "1.10s: CPU 11.0%");
      await page.keyboard.press("End");
      assert.equal(await said(), "10.00s: CPU 100%");
      await page.keyboard.press("ArrowLeft");
      assert.equal(await said(), "9.90s: CPU 99.0%");
      await page.keyboard.press("+");
      await page.waitForFunction(() => !document.getElementById("range")!.textContent!.startsWith("all"));
      const [from, to] = await rangeOf(page);
      assert.ok(Math.abs(to - from - 5) < 0.01 && to <= 10.001, `${from} to ${to}`);
      await page.keyboard.press("Home");
      await page.waitForFunction(() => document.getElementById("range")!.textContent!.startsWith("0.1"));
      await page.keyboard.press("0");
      await page.waitForFunction(() => document.getElementById("range")!.textContent!.startsWith("all"));
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement!.getAttribute("aria-label")), "Save CPU");
      await page.keyboard.press("Tab");
      assert.match(
        await page.evaluate(() => document.activeElement!.getAttribute("aria-label")!),
        /^Timeline of 20 /,
      );
      await page.keyboard.press("ArrowRight");
      assert.match(await said(), /^cc1 204, cc1 file4\.c, from 0\.10s/);
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => !document.getElementById("range")!.textContent!.startsWith("all"));
      const [start, end] = await rangeOf(page);
      assert.ok(start < 0.1 && end > 0.5 && end - start < 0.6, `${start} to ${end}`);
      await page.locator("button[data-action=all]").press("Enter");
      assert.equal(await said(), "all 10.00s");
    });
  });

  const names = "gives everything a name that can be reached";
  test(names, { skip: noBrowser, timeout: 60_000 }, async () => {
    await open([await madeRun()], {}, async (page) => {
      assert.equal(await page.title(), "made – proctor");
      assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "made");
      for (const name of ["Zoom in", "Zoom out", "Earlier", "Later", "Show all"]) {
        assert.equal(await page.getByRole("button", { name, exact: true }).count(), 1, name);
      }
      for (const name of ["CPU", "Memory", "Disk", "I/O", "Processes and threads"]) {
        const chart = page.getByRole("application", { name: new RegExp(`^${name} over time: .* at most `) });
        assert.equal(await chart.count(), 1, name);
      }
      for (const name of ["What it cost", "Environment", "Executables"]) {
        assert.equal(await page.getByRole("region", { name }).count(), 1, name);
      }
      const unnamed = await page.evaluate(() =>
        [...document.querySelectorAll(
          "button, [tabindex], [role=application], [role=region], [role=toolbar]",
        )]
          .filter((one) => !one.getAttribute("aria-label") && !one.textContent!.trim()).map((one) =>
            one.outerHTML
          )
      );
      assert.deepEqual(unnamed, []);
      const row = page.getByRole("row", { name: /^CPU 10\.00s exact/ });
      assert.equal(await row.count(), 1, "the summary's line of CPU, with its quality");
    });
  });

  const phone = "fits a phone, dark as well as light";
  test(phone, { skip: noBrowser, timeout: 60_000 }, async () => {
    const backgrounds: number[][] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      const options = {
        viewport: { width: 360, height: 740 },
        colorScheme,
        hasTouch: true,
        deviceScaleFactor: 2,
      };
      const command = ["make", "x".repeat(300)];
      await open([await madeRun({ start: { name: undefined, command } })], options, async (page) => {
        const wide = await page.evaluate(() =>
          [...document.querySelectorAll("body *")].filter((one) =>
            !one.closest(".table, script, style, .visually-hidden") &&
            one.getBoundingClientRect().right > 360.5
          ).map((one) => one.outerHTML.slice(0, 100))
        );
        assert.deepEqual(wide, []);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
        backgrounds.push(await colorOf(page, "--page"));
        const line = await findColor(page, plotOf("memory"), await colorOf(page, "--line-memory"));
        assert.ok(line.count > 300, `${line.count} pixels`);
      });
    }
    const [light, dark] = backgrounds.map((color) => color.reduce((a, b) => a + b) / 3);
    assert.ok(light > 230 && dark < 40, `backgrounds ${light} and ${dark}`);
  });

  const fingers = "is zoomed by two fingers and panned by one";
  test(fingers, { skip: noBrowser, timeout: 60_000 }, async () => {
    const options = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    await open([await madeRun()], options, async (page) => {
      await page.locator("[data-panel=cpu] .u-over").scrollIntoViewIfNeeded();
      const plot = (await page.locator("[data-panel=cpu] .u-over").boundingBox())!;
      const session = await page.context().newCDPSession(page);
      const y = plot.y + 40;
      const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...xs: number[]) =>
        session.send("Input.dispatchTouchEvent", {
          type,
          touchPoints: xs.map((x, id) => ({ x: plot.x + x, y, id })),
        });
      await touch("touchStart", 100, 160);
      for (let by = 10; by <= 60; by += 10) await touch("touchMove", 100 - by, 160 + by);
      await touch("touchEnd");
      await page.waitForFunction(() => !document.getElementById("range")!.textContent!.startsWith("all"));
      const [from, to] = await rangeOf(page);
      assert.ok(to - from < 6 && to - from > 2, `${from} to ${to}`);
      await touch("touchStart", 200);
      for (let x = 190; x >= 100; x -= 10) await touch("touchMove", x);
      await touch("touchEnd");
      await page.waitForFunction(
        (was) => !document.getElementById("range")!.textContent!.startsWith(was),
        `${from}`,
      );
      const moved = await rangeOf(page);
      assert.ok(moved[0] > from + 0.5, `${moved}`);
    });
  });

  const hostile = "keeps hostile words inert, wherever they stand";
  test(hostile, { skip: noBrowser, timeout: 60_000 }, async () => {
    const words =
      "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`${alert(3)}\u0007\u202e🦊";
    const run = await madeRun({
      start: {
        name: words,
        command: [words, "<!--<script>"],
        environment: { ...(await madeRun()).start.environment, host_name: words, cpu_model: words },
      },
      process: { name: words, command: `${words} --x`, exit_code: null, signal: words },
    });
    await open([run], {}, async (page) => {
      const shown = words.replace("\u0007", "\ufffd");
      assert.equal(await page.locator("h1").textContent(), shown);
      assert.equal(await page.locator("img").count(), 0);
      assert.ok(
        (await page.locator("tbody th").allTextContents()).includes(shown),
        "the name of the executable",
      );
      await page.locator(".lanes").focus();
      await page.keyboard.press("ArrowRight");
      assert.ok((await page.locator(".tip").textContent())!.includes("alert(1)"));
      assert.equal(await page.locator(".tip script, .tip img").count(), 0);
    });
  });

  const several = "shows several runs side by side, and over each other";
  test(several, { skip: noBrowser, timeout: 60_000 }, async () => {
    const runs = [
      await madeRun({ start: { name: "before" } }),
      await madeRun({ start: { name: "after" }, cpu: (index) => 150 - index }),
    ];
    await open(runs, {}, async (page) => {
      assert.equal(await page.title(), "2 runs – proctor");
      assert.deepEqual(await page.locator("#charts h3.run").allInnerTexts(), ["before", "after"]);
      const [left, right] = await page.locator("[data-panel=cpu]").all();
      const [a, b] = [(await left.boundingBox())!, (await right.boundingBox())!];
      assert.ok(Math.abs(a.y - b.y) < 2 && b.x > a.x + a.width, "they do not stand beside each other");
      // One scale for both: 100 of the left stands below the 150 of the right.
      const headings = page.getByRole("region", { name: "What it cost" }).getByRole("columnheader");
      assert.deepEqual((await headings.allInnerTexts()).filter(Boolean), ["before", "after"]);
      await page.getByRole("button", { name: "Over each other" }).click();
      assert.equal(await page.locator("[data-panel=cpu]").count(), 1);
      const legend = await page.locator("[data-panel=cpu] .legend").innerText();
      assert.match(legend, /before, CPU\s+max 100%[^]*after, CPU\s+max 150%/);
      for (const color of ["--run-0", "--run-1"]) {
        const found = await findColor(page, plotOf("cpu"), await colorOf(page, color));
        assert.ok(found.count > 200, `${color}: ${found.count} pixels`);
      }
      await page.getByRole("button", { name: "Side by side" }).click();
      assert.equal(await page.locator("[data-panel=cpu]").count(), 2);
      // A window made narrow has no room for two.
      await page.setViewportSize({ width: 400, height: 900 });
      await page.waitForFunction(() => document.querySelectorAll("[data-panel=cpu]").length === 1);
      assert.equal(await page.locator("button[data-action=layout]").isVisible(), false);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 400);
    });
  });

  const cut = "says what is missing of a run that was cut off, and of one without samples";
  test(cut, { skip: noBrowser, timeout: 60_000 }, async () => {
    await open([await madeRun({ cutOff: true })], {}, async (page) => {
      assert.equal(await page.locator(".badge").innerText(), "cut off");
      assert.match(await page.locator(".notes").innerText(), /there is no summary/);
      assert.match(await page.locator(".figures").innerText(), /CPU\s+1,?000s|16m 40\.0s/);
    });
    await open([await madeRun({ samples: 0 })], {}, async (page) => {
      assert.match(await page.locator("#charts").innerText(), /none was seen to end\s+No sample was taken\./);
      assert.equal(await page.locator("#toolbar").isVisible(), false);
      assert.equal(await page.locator("canvas").count(), 0);
    });
  });

  const lone = "draws a sample alone as a dot, and has room for many runs that were too short for one";
  test(lone, { skip: noBrowser, timeout: 60_000 }, async () => {
    const command = ["sh", "-c", "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done; echo $i"];
    const short = await Promise.all(
      Array.from({ length: 8 }, () => madeRun({ samples: 0, start: { name: undefined, command } })),
    );
    const measured = await madeRun({ samples: 1, start: { name: "one sample" } });
    await open([...short, measured, await madeRun({ start: { name: "long" } })], {}, async (page) => {
      assert.equal(
        await page.locator(".notes").innerText(),
        "8 of 10 runs ended before their first sample, and have no lines.",
      );
      const table = page.getByRole("region", { name: "What it cost" });
      const heights = await table.locator(".badge").evaluateAll((all) =>
        all.map((one) => one.getClientRects().length)
      );
      assert.deepEqual(heights, heights.map(() => 1), "a badge is broken over two lines");
      for (const head of (await table.locator("thead th").all()).slice(0, 8)) {
        const { width, height } = (await head.boundingBox())!;
        assert.ok(width > 180 && height < 80, `a column of ${width} × ${height}`);
        assert.match(await head.innerText(), /^sh -c i=0;.*… \(made\.jsonl\) #\d$/s);
        assert.match((await head.getAttribute("title"))!, /^sh -c .* echo \$i \(made\.jsonl\) #\d$/);
      }
    });
    await open([measured], {}, async (page) => {
      const { count, left, right } = await findColor(
        page,
        plotOf("memory"),
        await colorOf(page, "--line-memory"),
      );
      assert.ok(count >= 9 && right - left < 12, `${count} pixels from ${left} to ${right}`);
    });
  });

  const paper = "prints dark on white, without buttons, and moves only for those who like it";
  test(paper, { skip: noBrowser, timeout: 60_000 }, async () => {
    await open([await madeRun()], { colorScheme: "dark", reducedMotion: "reduce" }, async (page) => {
      const motion = () =>
        page.evaluate(() => getComputedStyle(document.getElementById("window")!).transitionDuration);
      assert.equal(await motion(), "0s");
      await page.emulateMedia({ media: "print", reducedMotion: "no-preference" });
      assert.equal(await page.locator("#toolbar").isVisible(), false);
      const [text, line] = [await colorOf(page, "--text"), await colorOf(page, "--line-0")];
      assert.ok(text.every((value) => value < 80), `text ${text}`);
      const found = await findColor(page, plotOf("cpu"), line);
      assert.ok(found.count > 100, `${found.count} pixels in the colour of the paper`);
      // Paper is narrower than the window, and nobody tells the page: its drawings must fit all the same.
      const wide = await page.evaluate(() => {
        document.body.style.width = "700px";
        return [...document.querySelectorAll("main *")].filter((one) =>
          one.getBoundingClientRect().right > 701
        )
          .map((one) => one.outerHTML.slice(0, 100));
      });
      assert.deepEqual(wide, []);
      const pdf = await page.pdf({ format: "A4" });
      assert.ok(pdf.length > 20_000);
    });
  });
});

/** The stretch that the page says it shows, in seconds. */
async function rangeOf(page: Page): Promise<[from: number, to: number]> {
  // What was done takes effect with the next frame.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const text = await page.locator("#range").innerText();
  const found = /^([\d.]+)s to ([\d.]+)s$/.exec(text);
  assert.ok(found, `the range is "${text}"`);
  return [Number(found[1]), Number(found[2])];
}
