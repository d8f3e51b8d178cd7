/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The search over all pages: its index is made in the browser, so that it works offline and from disk. */
import MiniSearch from "minisearch";
import type { Section } from "../../search_sections.ts";

const MOST_FOUND = 20;
const CONTEXT = 70;

/** Puts the search behind its button and behind `/`. */
export function addSearch(): void {
  const dialog = document.createElement("dialog");
  dialog.id = "search";
  dialog.setAttribute("aria-label", "Search");
  dialog.innerHTML =
    `<form method="dialog" role="search"><input type="search" aria-label="Search the documentation" ` +
    `placeholder="Search the documentation" autocomplete="off" spellcheck="false"><button>Close</button></form>` +
    `<p role="status"></p><ol></ol>`;
  document.body.append(dialog);
  const [input, status, list] = [
    dialog.querySelector("input")!,
    dialog.querySelector<HTMLElement>("[role=status]")!,
    dialog.querySelector("ol")!,
  ];
  let index: MiniSearch<Section> | null = null;

  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    if (index) return;
    status.textContent = "Reading the pages …";
    load().then((loaded) => {
      index = loaded;
      show();
    }, () => status.textContent = "The index is missing: search.js cannot be read.");
  };
  const show = () => {
    if (!index) return;
    const words = input.value.trim();
    const found = words === "" ? [] : index.search(words);
    list.replaceChildren(
      ...found.slice(0, MOST_FOUND).map((one) =>
        item(one as unknown as Section, [...one.queryTerms, ...one.terms])
      ),
    );
    status.textContent = words === ""
      ? "Type a word: an option, a key, a figure, an error."
      : `${found.length === 0 ? "Nothing" : found.length} found`;
  };
  input.addEventListener("input", show);
  dialog.addEventListener("keydown", (event) => {
    // A search field keeps the first Escape for itself otherwise.
    if (event.key === "Escape") dialog.close();
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && links.length > 0) {
      event.preventDefault();
      (links[at + step] ?? input).focus();
    } else if (event.key === "Enter" && document.activeElement === input) {
      event.preventDefault();
      links[0]?.click();
    }
  });
  list.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  const button = document.querySelector<HTMLButtonElement>("#search-button")!;
  button.hidden = false;
  button.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    const isTyping = (event.target as Element).matches("input, textarea, select");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    open();
  });
}

async function load(): Promise<MiniSearch<Section>> {
  const sections = await new Promise<Section[]>((resolve, reject) => {
    (globalThis as unknown as { proctorSearch: (sections: Section[]) => void }).proctorSearch = resolve;
    const script = document.createElement("script");
    // Beside this script, wherever that is.
    const own = document.querySelector<HTMLScriptElement>("script[src$='site.js']")!;
    script.src = new URL("search.js", own.src).href;
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  const index = new MiniSearch<Section>({
    fields: ["heading", "page", "text"],
    storeFields: ["url", "page", "heading", "text"],
    // An option is found with its dashes and without, a name by its parts.
    tokenize: (text) => text.split(/[\s.,;:!?()[\]{}<>"'`=|/…]+|(?<!\w)-+|_/u).filter(Boolean),
    searchOptions: {
      prefix: (term) => term.length > 1,
      fuzzy: (term) => term.length > 4 ? 0.2 : false,
      boost: { heading: 4, page: 2 },
      weights: { prefix: 0.4, fuzzy: 0.1 },
      combineWith: "AND",
    },
  });
  await index.addAllAsync(sections, { chunkSize: 200 });
  return index;
}

function item(section: Section, terms: readonly string[]): HTMLElement {
  const own = document.querySelector<HTMLScriptElement>("script[src$='site.js']")!;
  const link = document.createElement("a");
  link.href = new URL(section.url, own.src).href;
  const title = document.createElement("strong");
  title.textContent = section.heading || section.page;
  const where = document.createElement("small");
  where.textContent = section.heading ? section.page : "";
  const excerpt = document.createElement("span");
  excerpt.append(...excerptOf(section.text, terms));
  link.append(title, where, excerpt);
  const entry = document.createElement("li");
  entry.append(link);
  return entry;
}

/** The text around the first of the words, which is marked. */
function excerptOf(text: string, terms: readonly string[]): (string | HTMLElement)[] {
  const lower = text.toLowerCase();
  // As whole words first: a word that was typed is the start of others, too.
  const places = terms.flatMap((term) => {
    const word = term.toLowerCase();
    const isWhole = (at: number) => !/\w/.test(`${lower[at - 1] ?? ""}${lower[at + word.length] ?? ""}`);
    const all = [...lower.matchAll(new RegExp(RegExp.escape(word), "g"))].map(({ index }) => index);
    const at = all.find(isWhole) ?? all[0];
    return at === undefined ? [] : [{ at, length: word.length, isWhole: isWhole(at) }];
  });
  const found = places.find(({ isWhole }) => isWhole) ?? places[0];
  if (!found) return [text.slice(0, 2 * CONTEXT)];
  const from = Math.max(0, found.at - CONTEXT);
  const mark = document.createElement("mark");
  mark.textContent = text.slice(found.at, found.at + found.length);
  const end = found.at + found.length;
  return [from > 0 ? "…" : "", text.slice(from, found.at), mark, text.slice(end, end + CONTEXT)];
}
