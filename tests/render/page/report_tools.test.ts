/* What a report page offers beside its charts: scales, downloads, the legend, and the drawings of a comparison. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { compareSets } from "../../../core/compare/comparison.ts";
import { reportPage } from "../../../render/page/report_page.ts";
import { runSet } from "../../core/compare/support/runs.ts";
import { ROOT } from "../../support/fixture.ts";
import { madeRun } from "../support/made_run.ts";
import { noBrowser, startBrowser, withPage } from "./support/browser.ts";

const AXE = readFileSync(`${ROOT}/node_modules/axe-core/axe.min.js`, "utf8");

async function axeOf(page: Page): Promise<unknown[]> {
  await page.evaluate(AXE);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await axe.run()).violations.map(({ id, nodes }) => [id, nodes[0].html]);
  });
}

const SIZES = [
  { colorScheme: "light" },
  { colorScheme: "dark", viewport: { width: 390, height: 844 } },
] as const;

describe("a report page", () => {
  let browser: Browser;
  let directory = "";
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "proctor-tools-"));
    if (!noBrowser) browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true });
  });

  test("has room for the last time below a chart", { skip: noBrowser, timeout: 60_000 }, async () => {
    const file = join(directory, "end.html");
    writeFileSync(file, reportPage([await madeRun({ samples: 900 })]));
    await withPage(browser, file, {}, async (page) => {
      // What is cut off is drawn up to the edge of the canvas.
      const inked = await page.locator("[data-panel=cpu] canvas").first().evaluate((element) => {
        const canvas = element as HTMLCanvasElement;
        const [wide, high] = [40, Math.round(20 * devicePixelRatio)];
        const { data } = canvas.getContext("2d")!
          .getImageData(canvas.width - wide, canvas.height - high, wide, high);
        const columns = new Set<number>();
        for (let at = 3; at < data.length; at += 4) if (data[at] > 0) columns.add(((at - 3) / 4) % wide);
        return [...columns];
      });
      assert.ok(inked.some((column) => column > 15), `a time is below the end: ${inked}`);
      assert.ok(!inked.includes(39), "the last time is cut off");
    });
  });

  test(
    "cuts spikes off, says so, and shows them when asked",
    { skip: noBrowser, timeout: 60_000 },
    async () => {
      const file = join(directory, "spike.html");
      const run = await madeRun({ cpu: (index) => index === 30 ? 1_900 : 60 });
      writeFileSync(file, reportPage([run]));
      for (const options of SIZES) {
        await withPage(browser, file, options, async (page) => {
          const note = page.locator("[data-panel=cpu] .cut-note");
          assert.equal(await note.innerText(), "spikes up to 1900% are cut off");
          assert.deepEqual(await page.locator("[data-panel=timeline] .legend span").allInnerTexts(), [
            "cc1",
            "as",
          ]);
          assert.deepEqual(await axeOf(page), []);
          for (const scale of ["whole", "log"]) {
            await page.locator("#scale").selectOption(scale);
            assert.equal(await note.isVisible(), false, scale);
          }
          await page.locator("#scale").selectOption("fit");
          assert.equal(await note.isVisible(), true);
        });
      }
    },
  );

  test("saves each drawing as a picture and as figures", { skip: noBrowser, timeout: 60_000 }, async () => {
    const file = join(directory, "save.html");
    writeFileSync(file, reportPage([await madeRun({ process: { command: '=cmd|"x",1' } })]));
    await withPage(browser, file, {}, async (page) => {
      const saved = async (panel: string, kind: "PNG" | "CSV") => {
        await page.locator(`[data-panel=${panel}] .save summary`).click();
        const coming = page.waitForEvent("download");
        await page.locator(`[data-panel=${panel}] .save button`, { hasText: kind }).click();
        const download = await coming;
        return [download.suggestedFilename(), readFileSync(await download.path())] as const;
      };
      const [name, figures] = await saved("cpu", "CSV");
      assert.equal(name, "cpu.csv");
      const lines = figures.toString().split("\r\n");
      assert.deepEqual(lines.slice(0, 2), ["run,elapsed_seconds,CPU (percent)", "made,0.1,1"]);
      assert.equal(lines.length, 102, "a heading, a hundred samples, and the end");
      const [, processes] = await saved("timeline", "CSV");
      assert.match(processes.toString(), /^pid,.*\r\n204,\d+,cc1,"'=cmd\|""x"",1",0\.1,0\.4,0\.25,/);
      for (const panel of ["cpu", "timeline"]) {
        const [, picture] = await saved(panel, "PNG");
        assert.equal(picture.subarray(1, 4).toString(), "PNG");
        assert.ok(picture.readUInt32BE(16) > 600 && picture.length > 1_000, panel);
      }
    });
  });

  test("draws every run of a comparison, for everybody", { skip: noBrowser, timeout: 60_000 }, async () => {
    const walls = (...seconds: number[]) => seconds.map((wall_seconds) => ({ wall_seconds }));
    const sets = [runSet("before", walls(1, 1.02, 0.98, 1)), runSet("after", walls(2, 2.02, 1.98, 2.1, 2))];
    const file = join(directory, "compare.html");
    const runs = [await madeRun({ start: { name: "before" } }), await madeRun({ start: { name: "after" } })];
    writeFileSync(file, reportPage(runs, compareSets(sets, ["wall_seconds"])));
    for (const options of SIZES) {
      await withPage(browser, file, options, async (page) => {
        assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "after against before");
        assert.equal(await page.locator(".spread circle").count(), 9);
        assert.equal(
          await page.getByRole("img", { name: /^wall of after: 5 runs from 1\.98s to 2\.10s/ }).count(),
          1,
        );
        const badge = page.locator("[data-quantity=wall_seconds] .badge");
        assert.match(await badge.innerText(), /^\+102% more$/);
        const boxes = await page.locator(".spread circle").evaluateAll((all) =>
          all.map((one) => one.getBoundingClientRect().left)
        );
        assert.ok(
          Math.max(...boxes.slice(0, 4)) < Math.min(...boxes.slice(4)),
          "the second set lies to the right",
        );
        await page.locator(".figures-of-runs summary").click();
        assert.equal(await page.getByRole("region", { name: "Runs in figures" }).isVisible(), true);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "too wide");
        assert.deepEqual(await axeOf(page), []);
      });
    }
  });
});
