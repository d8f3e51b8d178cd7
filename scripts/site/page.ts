/** A page of the documentation site, before it is rendered. */
export interface Page {
  /** Its address, relative to the root of the site: all pages lie there, so that every link works from disk as well. */
  readonly url: string;
  /** The file that it is written in, relative to the repository; null: it is made from the sources. */
  readonly source: string | null;
  /** What a page without a file of its own is made from. */
  readonly madeFrom?: string;
  readonly title: string;
  /** How the navigation calls it, where that is shorter than the title. */
  readonly label?: string;
  readonly markdown: string;
}

/** A group of the navigation. */
export interface Group {
  readonly name: string;
  readonly pages: readonly Page[];
}
