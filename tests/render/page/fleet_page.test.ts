/* The manager's page in a real browser, over a manager that simulated agents have filled: seen, heard, gone through. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { fleetPage } from "../../../render/page/fleet_page.ts";
import { SimulatedFleet } from "../../fleet/support/simulated_fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { colorOf, findColor, noBrowser, startBrowser } from "./support/browser.ts";
import { axeFaults, go, openFleetPage } from "./support/fleet_browser.ts";

const IN_BROWSER = { skip: noBrowser, timeout: 120_000 };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const MOST_BYTES = 150 * 1_024;
const HOSTILE = "<img src=x onerror=alert(1)>";
/** As long as a name may be: 256 bytes. */
const LONG = `job/${"ü".repeat(126)}`;
const PASSWORD = "correct horse battery";

test("the page is small", () => {
  const text = [...fleetPage().values()].map((file) => file.text).join("");
  const bytes = gzipSync(text).length;
  assert.ok(bytes > 10_000 && bytes <= MOST_BYTES, `${bytes} bytes`);
});

/** Twelve hosts in two channels, of which the first was lost, and one with names that mean harm. */
async function filled(): Promise<SimulatedFleet> {
  const fleet = await SimulatedFleet.open({
    plan: { agents: 12, tasks: 3, channels: 2, faults: { vanish: 1 } },
    rules: [
      { alert: "host_gone", of: "host", when: "absent", severity: "critical" },
      { alert: "large", of: "task", when: "memory_bytes > 1", summary: "{task_id} on {proplet_id}" },
    ],
  });
  const receivedAt = Date.now() - 1_000;
  const timestamp = new Date(receivedAt).toISOString();
  for (const task_id of [HOSTILE, LONG]) {
    const process = { target: HOSTILE, name: HOSTILE, pid: 1 };
    const metrics = { cpu_percent: 12, memory_bytes: 1e9, timestamp };
    const message = { task_id, proplet_id: HOSTILE, timestamp, metrics, state: "running", process };
    await fleet.take({
      topic: "m/fleet/c/channel-0/control/proplet/task_metrics",
      payload: Buffer.from(JSON.stringify(message)),
      ...{ isRetained: false, receivedAt },
    });
  }
  const task = fleet.state.findTask("fleet/channel-1", "host-00001", "task-2")!;
  fleet.state.changeTask(task, "ended", Date.now(), "exit code 3");
  await fleet.settle(fleet.heardUntil);
  await fleet.server.access.users.put(
    "ann",
    [{ role: "viewer", domain: "fleet", channel: "*" }],
    PASSWORD,
    "test",
  );
  return fleet;
}

