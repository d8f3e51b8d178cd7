/// <reference lib="dom" />
import { announce, make } from "../parts/dom.ts";
import { drawHeat } from "./heat_canvas.ts";
import type { HeatCells } from "./heat_cells.ts";
import { cellAt, cellBeside, cornerOf, layOut } from "./heat_layout.ts";
import type { HeatLayout } from "./heat_layout.ts";

/** The map is drawn no higher than that if cells can be small enough. */
const HEIGHT = 560;

/** A map of many cells that is read at a glance, pointed at, and gone through by keys. */
export class HeatMap {
  readonly element: HTMLElement;
  readonly #canvas = make("canvas", { "aria-hidden": "true" });
  readonly #hint = make("div", { class: "heat-hint", "aria-hidden": "true", hidden: "" });
  /** Around the cell that is pointed at: thousands of others are not drawn anew for it. */
  readonly #frameOfChosen = make("div", { class: "heat-chosen", "aria-hidden": "true", hidden: "" });
  #layout: HeatLayout = { side: 1, columns: 1, height: 0, groups: [] };
  #cells: HeatCells | undefined;
  #chosen: number | null = null;
  #frame = 0;

  /** @param label what the cells are, for those who do not see it */
  constructor(label: string) {
    this.element = make(
      "div",
      {
        class: "heat",
        tabindex: "0",
        role: "application",
        "aria-roledescription": "map of hosts",
        "aria-label": `${label}. Arrow keys move from cell to cell, Enter opens one.`,
      },
      this.#canvas,
      this.#frameOfChosen,
      this.#hint,
    );
    this.element.addEventListener("pointermove", (event) => this.#point(event));
    this.element.addEventListener("pointerleave", () => this.#choose(null));
    this.element.addEventListener("click", (event) => {
      const cell = this.#cellOf(event);
      if (cell !== null) this.#cells?.open(cell);
    });
    this.element.addEventListener("blur", () => this.#choose(null));
    this.element.addEventListener("keydown", (event) => this.#press(event));
    new ResizeObserver(() => this.#lay()).observe(this.element);
  }

  /** Show these; they are drawn with the next frame. */
  show(cells: HeatCells): void {
    this.#cells = cells;
    const count = cells.groups.reduce((sum, group) => sum + group.count, 0);
    if (this.#chosen !== null && this.#chosen >= count) this.#chosen = null;
    this.#lay();
  }

  /** Draw it anew: figures or colours have changed. */
  redraw(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #lay(): void {
    // What is not shown has no width to be laid out in.
    if (!this.#cells || this.element.clientWidth === 0) return;
    const width = Math.max(100, this.element.clientWidth);
    this.#layout = layOut(this.#cells.groups, width, HEIGHT);
    const { height } = this.#layout;
    const ratio = devicePixelRatio;
    if (
      this.#canvas.width !== Math.round(width * ratio) || this.#canvas.height !== Math.round(height * ratio)
    ) {
      Object.assign(this.#canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
      Object.assign(this.#canvas.style, { width: `${width}px`, height: `${height}px` });
    }
    this.#mark();
    this.redraw();
  }

  #draw(): void {
    this.#frame = 0;
    if (this.#cells) drawHeat(this.#canvas, this.#layout, this.#cells, this.element.clientWidth);
  }

  #cellOf({ clientX, clientY }: MouseEvent): number | null {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return cellAt(this.#layout, clientX - left, clientY - top);
  }

  #point(event: PointerEvent): void {
    this.#choose(this.#cellOf(event));
  }

  #press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || !this.#cells) return;
    if (event.key === "Enter" && this.#chosen !== null) {
      event.preventDefault();
      return this.#cells.open(this.#chosen);
    }
    const cell = this.#chosen === null ? 0 : cellBeside(this.#layout, this.#chosen, event.key);
    if (cell === null || !/^(?:Arrow|Home|End)/.test(event.key)) return;
    event.preventDefault();
    this.#choose(cell);
    announce(this.#cells.words(cell));
  }

  #choose(cell: number | null): void {
    const isThere = cell !== null && this.#layout.groups.some(({ count }) => count > 0);
    this.#chosen = isThere ? cell : null;
    this.element.style.cursor = isThere ? "pointer" : "";
    this.#mark();
  }

  /** Put the frame and the words to the chosen cell. */
  #mark(): void {
    const cell = this.#chosen;
    this.#hint.hidden = this.#frameOfChosen.hidden = cell === null;
    if (cell === null || !this.#cells) return;
    const [x, y] = cornerOf(this.#layout, cell);
    const { side } = this.#layout;
    Object.assign(this.#frameOfChosen.style, {
      width: `${side + 3}px`,
      height: `${side + 3}px`,
      transform: `translate(${x - 2}px, ${y - 2}px)`,
    });
    this.#hint.textContent = this.#cells.words(cell);
    const farthest = Math.max(0, this.element.clientWidth - this.#hint.offsetWidth);
    const left = Math.min(farthest, x + side + 4);
    this.#hint.style.transform = `translate(${left}px, ${y + side + 6}px)`;
  }
}
