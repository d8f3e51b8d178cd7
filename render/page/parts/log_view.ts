import { make } from "./dom.ts";
import { plainText, searched } from "./log_text.ts";

/** A line of a log, as the API gives it. */
export interface ShownLine {
  readonly timestamp: string | null;
  readonly stream: "stdout" | "stderr" | null;
  readonly message: string;
  readonly notice?: boolean;
}

/** So many lines are kept; older ones go. */
const MOST_LINES = 5_000;
/** As near to the end as this is at the end. */
const NEAR_END_PIXELS = 24;

interface Line {
  readonly line: ShownLine;
  readonly text: string;
  readonly element: HTMLElement;
  readonly message: HTMLElement;
  isFound: boolean;
}

/** A log that goes on: what comes is shown at the end, and stays there in sight until somebody scrolls back. */
export class LogView {
  readonly element: HTMLElement;
  readonly #lines = make("div", { class: "log-lines", role: "log", "aria-live": "off", tabindex: "0" });
  readonly #search = make("input", {
    type: "search",
    placeholder: "Search  /",
    "aria-label": "Search the log",
  });
  readonly #stream = make("select", { "aria-label": "Which stream" });
  readonly #only = make("button", { type: "button", "aria-pressed": "false" }, "Only matches");
  readonly #count = make("output", { class: "count" });
  readonly #toEnd = make("button", { type: "button", class: "to-end", hidden: "" }, "↓ To the end");
  readonly #empty = make("p", { class: "empty" }, "Nothing was written yet.");
  #kept: Line[] = [];
  #waiting: ShownLine[] = [];
  #isAtEnd = true;
  #current: Line | undefined;

  constructor(label: string) {
    this.#lines.setAttribute("aria-label", label);
    for (const name of ["stdout and stderr", "stdout", "stderr"]) {
      this.#stream.append(make("option", { value: name === "stdout and stderr" ? "" : name }, name));
    }
    const tools = make("div", { class: "tools" }, this.#search, this.#only, this.#stream, this.#count);
    const box = make("div", { class: "log-box" }, this.#lines, this.#empty, this.#toEnd);
    this.element = make("div", { class: "log" }, tools, box);
    this.#search.addEventListener("input", () => this.#searchAnew());
    this.#search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#goOn(event.shiftKey ? -1 : 1);
    });
    this.#stream.addEventListener("change", () => this.#hideOthers());
    this.#only.addEventListener("click", () => {
      const isOnly = this.#only.getAttribute("aria-pressed") !== "true";
      this.#only.setAttribute("aria-pressed", String(isOnly));
      this.#hideOthers();
    });
    this.#lines.addEventListener("scroll", () => {
      const { scrollTop, clientHeight, scrollHeight } = this.#lines;
      this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PIXELS;
      this.#toEnd.hidden = this.#isAtEnd;
    }, { passive: true });
    this.#toEnd.addEventListener("click", () => this.#scrollToEnd());
  }

  /** Go to the field to search in. */
  focusSearch(): void {
    this.#search.focus();
  }

  /** Forget all, as before the first line. */
  clear(): void {
    this.#kept = [];
    this.#waiting = [];
    this.#lines.replaceChildren();
    this.#empty.hidden = false;
    this.#isAtEnd = true;
    this.#tellCount();
  }

  /** Say why there is no log. */
  say(text: string): void {
    this.#empty.textContent = text;
    this.#empty.hidden = false;
  }

  /** Take a line. It is shown with the next frame, together with what else has come by then. */
  push(line: ShownLine): void {
    this.#waiting.push(line);
    if (this.#waiting.length === 1) requestAnimationFrame(() => this.#append());
    // A page that nobody sees has no frames for as long as that lasts.
    else if (this.#waiting.length >= 2 * MOST_LINES) this.#waiting.splice(0, MOST_LINES);
  }

  #append(): void {
    const lines = this.#waiting.splice(0).slice(-MOST_LINES).map((line) => this.#make(line));
    if (lines.length === 0) return;
    this.#empty.hidden = true;
    this.#kept.push(...lines);
    this.#lines.append(...lines.map(({ element }) => element));
    for (const { element } of this.#kept.splice(0, Math.max(0, this.#kept.length - MOST_LINES))) {
      element.remove();
    }
    this.#tellCount();
    if (this.#isAtEnd) this.#scrollToEnd();
  }

  #make(line: ShownLine): Line {
    const text = plainText(line.message);
    const message = make("span", { class: "message" });
    const at = line.timestamp === null ? "" : clock(new Date(line.timestamp));
    const kind = line.notice ? "notice" : line.stream ?? "";
    const element = make(
      "div",
      { class: `line ${kind}`.trim() },
      make("time", { title: line.timestamp ?? "" }, at),
      make(
        "i",
        { title: line.notice ? "proctor" : line.stream ?? "" },
        line.notice ? "!" : kind === "stderr" ? "e" : "",
      ),
      message,
    );
    const made: Line = { line, text, element, message, isFound: false };
    this.#mark(made);
    element.hidden = !this.#isWanted(made);
    return made;
  }

  #mark(one: Line): void {
    const parts = searched(one.text, this.#search.value);
    one.isFound = parts.some(({ isFound }) => isFound);
    one.message.replaceChildren(
      ...parts.map(({ text, isFound }) => isFound ? make("mark", {}, text) : text),
    );
  }

  #isWanted({ line, isFound }: Line): boolean {
    const stream = this.#stream.value;
    if (stream !== "" && line.stream !== stream && !line.notice) return false;
    return isFound || this.#search.value === "" || this.#only.getAttribute("aria-pressed") !== "true";
  }

  #searchAnew(): void {
    for (const one of this.#kept) this.#mark(one);
    this.#current = undefined;
    this.#hideOthers();
    if (this.#search.value !== "") this.#goOn(-1);
  }

  #hideOthers(): void {
    for (const one of this.#kept) one.element.hidden = !this.#isWanted(one);
    this.#tellCount();
    if (this.#isAtEnd) this.#scrollToEnd();
  }

  #found(): Line[] {
    return this.#kept.filter(({ isFound, element }) => isFound && !element.hidden);
  }

  /** To the next line in which something is found, or the one before; round at the ends. */
  #goOn(by: number): void {
    const found = this.#found();
    if (found.length === 0) return;
    const at = this.#current ? found.indexOf(this.#current) : -1;
    const next = at < 0 ? (by > 0 ? 0 : found.length - 1) : (at + by + found.length) % found.length;
    this.#current?.element.classList.remove("current");
    this.#current = found[next];
    this.#current.element.classList.add("current");
    this.#current.element.scrollIntoView({ block: "nearest" });
    this.#tellCount();
  }

  #tellCount(): void {
    const found = this.#found();
    const at = this.#current ? found.indexOf(this.#current) : -1;
    const words = found.length === 1 ? "1 line" : `${found.length} lines`;
    this.#count.textContent = this.#search.value === "" ? "" : at < 0 ? words : `${at + 1} of ${words}`;
  }

  #scrollToEnd(): void {
    this.#lines.scrollTop = this.#lines.scrollHeight;
  }
}

function clock(time: Date): string {
  return `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}
