/** The text of pages by sections: what the search of the site finds. */
import type { Page } from "./page.ts";

/** A section of a page. */
export interface Section {
  readonly id: number;
  readonly url: string;
  readonly page: string;
  readonly heading: string;
  readonly text: string;
}

/** The sections of rendered pages, numbered. */
export function sectionsOf(pages: readonly { readonly page: Page; readonly html: string }[]): Section[] {
  return pages.flatMap(({ page, html }) =>
    html.split(/(?=<h[1-4] id=)/).map((part) => {
      const [, id = "", heading = ""] = /^<h[1-4] id="([^"]*)">(.*?)<\/h/s.exec(part) ?? [];
      const text = textOf(part.replace(/^<h[1-4].*?<\/h[1-4]>/s, ""));
      const isTop = part.startsWith("<h1");
      return {
        url: page.url + (id && !isTop ? `#${id}` : ""),
        page: page.title,
        heading: isTop ? "" : textOf(heading),
        text,
      };
    })
  ).filter(({ heading, text }) => heading !== "" || text !== "").map((section, id) => ({ id, ...section }));
}

/** What remains of HTML that this generator has written when its tags go. */
export function textOf(html: string): string {
  return html.replace(/<!--.*?-->|<a class="anchor".*?<\/a>/gs, "").replace(/<[^>]+>/g, " ")
    .replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(
      /&amp;/g,
      "&",
    )
    .replace(/\s+/g, " ").trim();
}
