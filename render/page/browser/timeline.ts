import { AXIS_WIDTH, PADDING_RIGHT } from "../parts/chart_frame.ts";
import { announce, make, styleOf } from "../parts/dom.ts";
import { pressKey } from "./keys.ts";
import type { PageRun } from "./page_run.ts";
import { letPoint } from "./pointing.ts";
import { processInWords } from "./process_words.ts";
import type { View } from "./view.ts";

/** Executables beyond these share a colour. */
export const COLORED_EXECUTABLES = 10;
const TALLEST = 420;

/** A bar for every process, on as many lanes as there were processes at a time. */
export class Timeline {
  readonly element: HTMLElement;
  readonly #canvas = make("canvas", { "aria-hidden": "true" });
  readonly #surface = make("div", { class: "surface" });
  readonly #cursor = make("div", { class: "cursor", hidden: "" });
  readonly #tip = make("div", { class: "tip", role: "status", hidden: "" });
  readonly #scroller: HTMLElement;
  /** The processes of each lane, by their start. */
  readonly #lanes: number[][] = [];
  readonly #laneHeight: number;
  /** What is in sight at a time. */
  readonly #height: number;
  readonly #start: Float64Array;
  readonly #lived: Float64Array;
  readonly #onBar = styleOf("--on-bar");
  #width: number;
  /** The process that is told about. */
  #chosen = -1;

