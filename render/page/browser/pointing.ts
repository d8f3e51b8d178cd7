import { make } from "../parts/dom.ts";
import type { View } from "./view.ts";

/** No ring around what was clicked at; the option is too new for the types. */
const QUIETLY: FocusOptions = { preventScroll: true, focusVisible: false } as FocusOptions;
/** A drag shorter than this is a click. */
const LEAST_DRAG_PIXELS = 4;

/**
 * Lets a pointer work on a surface whose width is the view: moving points, dragging zooms, dragging with shift or the
 * middle button pans, the wheel with ctrl zooms and with shift pans, a double click shows all. On a touch screen one
 * finger points, or pans what is zoomed, and two zoom.
 */
export function letPoint(surface: HTMLElement, view: View): void {
  const timeAt = (clientX: number) => {
    const { left, width } = surface.getBoundingClientRect();
    return view.from + (Math.min(Math.max(clientX - left, 0), width) / width) * view.span;
  };
  const selection = make("div", { class: "selection", hidden: "" });
  surface.append(selection);
  new Mouse(surface, view, timeAt, selection);
  new Touch(surface, view, timeAt);
  surface.addEventListener("dblclick", () => view.reset());
  surface.addEventListener("wheel", (event) => {
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || event.metaKey || event.altKey) {
      view.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 150), timeAt(event.clientX));
    } else if (sideways && !view.whole) {
      view.pan((event.deltaX || event.deltaY) / surface.clientWidth);
    } else return;
    event.preventDefault();
  }, { passive: false });
}

type TimeAt = (clientX: number) => number;

class Mouse {
  #drag: { x: number; from: number; to: number; panning: boolean } | undefined;

  constructor(
    readonly surface: HTMLElement,
    readonly view: View,
    readonly timeAt: TimeAt,
    readonly selection: HTMLElement,
  ) {
    surface.addEventListener("pointerdown", (event) => this.#down(event));
    surface.addEventListener("pointermove", (event) => this.#move(event));
    surface.addEventListener("pointerup", (event) => this.#up(event));
    surface.addEventListener("pointercancel", () => this.#end());
    surface.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse" && !this.#drag) view.point(null);
    });
  }

  #down(event: PointerEvent): void {
    if (event.pointerType !== "mouse" || event.button > 1) return;
    event.preventDefault();
    (this.surface.closest("[tabindex]") as HTMLElement | null)?.focus(QUIETLY);
    this.surface.setPointerCapture(event.pointerId);
    const { from, to } = this.view;
    this.#drag = { x: event.clientX, from, to, panning: event.shiftKey || event.button === 1 };
  }

  #move(event: PointerEvent): void {
    if (event.pointerType !== "mouse") return;
    const drag = this.#drag;
    if (!drag?.panning) this.view.point(this.timeAt(event.clientX));
    if (!drag) return;
    const { left, width } = this.surface.getBoundingClientRect();
    if (drag.panning) {
      const by = ((drag.x - event.clientX) / width) * (drag.to - drag.from);
      this.view.show(drag.from + by, drag.to + by);
      return;
    }
    const [a, b] = [drag.x, event.clientX].map((x) => Math.min(Math.max(x - left, 0), width)).sort((x, y) =>
      x - y
    );
    this.selection.hidden = b - a < LEAST_DRAG_PIXELS;
    this.selection.style.left = `${a}px`;
    this.selection.style.width = `${b - a}px`;
  }

  #up(event: PointerEvent): void {
    const drag = this.#drag;
    this.#end();
    if (!drag || drag.panning || Math.abs(event.clientX - drag.x) < LEAST_DRAG_PIXELS) return;
    const [from, to] = [this.timeAt(drag.x), this.timeAt(event.clientX)].sort((a, b) => a - b);
    this.view.show(from, to);
  }

  #end(): void {
    this.#drag = undefined;
    this.selection.hidden = true;
  }
}

class Touch {
  readonly #fingers = new Map<number, number>();

  constructor(readonly surface: HTMLElement, readonly view: View, readonly timeAt: TimeAt) {
    surface.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse") return;
      this.#fingers.set(event.pointerId, event.clientX);
      view.point(timeAt(event.clientX));
    });
    surface.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      surface.addEventListener(end, (event) => this.#fingers.delete(event.pointerId));
    }
  }

  #move(event: PointerEvent): void {
    const before = this.#fingers.get(event.pointerId);
    if (before === undefined) return;
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.#fingers.set(event.pointerId, event.clientX);
    const { width } = this.surface.getBoundingClientRect();
    if (other !== undefined) {
      const [was, is] = [Math.abs(before - other), Math.abs(event.clientX - other)];
      if (was > 8 && is > 8) this.view.zoom(was / is, this.timeAt((event.clientX + other) / 2));
    } else if (this.view.whole) {
      this.view.point(this.timeAt(event.clientX));
    } else {
      this.view.pan((before - event.clientX) / width);
    }
  }
}
