/** What stands around every page: header, navigation, the list of its sections, its neighbours, footer. */
import { escapeHtml as escape } from "../../../render/page/html.ts";
import type { Group, Page } from "../page.ts";
import { textOf } from "../search_sections.ts";
import { THEME_SCRIPT } from "./theme.ts";

/** What all pages share. */
export interface Site {
  readonly version: string;
  readonly groups: readonly Group[];
}

/** A whole page. @param prefix what stands before the addresses of the site; on the pages themselves nothing */
export function framed(page: Page, content: string, site: Site, prefix = ""): string {
  const isLanding = page.url === "index.html";
  const title = isLanding ? "proctor: what a command costs" : `${page.title} · proctor`;
  const body = isLanding ? withHero(content) : content.replace(/ href="(?=\w)/g, ` href="${prefix}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escape(descriptionOf(content))}">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<script>${THEME_SCRIPT}</script>
<link rel="stylesheet" href="${prefix}site.css">
<script src="${prefix}site.js" defer></script>
</head>
<body class="${isLanding ? "landing" : "document"}">
<a id="skip" href="#content">Skip to the content</a>
<header>
<a class="name" href="${prefix}index.html">proctor <small>${escape(site.version)}</small></a>
<div class="tools">
<select id="theme" aria-label="Colours" autocomplete="off" hidden>
<option value="">Auto</option><option value="light">Light</option><option value="dark">Dark</option>
</select>
<button id="search-button" type="button" hidden>Search <kbd>/</kbd></button>
<button id="menu-button" type="button" aria-expanded="false" aria-controls="navigation" hidden>Menu</button>
</div>
</header>
<div class="columns">
<nav id="navigation" aria-label="Documentation">
${site.groups.map((group) => groupOf(group, page, prefix, isLanding && group === site.groups[0])).join("\n")}
</nav>
<main id="content" tabindex="-1">
<article>
${body}
</article>
${neighbours(page, site, prefix)}
</main>
${isLanding ? "" : sections(content)}
</div>
<footer>
<p>${origin(page)} proctor ${escape(site.version)}, Apache-2.0.</p>
</footer>
</body>
</html>
`;
}

function groupOf({ name, pages }: Group, current: Page, prefix: string, isFirst: boolean): string {
  const isHere = isFirst || pages.includes(current);
  const items = pages.map((page) => {
    const mark = page === current ? ' aria-current="page"' : "";
    return `<li><a href="${prefix}${page.url}"${mark}>${escape(page.label ?? page.title)}</a></li>`;
  });
  return `<details${isHere ? " open" : ""}><summary>${escape(name)}</summary><ul>${
    items.join("")
  }</ul></details>`;
}

/** The list of a page's sections, where there are some to choose from. */
function sections(content: string): string {
  const found = [...content.matchAll(/<h([23]) id="([^"]*)">(.*?)<\/h\1>/gs)];
  const seconds = found.filter(([, level]) => level === "2");
  const shown = found.length > 40 && seconds.length > 1 ? seconds : found;
  if (shown.length < 2) return "";
  const items = shown.map(([, level, id, heading]) =>
    `<li class="level-${level}"><a href="#${id}">${escape(textOf(heading))}</a></li>`
  );
  return `<nav id="sections" aria-label="On this page"><p>On this page</p><ul>${items.join("")}</ul></nav>`;
}

function neighbours(page: Page, { groups }: Site, prefix: string): string {
  const all = groups.flatMap(({ pages }) => pages);
  const at = all.indexOf(page);
  if (at < 0) return "";
  const link = (other: Page | undefined, word: string, rel: string) =>
    other
      ? `<a rel="${rel}" href="${prefix}${other.url}"><small>${word}</small>${
        escape(other.label ?? other.title)
      }</a>`
      : "<span></span>";
  return `<nav class="neighbours" aria-label="Pages before and after">${
    link(all[at - 1], "Previous", "prev")
  }${link(all[at + 1], "Next", "next")}</nav>`;
}

/** Where to change a page: no host of the repository is named, for it may be at any. */
function origin({ source, madeFrom }: Page): string {
  if (source) return `To change this page, edit <code>${escape(source)}</code> in the repository.`;
  return madeFrom ? `This page is made from ${escape(madeFrom)}.` : "";
}

function descriptionOf(content: string): string {
  const text = textOf(/<p>(.*?)<\/p>/s.exec(content)?.[1] ?? "");
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}

/** The first screen: the sentence, two ways on, and the picture. */
function withHero(content: string): string {
  const at = content.indexOf("<h2");
  const hero = content.slice(0, at);
  const ways =
    `<p class="ways"><a class="first" href="#install">Install</a><a href="tour.html">Take the tour</a></p>`;
  const first = hero.indexOf("</p>") + "</p>".length;
  return `<div class="hero">${hero.slice(0, first)}${ways}${hero.slice(first)}</div>${content.slice(at)}`;
}
