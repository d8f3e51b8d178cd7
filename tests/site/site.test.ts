/* The documentation site: built once, gone through link by link, and opened in a browser. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { withThemes } from "../../scripts/site/layout/theme.ts";
import { METRICS } from "../../core/measure/metrics.ts";
import { axeFaults } from "../render/page/support/fleet_browser.ts";
import { noBrowser, startBrowser, withPage } from "../render/page/support/browser.ts";
import { documentBlocks } from "../docs/support/blocks.ts";
import { ROOT } from "../support/fixture.ts";

const directory = mkdtempSync(join(tmpdir(), "proctor-site-"));
const BUILD = join(ROOT, "scripts/build-docs");
let pages: ReadonlyMap<string, string>;

before(() => {
  writeFileSync(join(directory, "of-others.html"), "kept");
  execFileSync(BUILD, ["--output", directory, "--base", "/proctor/"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const names = readdirSync(directory).filter((name) => name.endsWith(".html") && name !== "of-others.html");
  pages = new Map(names.map((name) => [name, readFileSync(join(directory, name), "utf8")]));
});
after(() => rmSync(directory, { recursive: true }));

const attributes = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`<[^>]*\\s${name}="([^"]*)"`, "g"))].map(([, value]) => value);

/** The text of all pages, as the search has it. */
function searched(): { url: string; page: string; heading: string; text: string }[] {
  const script = readFileSync(join(directory, "search.js"), "utf8");
  return JSON.parse(script.slice("proctorSearch(".length, script.lastIndexOf(")")));
}

