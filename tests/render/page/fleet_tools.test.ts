/* Views of the manager's page that ask and change: compare, rules, search, live, ingest, settings; in a real browser. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { UnitIngest } from "../../../fleet/api/ingest_report.ts";
import { SimulatedFleet } from "../../fleet/support/simulated_fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { noBrowser, startBrowser } from "./support/browser.ts";
import { axeFaults, go, openFleetPage } from "./support/fleet_browser.ts";

const IN_BROWSER = { skip: noBrowser, timeout: 120_000 };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const HOSTILE = "<img src=x onerror=alert(1)>";
const PLAN = { agents: 6, tasks: 3, channels: 2 };

const INGEST: UnitIngest = {
  unit: "fleet/channel-0",
  state: "subscribed",
  why: null,
  messages: 1_234,
  samples: 12_340,
  bytes: 5_000_000,
  messagesPerSecond: 12.5,
  samplesPerSecond: 125,
  lagSeconds: 0.4,
  refused: [{ propletId: HOSTILE, reason: "json", count: 7, lastAt: Date.now() - 5_000 }],
};

/** Six hosts in two channels for half an hour, a rule of the file, and one task that has ended with an error. */
async function filled(): Promise<SimulatedFleet> {
  const fleet = await SimulatedFleet.open({
    plan: PLAN,
    forMs: 1_800_000,
    rules: [{ alert: "large", of: "task", when: "memory_bytes > 1", summary: "{task_id} on {proplet_id}" }],
    ingest: { hindrance: null, clockAheadMs: 0, units: () => [INGEST] },
    traceUrl: "https://traces.example.org/trace/{trace_id}?span={span_id}",
  });
  const task = fleet.state.findTask("fleet/channel-1", "host-00001", "task-2")!;
  fleet.state.changeTask(task, "ended", Date.now(), "exit code 3");
  await fleet.settle(fleet.heardUntil);
  await fleet.server.access.users.put(
    "ann",
    [{ role: "viewer", domain: "fleet", channel: "*" }],
    "correct horse battery",
    "test",
  );
  return fleet;
}

