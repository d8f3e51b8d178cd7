/// <reference lib="dom" />
import { announce, make, styleOf } from "../parts/dom.ts";
import { cellAt, cellBeside, cornerOf, layOut } from "./heat_layout.ts";
import type { HeatGroup, HeatLayout } from "./heat_layout.ts";

/** How a cell looks; each is told apart by its shape as well as by its colour. */
export type CellLook =
  /** From 0 to 1. */
  | { readonly kind: "value"; readonly share: number }
  | { readonly kind: "unknown" | "offline" | "lost" };

/** What a map is of. */
export interface HeatCells {
  readonly groups: readonly HeatGroup[];
  look(cell: number): CellLook;
  /** In words, for those who point at it or hear it. */
  words(cell: number): string;
  open(cell: number): void;
}

/** Steps of the colours. */
const STEPS = 7;
/** The map is drawn no higher than that if cells can be small enough. */
const HEIGHT = 560;
/** Between cells. */
const SPACE = 1;

/** A map of many cells that is read at a glance, pointed at, and gone through by keys. */
export class HeatMap {
  readonly element: HTMLElement;
  readonly #canvas = make("canvas", { "aria-hidden": "true" });
  readonly #hint = make("div", { class: "heat-hint", "aria-hidden": "true", hidden: "" });
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
    this.#lay();
  }

  /** Draw it anew: figures or colours have changed. */
  redraw(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #lay(): void {
    if (!this.#cells) return;
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
    this.redraw();
  }

  #draw(): void {
    this.#frame = 0;
    const cells = this.#cells;
    const context = this.#canvas.getContext("2d");
    if (!cells || !context) return;
    const { groups, side } = this.#layout;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const colors = Array.from({ length: STEPS }, (_, step) => styleOf(`--heat-${step}`));
    const [edge, bad, muted, text] = ["--edge", "--bad", "--muted", "--text"].map(styleOf);
    context.font = `600 12px ${styleOf("--font")}`;
    context.textBaseline = "top";
    for (const { title, first, count, top } of groups) {
      context.fillStyle = text;
      context.fillText(`${title}  ·  ${count}`, 0, top + 6);
      for (let cell = first; cell < first + count; cell++) {
        const [x, y] = cornerOf(this.#layout, cell);
        const look = cells.look(cell);
        const size = side - SPACE;
        if (look.kind === "value") {
          context.fillStyle = colors[Math.min(STEPS - 1, Math.floor(look.share * STEPS))];
          context.fillRect(x, y, size, size);
          continue;
        }
        context.strokeStyle = look.kind === "lost" ? bad : look.kind === "offline" ? muted : edge;
        context.lineWidth = 1;
        context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
        if (look.kind === "lost") cross(context, x, y, size);
      }
    }
    if (this.#chosen === null) return;
    const [x, y] = cornerOf(this.#layout, this.#chosen);
    context.strokeStyle = text;
    context.lineWidth = 2;
    context.strokeRect(x - 1, y - 1, side + 1, side + 1);
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
    this.#hint.hidden = !isThere;
    this.element.style.cursor = isThere ? "pointer" : "";
    if (isThere && this.#cells) {
      const [x, y] = cornerOf(this.#layout, cell);
      this.#hint.textContent = this.#cells.words(cell);
      const beyond = x > this.element.clientWidth / 2;
      this.#hint.style.transform = `translate(${
        beyond ? `calc(${x}px - 100%)` : `${x + this.#layout.side + 4}px`
      }, ${y + this.#layout.side + 4}px)`;
    }
    this.redraw();
  }
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  context.beginPath();
  context.moveTo(x + 1, y + 1);
  context.lineTo(x + size - 1, y + size - 1);
  context.moveTo(x + size - 1, y + 1);
  context.lineTo(x + 1, y + size - 1);
  context.stroke();
}
