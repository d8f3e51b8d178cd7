/* Opens report pages in a real browser: Debian's Chromium, without a screen. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Why there is no browser here; false when there is. */
export const noBrowser: string | false = existsSync(CHROMIUM)
  ? false
  : "Debian's package chromium is missing";

/** Start the browser. */
export function startBrowser(): Promise<Browser> {
  // As root there is no sandbox to be had; and what is opened is ours.
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
}

/**
 * Open a page from disk and wait until it is drawn; what the console said and what was fetched besides must be nothing
 * when `use` is done.
 */
export async function withPage(
  browser: Browser,
  file: string,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  try {
    const page = await context.newPage();
    const problems = problemsOf(page, (url) => url.startsWith("file:") || url.startsWith("blob:"));
    page.on("dialog", (dialog) => {
      problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`file://${file}`);
    await page.waitForSelector("html[data-ready=true]", { state: "attached", timeout: 60_000 });
    await use(page);
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
  }
}

/** What a page complains of, and fetches from elsewhere, from now on. */
export function problemsOf(page: Page, isOwn: (url: string) => boolean): string[] {
  const problems: string[] = [];
  page.on("console", (message) => problems.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!isOwn(request.url())) problems.push(`fetched ${request.url()}`);
  });
  return problems;
}

/** A colour of the style sheet as red, green and blue. */
export function colorOf(page: Page, name: string): Promise<number[]> {
  return page.evaluate((name) => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }, name);
}

/** A box of pixels of a canvas, and how many there are. */
export interface Found {
  readonly count: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

/** Where a canvas has about this colour; in pixels of the page from the canvas' corner. */
export async function findColor(page: Page, canvas: string, color: readonly number[]): Promise<Found> {
  // Charts are drawn when they come into sight, and made anew when the colours change: look at what is there then.
  await page.locator(canvas).first().waitFor();
  await page.evaluate(async (canvas) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    await frame();
    document.querySelector(canvas)?.scrollIntoView({ block: "center" });
    await frame();
    await frame();
  }, canvas);
  return await page.evaluate(({ canvas, color }) => {
    const element = document.querySelector(canvas) as HTMLCanvasElement | null;
    const { width, height } = element ?? { width: 0, height: 0 };
    // It is just about to be made anew.
    if (!element || width * height === 0) {
      return { count: 0, left: width, right: 0, top: height, bottom: 0, width, height };
    }
    // Read from a copy: reading from the drawing itself would change how it is drawn.
    const copy = Object.assign(document.createElement("canvas"), { width, height });
    const context = copy.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(element, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const found = { count: 0, left: width, right: 0, top: height, bottom: 0, width, height };
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] < 200) continue;
      if (color.some((value, index) => Math.abs(value - data[at + index]) > 12)) continue;
      const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)];
      found.count++;
      found.left = Math.min(found.left, x);
      found.right = Math.max(found.right, x);
      found.top = Math.min(found.top, y);
      found.bottom = Math.max(found.bottom, y);
    }
    return found;
  }, { canvas, color: [...color] });
}