describe("views of the manager's page that ask and change", () => {
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
  const open = (options: BrowserContextOptions, use: (page: Page) => Promise<void>) =>
    openFleetPage(browser, fleet, options, use);
  const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });

  test(
    "compare: two hosts are named, held against each other, and the address says so",
    IN_BROWSER,
    async () => {
      await open({}, async (page) => {
        await page.getByRole("link", { name: "Compare" }).click();
        await page.getByLabel("What to compare").selectOption("two hosts");
        await page.getByText("Name two to compare.").waitFor();
        await page.getByLabel("First").fill("host-00001");
        await page.getByLabel("Second").fill("host-00002");
        await page.keyboard.press("Tab");
        const table = page.getByRole("region", { name: "Differences" });
        const memory = table.locator("tr", { hasText: "Memory" }).first();
        assert.match(
          (await memory.innerText()).replace(/\s+/g, " "),
          /^Memory [\d.]+ [KMG]iB [\d.]+ [KMG]iB [+−]?[\d.]+% \([+−]?[\d.]+% to [+−]?[\d.]+%\) (▲ more|▼ less|no significant change)$/,
        );
        await table.getByRole("columnheader", { name: "host-00002" }).waitFor();
        await page.locator("figure[data-panel=cpu] canvas").first().waitFor();
        const ids = ["host-00001", "host-00002"].map((name) =>
          [...fleet.state.agents.values()].find(({ propletId }) => propletId === name)!.id
        );
        assert.ok(page.url().includes(`#/compare/hosts/${ids.join("/")}/1/`), page.url());
        await page.reload();
        await table.getByRole("columnheader", { name: "host-00001" }).waitFor();
        await page.getByLabel("What to compare").selectOption("two tasks");
        await page.getByLabel("First").fill("nothing like it");
        await page.getByText("Name two to compare.").waitFor();
      });
    },
  );

  test(
    "rules: faults are told at their place, a dry run counts, and what is saved holds",
    IN_BROWSER,
    async () => {
      await open({}, async (page) => {
        await page.getByRole("link", { name: "Rules" }).click();
        await page.getByRole("row", { name: /^large task memory_bytes > 1 .* the file$/ }).waitFor();
        await page.getByRole("link", { name: "New rule" }).click();
        await page.getByLabel("Fires when").fill("memry_bytes > 1");
        await page.getByText('character 1: there is no figure "memry_bytes"; did you mean "memory_bytes"?')
          .waitFor();
        assert.equal(await page.getByLabel("Fires when").getAttribute("aria-invalid"), "true");
        await page.getByLabel("Fires when").fill("memory_bytes > 1");
        await page.getByLabel("True for at least").fill("0s");
        await page.getByLabel("Only where").fill("domain = fleet\nproplet_id = host-00001, host-0000[3]");
        await page.getByRole("button", { name: "Try it" }).click();
        await page.getByText(/^It would have fired \d+ times in the last hour, tried on 3 hosts and tasks\.$/)
          .waitFor();
        await page.getByRole("region", { name: "Firings" }).getByRole("link").first().waitFor();
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByText("is not a name").waitFor();
        await page.getByLabel("Name", { exact: true }).fill("mine");
        await page.getByRole("button", { name: "Save" }).click();
        await heading(page, "mine").waitFor();
        const saved = fleet.alerts.rules().find(({ rule }) => rule.alert === "mine")!.rule;
        assert.deepEqual(saved.where, { domain: "fleet", proplet_id: ["host-00001", "host-0000[3]"] });
        await page.getByLabel("Text of the alert").fill("{nothing");
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByText("a { or } stands alone").waitFor();
        await page.getByRole("button", { name: "Remove" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
        await heading(page, "Rules").waitFor();
        assert.equal(fleet.alerts.rules().length, 1);
        await go(page, "#/rules/is/large");
        await page.getByText("It is of the manager's file, and is changed there").waitFor();
        assert.ok(await page.getByLabel("Fires when").isDisabled());
      });
    },
  );

  test("search: everything from anywhere, by the keys", IN_BROWSER, async () => {
    await open({}, async (page) => {
      const dialog = page.getByRole("dialog", { name: "Search" });
      const found = (name: string | RegExp) => dialog.getByRole("option", { name });
      await page.keyboard.press("/");
      await found("Compare two of a kind, or now and before").waitFor();
      await page.keyboard.type("host-00003");
      await found(/^host-00003 fleet\/channel-1, online$/).waitFor();
      await found(/^task-0 on host-00003, /).waitFor();
      await page.keyboard.press("Enter");
      await heading(page, "host-00003").waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("exit code 3");
      await found(/^task-2 on host-00001 ended .*: exit code 3$/).waitFor();
      const { promise: isLetGo, resolve: letGo } = Promise.withResolvers<void>();
      await page.route("**/api/v1/search?*", async (route) => {
        await isLetGo;
        await route.continue();
      });
      await dialog.getByRole("combobox").fill("large");
      await dialog.getByText("Searching …").waitFor();
      assert.equal(
        await dialog.getByRole("option").count(),
        0,
        "what was found before is not of these words",
      );
      letGo();
      await found("large a rule of alerts").waitFor();
      await dialog.getByRole("combobox").fill("database");
      await found(/^database \d tasks$/).waitFor();
      const first = await dialog.getByRole("combobox").getAttribute("aria-activedescendant");
      await page.keyboard.press("ArrowDown");
      assert.notEqual(await dialog.getByRole("combobox").getAttribute("aria-activedescendant"), first);
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("Enter");
      await heading(page, "database").waitFor();
      await page.getByText(/^\d of 6 tasks run on 6 hosts, with /).waitFor();
      await page.locator("figure[data-panel=memory] canvas").first().waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("no such thing");
      await page.getByText("Nothing has all of these words.").waitFor();
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
    });
  });

  test("live: what an agent tells is there at once; a pause holds it", IN_BROWSER, async () => {
    const agent = fleet.state.findAgent("fleet/channel-0", "host-00002")!;
    await open({}, async (page) => {
      await go(page, "#/host/fleet/channel-0/host-00002");
      await page.getByRole("link", { name: "Live" }).click();
      await heading(page, "host-00002, live").waitFor();
      const rows = page.getByRole("table", { name: "Tasks now" }).locator(".list-scroller .row");
      await eventually(async () => (await rows.count()) === 3);
      const tell = (cpu_percent: number) => {
        const receivedAt = Date.now();
        const timestamp = new Date(receivedAt).toISOString();
        const message = {
          task_id: "task-1",
          proplet_id: "host-00002",
          timestamp,
          metrics: { cpu_percent, memory_bytes: 5_000, timestamp },
        };
        return fleet.take({
          topic: "m/fleet/c/channel-0/control/proplet/task_metrics",
          payload: Buffer.from(JSON.stringify(message)),
          ...{ isRetained: false, receivedAt },
        });
      };
      await tell(987);
      await rows.filter({ hasText: /^task-1.*987%/s }).waitFor();
      await page.getByRole("button", { name: "Pause" }).click();
      await tell(654);
      await eventually(() => agent.tasks.get("task-1")!.last.includes(654));
      await page.getByRole("button", { name: "Go on" }).click();
      await rows.filter({ hasText: "654%" }).waitFor();
      await go(page, "#/live/999999");
      await page.getByText("No host of this number is known.").waitFor();
    });
  });

  test("ingest: rates, what is refused and whose, and what the store will come to", IN_BROWSER, async () => {
    await open({}, async (page) => {
      await page.getByRole("link", { name: "Ingest" }).click();
      const row = (name: string) => page.getByRole("region", { name }).locator("tbody tr").first();
      const words = async (name: string) => (await row(name).innerText()).replace(/\s+/g, " ").trim();
      assert.equal(await words("Channels"), "fleet/channel-0 subscribed 12.5/s 125/s 0.4 s 12,340 4.77 MiB");
      assert.match(
        await words("Refused messages"),
        /^<img src=x onerror=alert\(1\)> fleet\/channel-0 what is not JSON 7 \d+[sm] ago$/,
      );
      assert.match(await words("Store"), /^Every sample [\d.]+ [kKMG]?i?B \d{4}-\d\d-\d\d 14 days /);
      assert.equal(await page.locator("img").count(), 0);
    });
  });

  test("settings: a token is shown once and revoked; others are not let near", IN_BROWSER, async () => {
    await open({}, async (page) => {
      await page.getByRole("link", { name: "Settings" }).click();
      await page.getByText("New token").click();
      const form = page.locator("section", { has: page.getByRole("heading", { name: "Tokens" }) });
      await form.getByLabel("Name").fill("grafana");
      await form.getByLabel("Domain").fill("fleet");
      await page.getByRole("button", { name: "Make the token" }).click();
      const token = await page.locator(".made code").innerText();
      const asked = () =>
        fetch(`${fleet.server.address}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal((await asked()).status, 200);
      await page.getByRole("button", { name: "I have it" }).click();
      assert.ok(!(await page.content()).includes(token));
      await page.getByRole("row", { name: /^grafana viewer of fleet / }).waitFor();
      await page.getByRole("button", { name: "Revoke grafana" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
      await page.getByText("There is no token.").waitFor();
      assert.equal((await asked()).status, 401);
      await page.getByText("New user").click();
      const users = page.locator("section", { has: page.getByRole("heading", { name: "Users" }) });
      await users.getByLabel("Name").fill("bob");
      await users.getByLabel("Password").fill("a long enough password");
      await page.getByRole("button", { name: "Save the user" }).click();
      await page.getByRole("button", { name: "Remove bob" }).waitFor();
      assert.deepEqual(fleet.server.access.users.get("bob")!.grants, [{
        role: "viewer",
        domain: "*",
        channel: "*",
      }]);
      await page.getByText(/: made the token grafana$/).waitFor();
    });
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${fleet.server.address}/#/settings`);
    await page.getByLabel("Name").fill("ann");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.keyboard.press("Enter");
    await page.getByText("Tokens and users are changed by an admin.").waitFor();
    assert.equal(await page.getByText("New token").count(), 0);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    assert.equal((await context.cookies()).length, 0);
    await page.getByLabel("Name").fill("ann");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.keyboard.press("Enter");
    await page.getByText("Tokens and users are changed by an admin.").waitFor();
    await go(page, "#/rules");
    await page.getByRole("row", { name: /^large / }).waitFor();
    assert.ok(await page.getByRole("link", { name: "New rule" }).isHidden());
    await context.close();
  });

  test("a task that is part of a trace leads there, whatever the ids say", IN_BROWSER, async () => {
    const receivedAt = Date.now();
    const timestamp = new Date(receivedAt).toISOString();
    const metrics = { cpu_percent: 1, memory_bytes: 5_000, timestamp };
    const trace = { trace_id: "0af7/../..?x=1", span_id: "b7ad" };
    const message = { task_id: "traced", proplet_id: "host-00004", timestamp, metrics, trace };
    await fleet.take({
      topic: "m/fleet/c/channel-0/control/proplet/task_metrics",
      payload: Buffer.from(JSON.stringify(message)),
      ...{ isRetained: false, receivedAt },
    });
    await open({}, async (page) => {
      await go(page, "#/task/fleet/channel-0/host-00004/traced");
      const link = page.getByRole("link", { name: "Trace" });
      assert.equal(
        await link.getAttribute("href"),
        "https://traces.example.org/trace/0af7%2F..%2F..%3Fx%3D1?span=b7ad",
      );
      assert.equal(await link.getAttribute("rel"), "noreferrer");
      await go(page, "#/task/fleet/channel-0/host-00004/task-0");
      await heading(page, "task-0").waitFor();
      await page.locator("figure canvas").first().waitFor();
      assert.equal(await link.count(), 0);
    });
  });

  test("a chart has a table behind it, and says what happened at a moment", IN_BROWSER, async () => {
    await open({}, async (page) => {
      await go(page, "#/task/fleet/channel-1/host-00001/task-0");
      const chart = page.locator("figure[data-panel=cpu]");
      await chart.locator("canvas").first().waitFor();
      const plot = chart.getByRole("application");
      const id = (await plot.getAttribute("aria-details"))!;
      await chart.getByText("Table").click();
      const table = page.locator(`#${id} table`);
      await eventually(async () => (await table.locator("tbody tr").count()) === 50);
      assert.match(
        await table.locator("tbody tr").first().innerText(),
        /^\d{4}-\d\d-\d\d [\d:]{8} UTC\S*\s+[\d.]+%$/,
      );
      await chart.getByRole("button", { name: "Earlier" }).click();
      await chart.getByText(/^page 2 of [34]$/).waitFor();
      await page.getByText(/alert \(1\)/).waitFor();
      await plot.focus();
      await page.keyboard.press("End");
      const said = page.locator("#announcer");
      for (
        let step = 0;
        !(await said.innerText()).includes("alert, warning large: task-0 on host-00001");
        step++
      ) {
        assert.ok(step < 30, "the alert fired by the last samples");
        await page.keyboard.press("ArrowLeft");
      }
    });
  });

  test("axe finds nothing: in the light, in the dark, on a phone", IN_BROWSER, async () => {
    const faults: string[] = [];
    const looks = [["light", {}], ["dark", { colorScheme: "dark" }], ["phone", PHONE]] as const;
    const [one, other] = fleet.state.agents.keys();
    for (const [look, options] of looks) {
      await open(options, async (page) => {
        const check = async (view: string) => {
          // In the dark nothing but the colours is other than in the light.
          const found = look === "dark" ? axeFaults(page, "color-contrast") : axeFaults(page);
          faults.push(...(await found).map((fault) => `${look}, ${view}: ${fault}`));
        };
        await go(page, `#/compare/hosts/${one}/${other}`);
        await page.locator(".comparison").waitFor();
        await page.locator("figure canvas").first().waitFor();
        await check("compare");
        await go(page, "#/rules");
        await page.locator("tbody tr").first().waitFor();
        await check("rules");
        await go(page, "#/rules/is/large");
        await page.locator(".when-line").first().waitFor();
        await check("a rule");
        await go(page, `#/live/${one}`);
        await page.locator(".live .cell a").first().waitFor();
        await check("live");
        await go(page, "#/target/database");
        await page.locator("figure canvas").first().waitFor();
        await page.locator("figure summary").first().click();
        await check("a target");
        await go(page, "#/ingest");
        await page.getByRole("region", { name: "Store" }).locator("tbody tr").first().waitFor();
        await check("ingest");
        await go(page, "#/settings");
        await page.getByRole("heading", { name: "Audit" }).waitFor();
        for (const more of await page.locator(".more > summary").all()) await more.click();
        await check("settings");
        await page.getByRole("button", { name: /^Search/ }).click();
        await page.getByRole("combobox", { name: "Search everything" }).fill("host");
        await page.getByRole("option", { name: "host-00001" }).first().waitFor();
        await check("search");
      });
    }
    assert.deepEqual(faults, []);
  });
});
