/** Where links of documents lead on the site. */
import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import type { Page } from "./page.ts";

/** What a link of a document leads to. */
export type Target =
  | { readonly kind: "page"; readonly href: string }
  | { readonly kind: "file"; readonly href: string }
  /** A file of the repository that the site has not: it is named only. */
  | { readonly kind: "source"; readonly path: string };

/** Finds the targets of links, and remembers the files that have to be copied to the site. */
export class Links {
  readonly #urls: ReadonlyMap<string | null, string>;
  /** Pages without a document: texts of this generator link to them by their address. */
  readonly #generated: ReadonlySet<string>;
  readonly #root: string;
  /** Files of the repository that pages link to or show, and where the site has them. */
  readonly files = new Map<string, string>();

  constructor(root: string, pages: readonly Page[]) {
    this.#root = root;
    this.#generated = new Set(pages.filter(({ source }) => source === null).map(({ url }) => url));
    this.#urls = new Map(pages.map(({ source, url }) => [source, url]));
  }

  /**
   * Where a link leads.
   * @throws Error when it leads to nothing: a document has a broken link
   */
  find(link: string, page: Page): Target {
    if (/^[a-z][a-z+.-]*:/i.test(link)) return { kind: "page", href: link };
    const [path, hash] = link.split("#");
    const anchor = hash === undefined ? "" : `#${hash}`;
    if (path === "") return { kind: "page", href: anchor };
    if (this.#generated.has(path)) return { kind: "page", href: link };
    const source = posix.normalize(posix.join(posix.dirname(page.source ?? "docs/x.md"), path));
    const url = this.#urls.get(source);
    if (url !== undefined) return { kind: "page", href: url + anchor };
    if (source.startsWith("../") || !existsSync(join(this.#root, source))) {
      throw new Error(`${page.source ?? page.url}: the link ${link} leads to nothing`);
    }
    if (statSync(join(this.#root, source)).isDirectory() || /\.(ts|sh)$|^scripts\//.test(source)) {
      return { kind: "source", path: source };
    }
    const copy = `files/${source.replace(/^docs\//, "")}`;
    this.files.set(source, copy);
    return { kind: "file", href: copy };
  }
}