describe("the manager's page in a browser", () => {
  let browser: Browser;
  let fleet: SimulatedFleet;
  before(async () => {
    if (noBrowser) return;
    [browser, fleet] = await Promise.all([startBrowser(), filled()]);
  });
  after(async () => {
    await browser?.close();
    await fleet?.[Symbol.asyncDispose]();
  });

  const open = (
    options: BrowserContextOptions,
    use: (page: Page) => Promise<void>,
    of: SimulatedFleet = fleet,
  ) => openFleetPage(browser, of, options, use);

  const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);
  const rowsOf = (page: Page) => page.locator(".list-scroller .row");
  /** Rows from above, as one line of words each. */
  const words = async (page: Page) =>
    (await rowsOf(page).evaluateAll((rows) =>
      (rows as HTMLElement[]).map((row) => [row.getBoundingClientRect().top, row.innerText] as const)
        .sort(([a], [b]) => a - b).map(([, text]) => text)
    )).map((text) => text.replace(/\s+/g, " ").trim());

  test("the map: all hosts by units, told by pointer and by keys, Enter opens one", IN_BROWSER, async () => {
    await open({}, async (page) => {
      assert.equal(await page.title(), "Fleet – proctor");
      assert.equal(await page.locator(".count").innerText(), "13 in all");
      const map = page.getByRole("application", { name: "Hosts. Arrow keys move" });
      assert.equal(await map.getAttribute("aria-roledescription"), "map of hosts");
      await eventually(async () =>
        (await findColor(page, ".heat canvas", await colorOf(page, "--bad"))).count > 0
      );
      // The first cell is of the host whose name comes first.
      const { x, y } = (await page.locator(".heat canvas").boundingBox())!;
      await page.mouse.move(x + 10, y + 36);
      await page.locator(".heat-hint", { hasText: HOSTILE }).waitFor();
      await page.mouse.move(x + 46, y + 36);
      const lost = /^host-00000: lost, last heard \d+[ms] ago with CPU [\d.]+%, memory [\d.]+%$/;
      assert.match(await page.locator(".heat-hint").innerText(), lost);
      await page.mouse.move(0, 0);
      await map.focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      assert.match(await page.locator("#announcer").innerText(), lost);
      await page.keyboard.press("End");
      assert.match(await page.locator("#announcer").innerText(), /^host-00011: CPU [\d.]+%, memory [\d.]+%$/);
      await page.keyboard.press("Enter");
      await heading(page, "host-00011").waitFor();
      assert.equal(await focused(page), "host-00011");
      await page.goBack();
      await heading(page, "Fleet").waitFor();
    });
  });

  test("the filter and the states hold for the map and the list", IN_BROWSER, async () => {
    await open({}, async (page) => {
      await page.getByRole("button", { name: "1 lost" }).click();
      assert.equal(await page.locator(".count").innerText(), "1 of 13");
      await page.getByRole("button", { name: "1 lost" }).click();
      await page.keyboard.press("f");
      await page.keyboard.type("CHANNEL-1 host-0000");
      assert.equal(await page.locator(".count").innerText(), "5 of 13");
      await page.getByRole("button", { name: "List" }).click();
      const odd = [1, 3, 5, 7, 9].map((n) => `host-0000${n}`);
      assert.deepEqual((await words(page)).map((text) => text.split(" ")[0]), odd);
      assert.equal(await page.getByRole("table", { name: "Hosts" }).getAttribute("aria-rowcount"), "6");
      await page.getByLabel("Filter hosts").fill("");
      assert.match(
        (await words(page))[1],
        /^host-00000 fleet\/channel-0 lost \d+[ms] ago [\d.]+% [\d.]+% 0.00% 3 /,
      );
      const byCpu = page.getByRole("columnheader", { name: "CPU" });
      await byCpu.getByRole("button").focus();
      await page.keyboard.press("Enter");
      assert.equal(await byCpu.getAttribute("aria-sort"), "descending");
      const cpu = async () => (await words(page)).map((text) => Number(/([\d.]+)%/.exec(text)?.[1] ?? -1));
      const falling = await cpu();
      assert.deepEqual(falling, [...falling].sort((a, b) => b - a));
      assert.ok(falling[0] > falling.at(-1)!, "they differ");
      await page.keyboard.press("Enter");
      assert.equal(await byCpu.getAttribute("aria-sort"), "ascending");
      assert.deepEqual(await cpu(), [...falling].reverse());
      await page.getByRole("columnheader", { name: "Host" }).getByRole("button").press("Enter");
      assert.equal(await byCpu.getAttribute("aria-sort"), null);
      await page.getByLabel("Filter hosts").fill("no such");
      await page.getByText("No host is like that.").waitFor();
    });
  });

  test("follows what changes while it is open", IN_BROWSER, async () => {
    await using other = await SimulatedFleet.open({ plan: { agents: 3, tasks: 1 }, forMs: 60_000 });
    await open({}, async (page) => {
      await page.getByRole("button", { name: "3 online" }).waitFor();
      const agent = other.state.findAgent("fleet/channel-0", "host-00001")!;
      other.state.changeAgent(agent, "offline", Date.now());
      await page.getByRole("button", { name: "1 offline" }).click();
      await page.getByRole("button", { name: "List" }).click();
      assert.match((await words(page)).join(), /^host-00001 fleet\/channel-0 offline /);
      await go(page, "#/host/fleet/channel-0/host-00001");
      await page.getByText(/^offline since .*: what is shown was reported /).waitFor();
      assert.equal(await page.locator(".tasks .badge").innerText(), "unknown");
    }, other);
  });

  test("a host, one of its tasks, its charts and its runs; harmful names are text", IN_BROWSER, async () => {
    await open({}, async (page) => {
      await go(page, "#/host/fleet/channel-1/host-00001");
      await heading(page, "host-00001").waitFor();
      await rowsOf(page).nth(2).waitFor();
      await page.getByRole("button", { name: "Task", exact: true }).click();
      assert.deepEqual((await words(page)).map((text) => text.split(" ")[0]), ["task-0", "task-1", "task-2"]);
      assert.match((await words(page))[2], /^task-2 database ended /);
      const line = await colorOf(page, "--line-0");
      await eventually(async () => (await findColor(page, "[data-panel=cpu] canvas", line)).count > 0);
      await page.keyboard.press("f");
      assert.equal(await focused(page), "task-0");
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
      await heading(page, "task-2").waitFor();
      const run = page.getByRole("region", { name: "Runs" }).locator("tbody tr");
      assert.match(await run.innerText(), /ended: exit code 3/);
      await page.locator("[data-panel=memory] canvas").first().waitFor();
      await page.locator("[data-panel=cpu] .plot").focus();
      await page.keyboard.press("ArrowLeft");
      assert.match(await page.locator("#announcer").innerText(), /^\d\d:\d\d(:\d\d)?: CPU [\d.]+%$/);
      await page.getByRole("button", { name: "1 week" }).click();
      await page.getByText("Each point stands for").waitFor();
      await page.getByRole("link", { name: "← host-00001" }).click();
      await heading(page, "host-00001").waitFor();
      await go(page, `#/host/fleet/channel-0/${encodeURIComponent(HOSTILE)}`);
      await heading(page, HOSTILE).waitFor();
      await page.getByRole("link", { name: LONG }).click();
      await heading(page, LONG).waitFor();
      // A sample alone is a point; and each chart has its own place, though there are but two.
      const memory = await colorOf(page, "--line-memory");
      await eventually(async () => (await findColor(page, "[data-panel=memory] canvas", memory)).count > 0);
      const [left, right] = await page.locator(".chart canvas").evaluateAll((all) =>
        all.map((one) => one.getBoundingClientRect())
      );
      assert.ok(left.right <= right.left, `${left.right} and ${right.left}`);
      assert.equal(await page.locator("img").count(), 0);
      await go(page, "#/host/fleet/channel-0/nobody");
      await page.getByText("No host of this name is known.").waitFor();
    });
  });

  test("top: who used most, and where that leads", IN_BROWSER, async () => {
    await open({}, async (page) => {
      await page.getByRole("link", { name: "Top" }).click();
      await page.getByLabel("By what").selectOption("hosts");
      await page.getByLabel("Which figure").selectOption("Memory at its peak");
      await page.getByText("in all, by 13 hosts.").or(page.getByText(/^From .* to .*\.$/)).first().waitFor();
      const table = page.getByRole("region", { name: "Who used most" });
      await table.getByRole("link", { name: "host-00011" }).waitFor();
      await page.getByLabel("By what").selectOption("targets");
      await table.getByRole("link", { name: "web", exact: true }).waitFor();
      await page.getByText(/^From \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\S* to /).waitFor();
      await page.getByLabel("By what").selectOption("tasks");
      await page.getByLabel("Which figure").selectOption("CPU time used");
      await eventually(async () => (await table.locator("tbody tr").count()) > 20);
      const host = await table.locator("tbody tr").first().locator("td").nth(2).innerText();
      // By then another may be the first.
      await table.locator("tbody tr", { hasText: host }).first().getByRole("link").click();
      await page.getByRole("link", { name: `← ${host}` }).waitFor();
      assert.match(await page.title(), /^task-\d – proctor$/);
    });
  });

  test("alerts: what fires, by phase and words; one is acknowledged", IN_BROWSER, async () => {
    await open({}, async (page) => {
      await page.getByRole("link", { name: "Alerts" }).click();
      const gone = page.locator(".row", { hasText: "host_gone" });
      await gone.waitFor();
      await page.getByRole("button", { name: "0 pending" }).click();
      await page.getByText("No alert is like that.").waitFor();
      await page.getByRole("button", { name: "0 pending" }).click();
      await page.keyboard.press("f");
      await page.keyboard.type("large task-1 host-00004");
      await eventually(async () => (await rowsOf(page).count()) === 1);
      await page.getByLabel("Filter alerts").fill("");
      await gone.getByRole("button", { name: /^Acknowledge host_gone: / }).press("Enter");
      await gone.getByText(/^known to /).waitFor();
      assert.equal(await gone.getByRole("button").count(), 0);
      const bySeverity = page.getByRole("columnheader", { name: "Severity" });
      await bySeverity.getByRole("button").press("Enter");
      assert.equal(await bySeverity.getAttribute("aria-sort"), "ascending");
      assert.match((await words(page))[0], / critical /);
      await bySeverity.getByRole("button").press("Enter");
      assert.doesNotMatch((await words(page))[0], / critical /);
      await page.keyboard.press("f");
      await page.keyboard.type("host_gone");
      await gone.getByRole("link").click();
      await heading(page, "host-00000").waitFor();
    });
  });

  test("a thousand alerts: only those in sight are there", IN_BROWSER, async () => {
    await using other = await SimulatedFleet.open({
      plan: { agents: 50, tasks: 20, intervalMs: 30_000 },
      forMs: 30_000,
      rules: [{ alert: "large", of: "task", when: "memory_bytes > 1" }],
    });
    await other.alerts.tick();
    await open({}, async (page) => {
      await page.getByRole("link", { name: "Alerts" }).click();
      await page.getByRole("button", { name: /^1.?000 firing$/ }).waitFor();
      assert.ok(await rowsOf(page).count() < 60);
      assert.equal(await page.getByRole("table", { name: "Alerts" }).getAttribute("aria-rowcount"), "1001");
    }, other);
  });

  test("nobody gets in without a password; a link lets one browser in, once", IN_BROWSER, async () => {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(`${fleet.server.address}/`);
      await heading(page, "Log in").waitFor();
      assert.equal(await page.getByRole("link", { name: "Top" }).count(), 0, "there is nowhere to go to");
      await page.getByLabel("Name").fill("ann");
      await page.getByLabel("Password").fill("wrong");
      await page.keyboard.press("Enter");
      await page.getByText("there is no such user with this password").waitFor();
      await page.getByLabel("Password").fill(PASSWORD);
      await page.keyboard.press("Enter");
      await heading(page, "Fleet").waitFor();
      await page.getByText("13 in all").waitFor();
      await page.getByRole("link", { name: "Top" }).waitFor();
      const here = `${fleet.server.address}/api/v1/session`;
      assert.ok((await context.request.delete(here, { headers: { origin: fleet.server.address } })).ok());
      await page.getByRole("link", { name: "Alerts" }).click();
      await heading(page, "Log in").waitFor();
      const link = fleet.server.makeLink()!;
      await page.goto(link);
      await heading(page, "Fleet").waitFor();
      assert.ok(!page.url().includes(new URL(link).search || link), "no code is left in the address");
      const other = await (await browser.newContext()).newPage();
      await other.goto(link);
      assert.match(await other.locator("body").innerText(), /This link was used before/);
      await other.context().close();
    } finally {
      await context.close();
    }
  });

  test(
    "says how old what it shows is when the manager has gone, and that nobody was heard",
    IN_BROWSER,
    async () => {
      await using empty = await SimulatedFleet.open({ plan: { agents: 0 }, forMs: 1_000 });
      await open({}, async (page) => {
        await page.getByText("No host that you may see has been heard of yet.").waitFor();
        await page.getByRole("link", { name: "Alerts" }).click();
        await page.getByText("Nothing fires, and nothing has of late.").waitFor();
      }, empty);
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        const stream = page.waitForResponse((response) => response.url().endsWith("/stream"));
        await page.goto(empty.server.makeLink()!);
        await stream;
        // What came first is taken in with the response.
        await page.getByText("No host that you may see has been heard of yet.").waitFor();
        await empty.server.close();
        await page.getByText(/^The manager does not answer; trying again …/).waitFor();
      } finally {
        await context.close();
      }
    },
  );

  test("what stands in a row of alerts stands on one line", IN_BROWSER, async () => {
    await open({}, async (page) => {
      await go(page, "#/alerts");
      await rowsOf(page).first().waitFor();
      const middles = await page.locator(".list.alerts .row").evaluateAll((rows) =>
        rows.map((row) =>
          [...row.children].filter((cell) => cell.textContent !== "").map((cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            const { top, bottom } = range.getBoundingClientRect();
            return Math.round((top + bottom) / 2);
          })
        )
      );
      assert.ok(middles.length > 5 && middles.every((row) => row.length >= 5), JSON.stringify(middles));
      for (const row of middles) assert.ok(Math.max(...row) - Math.min(...row) <= 3, JSON.stringify(row));
    });
  });

  test("axe finds nothing in any view: in the light, in the dark, on a phone", IN_BROWSER, async () => {
    const faults: string[] = [];
    const looks = [["light", {}], ["dark", { colorScheme: "dark" }], ["phone", PHONE]] as const;
    const task = `#/task/fleet/channel-0/${encodeURIComponent(HOSTILE)}/${encodeURIComponent(LONG)}`;
    for (const [look, options] of looks) {
      await open(options, async (page) => {
        const check = async (view: string) => {
          faults.push(...(await axeFaults(page)).map((fault) => `${look}, ${view}: ${fault}`));
        };
        await page.locator(".heat").focus();
        await page.keyboard.press("ArrowRight");
        await check("map");
        await page.getByRole("button", { name: "List" }).click();
        await check("list");
        await go(page, "#/host/fleet/channel-0/host-00000");
        await page.locator(".tasks .badge").first().waitFor();
        await page.locator("[data-panel=cpu] canvas").first().waitFor();
        await check("host");
        await go(page, task);
        await page.locator("[data-panel=cpu] canvas").first().waitFor();
        await check("task");
        await go(page, "#/top");
        await page.locator("tbody tr").first().waitFor();
        await check("top");
        await go(page, "#/alerts");
        await rowsOf(page).first().waitFor();
        await check("alerts");
      });
    }
    const page = await browser.newPage();
    await page.goto(`${fleet.server.address}/`);
    await heading(page, "Log in").waitFor();
    faults.push(...(await axeFaults(page)).map((fault) => `log-in: ${fault}`));
    await page.close();
    assert.deepEqual(faults, []);
  });
});
