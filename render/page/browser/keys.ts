import type { View } from "./view.ts";

/**
 * What a key does to the view; false when nothing.
 *
 * @param step moves the cursor by so many steps; by samples in a chart, by processes in the timeline
 */
export function pressKey(event: KeyboardEvent, view: View, step: (by: number) => void): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  switch (event.key) {
    case "ArrowRight":
      step(event.shiftKey ? 10 : 1);
      return true;
    case "ArrowLeft":
      step(event.shiftKey ? -10 : -1);
      return true;
    case "Home":
      step(-Infinity);
      return true;
    case "End":
      step(Infinity);
      return true;
    case "+":
    case "=":
      view.zoom(0.5);
      return true;
    case "-":
    case "_":
      view.zoom(2);
      return true;
    case "PageDown":
      view.pan(0.5);
      return true;
    case "PageUp":
      view.pan(-0.5);
      return true;
    case "0":
    case "Escape":
      view.reset();
      return true;
  }
  return false;
}
