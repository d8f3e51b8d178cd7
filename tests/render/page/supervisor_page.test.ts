/* The supervisor's page in a real browser: looked at, clicked through, by keys, on a phone, and by axe. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { supervisorPage } from "../../../render/page/supervisor_page.ts";
import { ApiServer } from "../../../supervisor/api/serve.ts";
import { eventually } from "../../support/eventually.ts";
import { ROOT } from "../../support/fixture.ts";
import { FakeControl, logLine } from "../../supervisor/support/fake_control.ts";
import { colorOf, findColor, noBrowser, problemsOf, startBrowser } from "./support/browser.ts";

const IN_BROWSER = { skip: noBrowser, timeout: 240_000 };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const MOST_BYTES = 150 * 1_024;

/** As much of axe as is used here. */
interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}

test("the page is small", () => {
  const bytes = [...supervisorPage().values()].reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  assert.ok(bytes > 10_000 && bytes <= MOST_BYTES, `${bytes} bytes`);
});

describe("the supervisor's page in a browser", () => {
  let browser: Browser;
  before(async () => {
    if (!noBrowser) browser = await startBrowser();
  });
  after(async () => await browser?.close());

  /** Open the page of some processes by its link; what the console says must be nothing. */
  async function open(
    control: FakeControl,
    options: BrowserContextOptions,
    use: (page: Page, api: ApiServer) => Promise<void>,
  ): Promise<void> {
    const address = { host: "127.0.0.1", port: 0 };
    const api = await ApiServer.open(control, {}, { address, files: supervisorPage() });
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
    try {
      const page = await context.newPage();
      const isOwn = (url: string) => url.startsWith(`${api.pageAddress}/`) || url.startsWith("data:");
      const problems = problemsOf(page, isOwn);
      await page.goto(api.makeLink()!);
      await page.waitForSelector("html[data-ready=true]", { state: "attached" });
      await use(page, api);
      assert.deepEqual(problems, []);
    } finally {
      await context.close();
      await api.close();
    }
  }

  const row = (page: Page, id: string) => page.locator(".row", { has: page.locator(`a:text-is("${id}")`) });

  test("lists all with their figures, and follows them", IN_BROWSER, async () => {
    const control = new FakeControl(["web", "db"]);
    control.put({ id: "db", state: "failed", cpu_percent: null, memory_bytes: null, uptime_seconds: null });
    await open(control, {}, async (page) => {
      assert.match(page.url(), /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\/$/, "no code is left in the address");
      assert.equal(await page.title(), "Processes – proctor");
      const words = async (id: string) => (await row(page, id).innerText()).replace(/\s+/g, " ").trim();
      assert.match(await words("web"), /^web running \d+s 0 1\.25% 19\.1 MiB healthy Stop Restart$/);
      assert.match(await words("db"), /^db failed – 0 – – healthy Start$/);
      control.put({ id: "db", state: "running", cpu_percent: 250 });
      control.put({ id: "mail", state: "starting", cpu_percent: null });
      control.emit({ id: "db" });
      await row(page, "mail").waitFor();
      assert.match(await words("db"), /^db running .* 250% /);
      await page.getByRole("button", { name: "1 starting" }).click();
      assert.equal(await page.locator(".list-scroller .row").count(), 1);
      await page.getByRole("button", { name: "1 starting" }).click();
      await page.getByRole("button", { name: "CPU", exact: true }).click();
      assert.equal(await page.locator("[aria-sort=descending]").innerText(), "CPU");
      const order = () =>
        page.locator(".list-scroller .row").evaluateAll((rows) =>
          rows.map((row) => [row.getBoundingClientRect().top, row.querySelector("a")!.textContent] as const)
            .sort(([a], [b]) => a - b).map(([, id]) => id)
        );
      assert.deepEqual(await order(), ["db", "web", "mail"]);
      await page.keyboard.press("/");
      await page.keyboard.type("ma");
      assert.deepEqual(await order(), ["mail"]);
      control.processes.delete("mail");
      control.emit({ id: "mail", kind: "removed", from: null, to: null });
      await eventually(async () => (await order()).length === 0);
    });
  });

  test("stops a process after a question, and tells what is refused", IN_BROWSER, async () => {
    const control = new FakeControl(["web", "db"]);
    await open(control, {}, async (page) => {
      await row(page, "web").getByRole("button", { name: "Stop web" }).click();
      const dialog = page.getByRole("dialog", { name: "Stop web?" });
      await dialog.waitFor();
      assert.match(await dialog.innerText(), /web and all that it has started end/);
      assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      assert.deepEqual(control.asked, []);
      await row(page, "web").getByRole("button", { name: "Stop web" }).click();
      await dialog.getByRole("button", { name: "Stop", exact: true }).click();
      await page.getByText("Stop web: done.").waitFor();
      assert.deepEqual(control.asked, ["stop web"]);
      control.emit({ id: "web", from: "stopping", to: "stopped" });
      await row(page, "web").getByRole("button", { name: "Start web", exact: true }).click();
      await page.getByText("Start web: done.").waitFor();
      assert.deepEqual(control.asked, ["stop web", "start web"]);
    });
  });

  test("sends a signal after a question which one", IN_BROWSER, async () => {
    const control = new FakeControl(["web", "db"]);
    await open(control, {}, async (page) => {
      await row(page, "web").locator("a").click();
      await page.getByRole("button", { name: "Signal web" }).click();
      const asked = () => control.asked.filter((one) => one.startsWith("signal"));
      const dialog = page.getByRole("dialog", { name: "Send a signal to web?" });
      const name = dialog.getByRole("combobox", { name: "Signal" });
      assert.equal(await name.inputValue(), "HUP");
      await name.fill("no such thing");
      await dialog.getByRole("button", { name: "Send" }).click();
      assert.deepEqual([await dialog.isVisible(), asked()], [true, []]);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      assert.deepEqual(asked(), []);
      await page.getByRole("button", { name: "Signal web" }).click();
      await name.fill("usr1");
      await page.keyboard.press("Enter");
      await page.getByText("Signal web: USR1 was sent.").waitFor();
      assert.deepEqual(asked(), ["signal usr1 web"]);
    });
  });

  test(
    "shows a process: its course, its log as it comes, what is searched for, its events",
    IN_BROWSER,
    async () => {
      const control = new FakeControl(["web", "a/b ü"]);
      control.lines.set("a/b ü", [
        logLine("GET /one \x1b[31m200\x1b[0m"),
        logLine("<b>slow</b> query", "stderr"),
        logLine("GET /two 404"),
      ]);
      await open(control, {}, async (page) => {
        await page.locator('a:text-is("a/b ü")').click();
        await page.getByRole("heading", { level: 1, name: "a/b ü" }).waitFor();
        const lines = page.locator(".line:not([hidden]) .message");
        await lines.nth(2).waitFor();
        assert.deepEqual(await lines.allInnerTexts(), ["GET /one 200", "<b>slow</b> query", "GET /two 404"]);
        const [follower] = control.followers;
        follower.push([{ ...logLine("later"), id: "a/b ü" }]);
        await lines.nth(3).waitFor();
        await page.keyboard.press("/");
        await page.keyboard.type("get");
        assert.equal(await page.locator(".log .count").innerText(), "2 of 2 lines");
        assert.deepEqual(await page.locator("mark").allInnerTexts(), ["GET", "GET"]);
        await page.keyboard.press("Enter");
        assert.equal(await page.locator(".line.current .message").innerText(), "GET /one 200");
        await page.getByRole("button", { name: "Only matches" }).click();
        assert.deepEqual(await lines.allInnerTexts(), ["GET /one 200", "GET /two 404"]);
        await page.getByLabel("Search the log").fill("");
        await page.getByLabel("Which stream").selectOption("stderr");
        assert.deepEqual(await lines.allInnerTexts(), ["<b>slow</b> query"]);
        control.emit({ id: "a/b ü", from: "running", to: "backoff", reason: "exit code 3" });
        await page.getByText("running → backoff: exit code 3").waitFor();
        for (const panel of ["cpu", "memory"]) {
          const color = await colorOf(page, panel === "cpu" ? "--line-0" : "--line-memory");
          await eventually(async () =>
            (await findColor(page, `[data-panel=${panel}] canvas`, color)).count > 0
          );
        }
        await page.locator("[data-panel=cpu] .plot").focus();
        await page.keyboard.press("ArrowLeft");
        assert.match(await page.locator("#announcer").innerText(), /^\d\d:\d\d(:\d\d)?: CPU 1\.25%$/);
        await page.goBack();
        await page.getByRole("heading", { name: "Processes" }).waitFor();
        await eventually(() => control.followers.size === 0);
      });
    },
  );

  test(
    "200 processes: only those in sight are there, by wheel and by keys, in time",
    IN_BROWSER,
    async () => {
      const control = new FakeControl(Array.from({ length: 200 }, (_, index) => `worker:${index}`));
      await open(control, {}, async (page) => {
        const rows = page.locator(".list-scroller .row");
        assert.ok(await rows.count() < 50, `${await rows.count()} rows`);
        assert.equal(await page.getByRole("table").getAttribute("aria-rowcount"), "201");
        // What the frames of a scroll cost the page's main thread, layout included: its own time, and not that of a busy
        // machine (Performance.setTimeDomain of the DevTools protocol), and beyond what frames at rest do.
        const tools = await page.context().newCDPSession(page);
        await tools.send("Performance.enable", { timeDomain: "threadTicks" });
        const spentSeconds = async () => {
          const { metrics } = await tools.send("Performance.getMetrics");
          const spent = metrics.filter(({ name }) => /^(Script|Layout|RecalcStyle)Duration$/.test(name));
          assert.equal(spent.length, 3);
          return spent.reduce((sum, { value }) => sum + value, 0);
        };
        const frameMs = async (frames: number, pixels: number) => {
          const before = await spentSeconds();
          await page.evaluate(async ({ frames, pixels }) => {
            const scroller = document.querySelector<HTMLElement>(".list-scroller")!;
            for (let step = 0; step < frames; step++) {
              await new Promise((resolve) => requestAnimationFrame(resolve));
              if (pixels === 0) continue;
              scroller.scrollTop += pixels;
              scroller.dispatchEvent(new Event("scroll"));
              scroller.getBoundingClientRect();
            }
          }, { frames, pixels });
          return (await spentSeconds() - before) * 1_000 / frames;
        };
        const [rest, scroll] = [await frameMs(40, 0), await frameMs(80, 117)];
        assert.ok(scroll - rest < 1_000 / 60, `${scroll} ms a frame, ${rest} ms at rest`);
        await page.locator('a:text-is("worker:199")').waitFor();
        assert.ok(await rows.count() < 50);
        await page.keyboard.press("/");
        await page.keyboard.press("Enter");
        const focused = () => page.evaluate(() => document.activeElement?.textContent);
        assert.equal(await focused(), "worker:0");
        await page.keyboard.press("ArrowDown");
        assert.equal(await focused(), "worker:1");
        await page.keyboard.press("End");
        assert.equal(await focused(), "worker:199");
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { level: 1, name: "worker:199" }).waitFor();
      });
    },
  );

  test(
    "axe finds nothing, in the light, in the dark and on a phone, where nothing sticks out",
    IN_BROWSER,
    async () => {
      const axe = readFileSync(`${ROOT}/node_modules/axe-core/axe.min.js`, "utf8");
      const control = new FakeControl([
        "web",
        "db",
        "a-name-that-is-much-longer-than-a-phone-is-wide-and-has-no-space",
      ]);
      control.put({
        id: "db",
        state: "failed",
        health: "unhealthy",
        reason: "it ended with exit code 3",
        restarts: 4,
      });
      control.lines.set("web", [logLine("one"), logLine("two", "stderr")]);
      control.emit({ id: "db", to: "failed", reason: "exit code 3" });
      const faults: string[] = [];
      const backgrounds: string[] = [];
      for (
        const [look, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["phone", PHONE]] as const
      ) {
        await open(control, options, async (page) => {
          await page.evaluate(axe);
          const check = async (view: string) => {
            const found = await page.evaluate(async () => {
              const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
              return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
            });
            faults.push(...found.map((fault) => `${look}, ${view}: ${fault}`));
            const { scroll, client } = await page.evaluate(() => {
              const { scrollWidth, clientWidth } = document.documentElement;
              return { scroll: scrollWidth, client: clientWidth };
            });
            assert.ok(scroll <= client, `${look}, ${view}: ${scroll} pixels of ${client}`);
          };
          await check("list");
          await row(page, "web").locator("a").click();
          await page.locator(".line").nth(1).waitFor();
          await page.locator("[data-panel=memory] canvas").waitFor();
          await check("process");
          await page.getByRole("button", { name: "Stop web" }).click();
          await page.getByRole("dialog").waitFor();
          await check("question");
          await page.keyboard.press("Escape");
          await page.getByRole("button", { name: "Signal web" }).click();
          await page.getByRole("dialog").waitFor();
          await check("question with a field");
          await page.keyboard.press("Escape");
          await page.getByRole("link", { name: "Events" }).click();
          await page.locator(".events .bad").first().waitFor();
          await check("events");
          backgrounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
        });
      }
      assert.deepEqual(faults, []);
      assert.equal(backgrounds[0], backgrounds[2]);
      assert.notEqual(backgrounds[0], backgrounds[1]);
    },
  );

  /** As a browser does when another tab is looked at. */
  const hide = (page: Page, isHidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);

  test(
    "holds no connection in a tab that nobody sees, and a log goes on where it was",
    IN_BROWSER,
    async () => {
      const control = new FakeControl(["web"]);
      const at = (message: string, second: number) => ({
        ...logLine(message),
        timestamp: `2026-01-31T12:00:0${second}.000Z`,
      });
      const written = [at("one", 1), at("two", 1)];
      control.lines.set("web", written);
      await open(control, {}, async (page) => {
        await page.locator('a:text-is("web")').click();
        const lines = page.locator(".line .message");
        await lines.nth(1).waitFor();
        await hide(page, true);
        await eventually(() => control.followers.size === 0);
        // Two of one moment, and a clock that was set back.
        written.push(at("three", 1), at("four", 2), at("five", 0));
        await hide(page, false);
        await lines.nth(4).waitFor();
        const all = ["one", "two", "three", "four", "five"];
        assert.deepEqual(await lines.allInnerTexts(), all);
        const [follower] = control.followers;
        follower.push([at("six", 0)]);
        await lines.nth(5).waitFor();
        assert.deepEqual(await lines.allInnerTexts(), [...all, "six"]);
      });
    },
  );

  test("a tab that was opened out of sight connects when it is looked at", IN_BROWSER, async () => {
    const control = new FakeControl(["web"]);
    await open(control, {}, async (page, api) => {
      const other = await page.context().newPage();
      await other.addInitScript(() =>
        Object.defineProperty(document, "hidden", { configurable: true, value: true })
      );
      const asked: string[] = [];
      other.on("request", (request) => asked.push(new URL(request.url()).pathname.split("/").at(-1)!));
      await other.goto(`${page.url()}#/process/web`);
      await other.waitForFunction(() => document.readyState === "complete");
      assert.ok(!asked.includes("feed") && !asked.includes("logs"), asked.join(" "));
      await hide(other, false);
      await other.getByRole("heading", { level: 1, name: "web" }).waitFor();
      assert.ok(other.url().startsWith(api.pageAddress!));
    });
  });

  test("shows what has happened while nobody saw it", IN_BROWSER, async () => {
    const control = new FakeControl(["web"]);
    await open(control, {}, async (page) => {
      await page.getByRole("link", { name: "Events" }).click();
      control.emit({ id: "web", reason: "seen at once" });
      await page.getByText("seen at once").waitFor();
      await hide(page, true);
      control.emit({ id: "web", reason: "in the night" });
      await hide(page, false);
      await page.getByText("in the night").waitFor();
      assert.equal(await page.getByText("seen at once").count(), 1);
    });
  });

  test("says so where the supervisor is gone, or the session", IN_BROWSER, async () => {
    const control = new FakeControl();
    const address = { host: "127.0.0.1", port: 0 };
    const api = await ApiServer.open(control, {}, { address, files: supervisorPage() });
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(api.makeLink()!);
      await page.waitForSelector("html[data-ready=true]", { state: "attached" });
      const port = Number(new URL(api.pageAddress!).port);
      await api.close();
      await page.getByText("The supervisor does not answer; trying again …").waitFor();
      const next = await ApiServer.open(control, {}, {
        address: { ...address, port },
        files: supervisorPage(),
      });
      try {
        await page.getByText("proctor ctl page makes a link to a new one").waitFor({ timeout: 60_000 });
      } finally {
        await next.close();
      }
    } finally {
      await context.close();
      await api.close();
    }
  });
});
