/* The manager's page in a browser: opened by a link, gone through, and looked at by axe. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { SimulatedFleet } from "../../../fleet/support/simulated_fleet.ts";
import { ROOT } from "../../../support/fixture.ts";
import { problemsOf } from "./browser.ts";

/** As much of axe as is used here. */
interface Axe {
  run(
    options: { runOnly?: readonly string[]; preload?: boolean },
  ): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}

/** Open the page by a link that lets one browser in; what the console says must be nothing. */
export async function openFleetPage(
  browser: Browser,
  fleet: SimulatedFleet,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
  try {
    const page = await context.newPage();
    page.on("dialog", () => problems.push("a dialog was opened"));
    const isOwn = (url: string) => url.startsWith(`${fleet.server.address}/`) || url.startsWith("data:");
    const problems = problemsOf(page, isOwn);
    await page.goto(fleet.server.makeLink()!);
    await page.waitForSelector("html[data-ready=true]", { state: "attached" });
    await use(page);
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
  }
}

/** Go to a view of the page. */
export function go(page: Page, hash: string): Promise<void> {
  return page.evaluate((hash) => void (location.hash = hash), hash);
}

/** What axe finds on a page, and whether it is wider than the screen. @param rules of axe; none named: all of them */
export async function axeFaults(page: Page, ...rules: readonly string[]): Promise<string[]> {
  if (!await page.evaluate(() => "axe" in globalThis)) {
    await page.evaluate(readFileSync(`${ROOT}/node_modules/axe-core/axe.min.js`, "utf8"));
  }
  const { found, scroll, client } = await page.evaluate(async (rules) => {
    // From disk no script may read the style sheets.
    const preload = location.protocol !== "file:";
    const options = rules.length > 0 ? { runOnly: rules, preload } : { preload };
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run(options);
    const { scrollWidth, clientWidth } = document.documentElement;
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    return { found, scroll: scrollWidth, client: clientWidth };
  }, [...rules]);
  return scroll > client ? [...found, `${scroll} pixels of ${client}`] : found;
}