  constructor(readonly run: PageRun, readonly view: View, readonly colors: readonly string[], width: number) {
    this.#width = width;
    this.#start = run.process("start_seconds");
    this.#lived = run.process("lived_seconds");
    run.process("lane").forEach((lane, index) => (this.#lanes[lane] ??= []).push(index));
    this.#laneHeight = Math.min(18, Math.max(5, Math.floor(TALLEST / Math.max(1, this.#lanes.length))));
    const height = this.#lanes.length * this.#laneHeight;
    const content = make("div", { class: "content" }, this.#canvas, this.#surface);
    content.style.height = `${height}px`;
    this.#scroller = make("div", { class: "scroller" }, content);
    this.#height = Math.min(height, TALLEST);
    this.#scroller.style.height = `${this.#height}px`;
    const count = run.packed.processCount;
    const box = make(
      "div",
      {
        class: "lanes",
        tabindex: "0",
        role: "application",
        "aria-roledescription": "timeline",
        "aria-label": `Timeline of ${count} processes, at most ${this.#lanes.length} at once. ` +
          "Arrow keys go from process to process, Enter zooms to it, 0 shows all.",
      },
      this.#scroller,
      this.#tip,
    );
    this.element = box;
    this.#surface.append(this.#cursor);
    letPoint(this.#surface, view);
    this.#surface.addEventListener("pointermove", (event) => this.#hover(event));
    this.#surface.addEventListener("pointerdown", (event) => this.#hover(event));
    this.#surface.addEventListener("pointerleave", () => this.#choose(-1));
    this.#scroller.addEventListener("scroll", () => this.draw());
    box.addEventListener("blur", () => this.#choose(-1));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.#chosen >= 0) this.#zoomTo(this.#chosen);
      else if (!pressKey(event, view, (by) => this.#step(by))) return;
      event.preventDefault();
    });
  }

  /** Draw the bars that are in sight: at most one for each pixel of a lane. */
  draw(): void {
    const { scrollTop } = this.#scroller;
    const height = this.#height;
    const ratio = devicePixelRatio;
    const canvas = this.#canvas;
    const [wide, high] = [Math.round(this.#width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
      canvas.style.width = `${this.#width}px`;
      canvas.style.height = `${height}px`;
    }
    const context = canvas.getContext("2d")!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.#width, height);
    context.font = `11px ${styleOf("--font")}`;
    context.textBaseline = "middle";
    const firstLane = Math.floor(scrollTop / this.#laneHeight);
    const lastLane = Math.min(this.#lanes.length - 1, Math.ceil((scrollTop + height) / this.#laneHeight));
    for (let lane = firstLane; lane <= lastLane; lane++) {
      this.#drawLane(context, this.#lanes[lane], lane * this.#laneHeight - scrollTop);
    }
  }

  /** What is in sight of it, as it is drawn. */
  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  /** Show where the view points. */
  point(): void {
    const { cursor, from, to } = this.view;
    this.#cursor.hidden = cursor === null || cursor < from || cursor > to;
    if (cursor !== null) this.#cursor.style.left = `${((cursor - from) / this.view.span) * 100}%`;
  }

  get width(): number {
    return this.#width;
  }

  resize(width: number): void {
    this.#width = width;
    this.draw();
  }

  get #plotWidth(): number {
    return this.#width - AXIS_WIDTH - PADDING_RIGHT;
  }

  #x(seconds: number): number {
    return AXIS_WIDTH + ((seconds - this.view.from) / this.view.span) * this.#plotWidth;
  }

  #drawLane(context: CanvasRenderingContext2D, bars: readonly number[], y: number): void {
    const { from, to } = this.view;
    const height = this.#laneHeight - (this.#laneHeight > 6 ? 2 : 1);
    const executables = this.run.process("executable");
    const [left, right] = [AXIS_WIDTH, this.#width - PADDING_RIGHT];
    // Whole pixels: edges within one cost several times as much.
    const ratio = devicePixelRatio;
    const whole = (x: number) => Math.round(x * ratio) / ratio;
    let [drawnTo, color] = [-Infinity, ""];
    for (let index = this.#firstInSight(bars, from); index < bars.length; index++) {
      const bar = bars[index];
      if (this.#start[bar] > to) break;
      const x = Math.max(left, drawnTo, whole(this.#x(this.#start[bar])));
      const end = Math.min(right, whole(this.#x(this.#start[bar] + this.#lived[bar])));
      if (end <= drawnTo || x >= right) continue;
      const wide = Math.max(1, end - x - (end - x > 4 ? 1 / ratio : 0));
      drawnTo = x + wide;
      if (color !== (color = this.#colorOf(executables[bar]))) context.fillStyle = color;
      context.globalAlpha = this.#chosen >= 0 && this.#chosen !== bar ? 0.6 : 1;
      context.fillRect(x, y, wide, height);
      if (height >= 12 && wide > 40) {
        this.#label(context, bar, x, y, wide, height);
        color = "";
      }
    }
    context.globalAlpha = 1;
  }

  #label(
    c: CanvasRenderingContext2D,
    bar: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    const name = this.run.packed.names.executables[this.run.process("executable")[bar]];
    if (c.measureText(name).width > width - 8) return;
    c.fillStyle = this.#onBar;
    c.fillText(name, x + 4, y + height / 2 + 0.5);
  }

  /** The first bar of a lane that ends in sight: bars of a lane never meet, so their ends rise, too. */
  #firstInSight(bars: readonly number[], from: number): number {
    let low = 0;
    let high = bars.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#start[bars[middle]] + this.#lived[bars[middle]] < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #colorOf(executable: number): string {
    return this.colors[Math.min(executable, COLORED_EXECUTABLES)];
  }

  #hover(event: PointerEvent): void {
    const { left, top, width } = this.#surface.getBoundingClientRect();
    const bars = this.#lanes[Math.floor((event.clientY - top) / this.#laneHeight)] ?? [];
    const time = (x: number) => this.view.from + (x / width) * this.view.span;
    const [from, to] = [time(event.clientX - left - 2), time(event.clientX - left + 2)];
    const index = this.#firstInSight(bars, from);
    this.#choose(index < bars.length && this.#start[bars[index]] <= to ? bars[index] : -1);
  }

  #step(by: number): void {
    const count = this.#start.length;
    if (count === 0) return;
    const at = this.#chosen < 0 ? (by > 0 ? -1 : count) : this.#chosen;
    const next = Math.min(count - 1, Math.max(0, at + by));
    const start = Math.max(0, this.#start[next]);
    this.view.reveal(start);
    this.view.point(start);
    const top = this.run.process("lane")[next] * this.#laneHeight;
    if (
      top < this.#scroller.scrollTop ||
      top > this.#scroller.scrollTop + this.#height - this.#laneHeight
    ) {
      this.#scroller.scrollTop = top - this.#height / 2;
    }
    this.#choose(next);
    announce(processInWords(this.run, next, this.view.end).join(", "));
  }

  #zoomTo(bar: number): void {
    const margin = Math.max(this.#lived[bar] * 0.1, 0.001);
    this.view.show(this.#start[bar] - margin, this.#start[bar] + this.#lived[bar] + margin);
  }

  #choose(bar: number): void {
    if (bar === this.#chosen) return;
    this.#chosen = bar;
    this.draw();
    this.#tip.hidden = bar < 0;
    if (bar < 0) return;
    const [name, command, ...rest] = processInWords(this.run, bar, this.view.end);
    this.#tip.replaceChildren(
      make("b", {}, name),
      make("code", {}, command),
      ...rest.map((line) => make("span", {}, line)),
    );
    const [start, end] = [this.#start[bar], this.#start[bar] + this.#lived[bar]];
    const middle = this.#x(Math.min(end, Math.max(start, this.view.cursor ?? start)));
    const room = this.#width - this.#tip.offsetWidth;
    this.#tip.style.left = `${Math.max(0, Math.min(room, middle - this.#tip.offsetWidth / 2))}px`;
    const y = (this.run.process("lane")[bar] + 1) * this.#laneHeight - this.#scroller.scrollTop;
    // Above the bar where there is no room below.
    const below = this.element.getBoundingClientRect().top + y + 6 + this.#tip.offsetHeight;
    this.#tip.style.top = `${
      below < innerHeight ? y + 6 : y - this.#laneHeight - 6 - this.#tip.offsetHeight
    }px`;
  }
}
