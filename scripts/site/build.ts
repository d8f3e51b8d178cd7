/*
 * Builds the documentation site: scripts/build-docs calls it.
 * Usage: bun scripts/site/build.ts OUTPUT BASE
 */
/// <reference path="./eleventy.d.ts" />
import Eleventy from "@11ty/eleventy";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../core/schema/version.ts";
import { apiPages } from "./api_pages.ts";
import { commandPages } from "./command_pages.ts";
import { documentGroups, landingPage } from "./documents.ts";
import { formatPages } from "./format_pages.ts";
import { framed } from "./layout/frame.ts";
import { withThemes } from "./layout/theme.ts";
import { libraryPage } from "./library_page.ts";
import { Links } from "./links.ts";
import { markdownRenderer } from "./markdown.ts";
import type { Group, Page } from "./page.ts";
import { sectionsOf } from "./search_sections.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const [output, base] = process.argv.slice(2);

/** The page for addresses that lead nowhere: a server may show it at any of them. */
const MISSING: Page = {
  url: "404.html",
  source: null,
  title: "This page does not exist",
  markdown:
    "# This page does not exist\n\nThe address has no page. Search for what you want, choose a page of the navigation, " +
    "or begin at [the first page](../README.md).",
};

const commands = await commandPages();
const [commandLine, ...verbs] = commands;
const reference = [commandLine, ...formatPages(), ...await apiPages(), libraryPage(ROOT)];
const groups: Group[] = documentGroups(ROOT).flatMap((group) =>
  group.name !== "Reference" ? [group] : [
    { ...group, pages: [...group.pages, ...reference] },
    { name: "Verbs", pages: verbs },
  ]
).filter(({ pages }) => pages.length > 0);
const pages = [landingPage(ROOT), ...groups.flatMap((group) => group.pages), MISSING];
const site = { version: VERSION, groups };
const links = new Links(ROOT, pages);
const entries = new Map(pages.map((page) => [page.url, page]));
const rendered: { page: Page; html: string }[] = [];

// Files of an earlier build go, and nothing else: a directory may hold what others have put there.
const manifest = join(output, ".files");
mkdirSync(output, { recursive: true });
for (const file of written()) rmSync(join(output, file), { force: true });

const eleventy = new Eleventy(join(ROOT, "scripts/site/layout"), relative(process.cwd(), output) || ".", {
  quietMode: true,
  config(config) {
    config.setLibrary("md", markdownRenderer(links));
    // Eleventy takes indented code for text otherwise.
    config.amendLibrary("md", (library) => library.enable("code"));
    config.setTemplateFormats(["md"]);
    for (const page of pages) {
      const data = { entry: page, permalink: page.url, templateEngineOverride: "md" };
      config.addTemplate(`${page.url.replace(/\.html$/, "")}.md`, page.markdown, data);
    }
    config.addTransform("frame", function (this: { page: { outputPath: string } }, html: string) {
      const page = entries.get(relative(output, this.page.outputPath))!;
      if (page !== MISSING) rendered.push({ page, html });
      return framed(page, html, site, page === MISSING ? base : "");
    });
  },
});
await eleventy.write();

const files = [...pages.map(({ url }) => url), "site.css", "site.js", "search.js"];
for (const [source, copy] of links.files) {
  mkdirSync(dirname(join(output, copy)), { recursive: true });
  cpSync(join(ROOT, source), join(output, copy));
  files.push(copy);
}
writeFileSync(join(output, "site.css"), withThemes(bundled("style.css")));
writeFileSync(join(output, "site.js"), bundled("browser/main.ts"));
rendered.sort((a, b) => pages.indexOf(a.page) - pages.indexOf(b.page));
// A script, not a file of JSON: a page that is opened from disk may load the one, and not the other.
writeFileSync(join(output, "search.js"), `proctorSearch(${JSON.stringify(sectionsOf(rendered))});\n`);
writeFileSync(manifest, `${files.join("\n")}\n`);
console.log(`${output} (${pages.length} pages)`);

function bundled(entry: string): string {
  const bun = join(ROOT, "node_modules/bun/bin/bun.exe");
  const options = ["build", "--minify", "--target=browser", "--format=iife"];
  return execFileSync(bun, [...options, join(ROOT, "scripts/site/layout", entry)], { encoding: "utf8" });
}

function written(): string[] {
  try {
    return readFileSync(manifest, "utf8").split("\n").filter((line) =>
      /^[\w./-]+$/.test(line) && !line.includes("..")
    );
  } catch {
    return [];
  }
}