describe("the site", () => {
  test("has no link or picture that leads to nothing", () => {
    const broken = [...pages].filter(([name]) => name !== "404.html").flatMap(([name, html]) =>
      [...attributes(html, "href"), ...attributes(html, "src")]
        .filter((link) => !/^(https?|mailto|data):/.test(link))
        .filter((link) => {
          const [path, anchor] = link.split("#");
          const target = path === "" ? name : path;
          if (!existsSync(join(directory, target))) return true;
          return anchor !== undefined && !attributes(pages.get(target) ?? "", "id").includes(anchor);
        }).map((link) => `${name}: ${link}`)
    );
    assert.ok(pages.size > 60, `${pages.size} pages`);
    assert.deepEqual(broken, []);
  });

  test("has every document and every page in its navigation, once", () => {
    const [, navigation] = /<nav id="navigation"(.*?)<\/nav>/s.exec(pages.get("index.html")!)!;
    const linked = attributes(navigation, "href");
    assert.equal(new Set(linked).size, linked.length);
    const own = [...pages.keys()].filter((name) => !["index.html", "404.html"].includes(name));
    assert.deepEqual(linked.toSorted(), own.toSorted());
    const documents = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
    const missing = documents.filter((name) => !linked.includes(`${basename(name, ".md")}.html`));
    assert.deepEqual(missing, []);
  });

  test("fetches nothing from elsewhere", () => {
    const loaded = [...pages].flatMap(([name, html]) =>
      [...html.matchAll(/<(?:script|img|iframe|source|link)\b[^>]*(?:src|href)="([^"]*)"/g)]
        .map(([, url]) => url).filter((url) => /^(\w+:)?\/\//.test(url)).map((url) => `${name}: ${url}`)
    );
    assert.deepEqual(loaded, []);
    assert.doesNotMatch(readFileSync(join(directory, "site.css"), "utf8"), /url\(|@import/);
  });

  test("has unique anchors, and one heading of the first level a page", () => {
    for (const [name, html] of pages) {
      const ids = attributes(html, "id");
      assert.equal(new Set(ids).size, ids.length, name);
      assert.equal([...html.matchAll(/<h1[ >]/g)].length, 1, name);
    }
  });

  test("makes its reference from the sources", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    assert.ok(pages.get("index.html")!.includes(`<small>${version}</small>`));
    const says = (page: string, ...words: string[]) => {
      for (const word of words) assert.ok(pages.get(page)!.includes(word), `${page} lacks ${word}`);
    };
    says("cli.html", "proctor help units", "cli-run.html", "cli-supervise.html", "cli-completion.html");
    says("cli-run.html", "--limit-memory &lt;size&gt;", "Examples");
    says("cli-ctl.html", 'id="proctor-ctl-events"', "--follow");
    says("supervisor-keys.html", "managed_processes", 'id="the-file"');
    says("manager-keys.html", "remote_write");
    says("supervisor-http.html", 'id="get-processes"', "ProcessStatus");
    says("manager-http.html", "/api/v1/top", "/api/v1/alerts");
    says("records-reference.html", "kind summary", ...METRICS.map(({ name }) => name));
    const library = pages.get("library-reference.html")!;
    const exports = readFileSync(join(ROOT, "mod.ts"), "utf8").replace(/\/\*\*[^]*?\*\//g, "");
    const names = [...exports.matchAll(/export (?:type )?\{([^}]*)\}/g)]
      .flatMap(([, list]) => list.split(",")).map((name) => name.replace(/^\s*type /, "").trim()).filter(
        Boolean,
      );
    assert.ok(names.length > 100);
    assert.deepEqual(
      names.filter((name) => !library.includes(`<code>${name}</code></h3>`.replace("</h3>", ""))),
      [],
    );
    assert.doesNotMatch(library, /<code class="language-ts"><\/code>/, "a declaration that is not shown");
  });

  test("shows every block of code as one", () => {
    const blocks = documentBlocks().filter(({ document }) => /^docs\/[\w-]+\.md$/.test(document));
    for (const { document, blocks: { length } } of blocks) {
      const html = pages.get(`${basename(document, ".md")}.html`)!;
      assert.equal([...html.matchAll(/<pre tabindex="0"><code/g)].length, length, document);
    }
  });

  test("says how documents are changed, without a host", () => {
    assert.match(pages.get("run.html")!, /edit <code>docs\/run\.md<\/code> in the repository/);
    assert.match(pages.get("cli-run.html")!, /made from the definitions of the command line/);
  });

  test("has a page for missing addresses that works at any depth", () => {
    const missing = pages.get("404.html")!;
    const relative = [...attributes(missing, "href"), ...attributes(missing, "src")]
      .filter((link) => !/^(\/proctor\/|#|data:)/.test(link));
    assert.deepEqual(relative, []);
  });

  test("finds sections by where they stand", () => {
    const sections = searched();
    assert.ok(sections.length > 800, `${sections.length} sections`);
    const urls = sections.map(({ url }) => url);
    assert.equal(new Set(urls).size, urls.length);
    for (const { url, text } of sections) {
      assert.ok(pages.has(url.split("#")[0]), url);
      assert.doesNotMatch(text, /<\/?(p|code|span|td|div)[ >]|&#x?\d+;|&quot;/, url);
    }
  });

  test("has its dark colours in rules that a reader can choose or refuse", () => {
    assert.equal(
      withThemes("@media screen and (prefers-color-scheme:dark){:root{--page:#000}}").includes(
        "@media screen{:root[data-theme=dark]{--page:#000}}",
      ),
      true,
    );
    for (const css of [":root{--page:#fff}", "@media (prefers-color-scheme:dark){p{color:red}}"]) {
      assert.throws(() => withThemes(css), /dark colours/);
    }
  });

  test("replaces an earlier build, and leaves what others have put there", () => {
    assert.equal(readFileSync(join(directory, "of-others.html"), "utf8"), "kept");
    const old = readFileSync(join(directory, ".files"), "utf8").split("\n");
    assert.ok(old.includes("run.html") && !old.includes("of-others.html"));
  });

  test("refuses options that make no sense in one line", () => {
    const refused = (...words: string[]) => {
      const { status, stderr } = spawnSync(BUILD, words, { encoding: "utf8" });
      assert.equal(status, 2);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
      return stderr;
    };
    assert.match(
      refused("--base", "proctor"),
      /^proctor: --base: proctor does not begin and end with a slash; see /,
    );
    assert.match(refused("--output"), /^proctor: --output needs a value/);
    assert.match(refused("dist"), /^proctor: unknown argument dist/);
  });
});

// What a browser makes of the pages does not depend on the runtime that builds them: on Bun alone.
const skip = noBrowser || ("Deno" in globalThis && "the browser is asked on Bun");

describe("the site in a browser", () => {
  let browser: Browser;
  before(async () => {
    if (!skip) browser = await startBrowser();
  });
  after(async () => await browser?.close());

  const opened = (name: string, options: BrowserContextOptions, use: (page: Page) => Promise<void>) =>
    withPage(browser, join(directory, name), options, use);
  const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };

  test(
    "opens from disk, on a phone and in the dark, and axe finds nothing",
    { skip, timeout: 120_000 },
    async () => {
      for (const name of ["index.html", "run.html", "cli-ctl.html", "supervisor-http.html", "faq.html"]) {
        if (!pages.has(name)) continue;
        await opened(
          name,
          { colorScheme: "light" },
          async (page) => assert.deepEqual(await axeFaults(page), [], name),
        );
        await opened(name, { colorScheme: "dark", ...PHONE }, async (page) => {
          assert.deepEqual(await axeFaults(page), [], `${name}, dark, on a phone`);
        });
      }
    },
  );

  test("no page is wider than a phone", { skip, timeout: 120_000 }, async () => {
    await opened("index.html", PHONE, async (page) => {
      const wide: string[] = [];
      for (const name of pages.keys()) {
        if (name === "404.html") continue;
        await page.goto(`file://${join(directory, name)}`, { waitUntil: "domcontentloaded" });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        if (width > PHONE.viewport.width) wide.push(`${name}: ${width}`);
      }
      assert.deepEqual(wide, []);
    });
  });

  test("is searched by keys alone", { skip, timeout: 60_000 }, async () => {
    await opened("index.html", {}, async (page) => {
      await page.keyboard.press("/");
      await page.keyboard.type("leftovers");
      await page.locator("dialog li a", { hasText: "leftovers" }).first().waitFor();
      assert.deepEqual(await axeFaults(page), []);
      await page.keyboard.press("ArrowDown");
      const target = await page.evaluate(() =>
        (document.activeElement as HTMLAnchorElement).getAttribute("href")
      );
      await page.keyboard.press("Enter");
      await page.waitForURL(target!);
      assert.match(await page.locator("article").innerText(), /leftovers/);
      await page.keyboard.press("/");
      await page.keyboard.type("zzqqxx");
      await page.getByText("Nothing found").waitFor();
      await page.keyboard.press("Escape");
      assert.equal(await page.locator("dialog[open]").count(), 0);
    });
  });

  test("has its navigation behind a button on a phone", { skip, timeout: 60_000 }, async () => {
    await opened("run.html", PHONE, async (page) => {
      const navigation = page.locator("#navigation");
      assert.equal(await navigation.isVisible(), false);
      await page.tap("#menu-button");
      assert.equal(await navigation.isVisible(), true);
      assert.equal(await page.locator("#navigation [aria-current]").innerText(), "proctor run");
      await page.keyboard.press("Escape");
      assert.equal(await navigation.isVisible(), false);
    });
  });

  const THEMES: [string, "light" | "dark", string][] = [["light", "dark", "Light"], [
    "dark",
    "light",
    "Dark",
  ]];
  for (const [theme, system, label] of THEMES) {
    test(`stays ${theme} where the system is ${system}`, { skip, timeout: 120_000 }, async () => {
      await opened("index.html", { colorScheme: system }, async (page) => {
        const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const ofSystem = await background();
        const choice = page.getByRole("combobox", { name: "Colours" });
        // By keys alone: focus it from the link before it, and type the first letter of the choice.
        await page.locator("header .name").focus();
        await page.keyboard.press("Tab");
        assert.equal(await choice.evaluate((element) => element === document.activeElement), true);
        await page.keyboard.press(label[0]);
        const chosen = await background();
        assert.notEqual(chosen, ofSystem);
        assert.deepEqual(await axeFaults(page), []);

        // On the next page the choice holds before anything is drawn, and before the script of the page runs.
        await page.addInitScript(() => {
          const seen: string[] = [];
          Object.assign(globalThis, { seen });
          const look = () => {
            // A frame comes once the style sheet is there: what is seen is what is drawn.
            if (document.body) seen.push(getComputedStyle(document.body).backgroundColor);
            if (document.readyState !== "complete") requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        });
        await page.goto(`file://${join(directory, "run.html")}`);
        assert.equal(await choice.inputValue(), theme);
        const seen = await page.evaluate(
          () => [...new Set((globalThis as unknown as { seen: string[] }).seen)],
        );
        assert.deepEqual(seen, [chosen]);
        assert.deepEqual(await axeFaults(page), []);

        // Another tab follows, and back to the system's is back to what it was.
        const other = await page.context().newPage();
        await other.goto(`file://${join(directory, "faq.html")}`);
        await other.getByRole("combobox", { name: "Colours" }).selectOption("Auto");
        await page.waitForFunction(() => document.documentElement.dataset.theme === undefined);
        assert.equal(await background(), ofSystem);
        assert.equal(await choice.inputValue(), "");
        await other.close();
      });
    });
  }

  test("can be read without its script", { skip, timeout: 60_000 }, async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, ...PHONE });
    const page = await context.newPage();
    await page.goto(`file://${join(directory, "run.html")}`);
    assert.equal(await page.locator("#navigation").isVisible(), true);
    assert.equal(await page.locator("#search-button").isVisible(), false);
    assert.equal(await page.locator("#theme").isVisible(), false);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: "light" });
    const light = await background();
    await page.emulateMedia({ colorScheme: "dark" });
    assert.notEqual(await background(), light);
    await context.close();
  });
});
