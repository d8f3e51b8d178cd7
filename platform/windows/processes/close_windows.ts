import { scratchMemory } from "../sys/memory.ts";
import { windowLibrary } from "../sys/window_library.ts";

const WM_CLOSE = 0x10;
/** A desktop has some hundred; their order may change while they are gone through. */
const MOST_WINDOWS = 20_000;

/**
 * Ask the windows of a process to close, as a click on their cross does: those of this desktop that can be seen, since
 * what is hidden is no window to a person, and a program that has no other is not waiting to be closed.
 * @returns how many were asked
 */
export function closeWindows(pid: number): number {
  const { FindWindowExW: next, GetWindowThreadProcessId: ofProcess, ...library } = windowLibrary();
  const { address, view } = scratchMemory();
  const seen = new Set<number>();
  let asked = 0;
  for (let window = next(0, 0, 0, 0); window !== 0 && !seen.has(window); window = next(0, window, 0, 0)) {
    seen.add(window);
    view.setUint32(0, 0, true);
    ofProcess(window, address);
    const isTheirs = view.getUint32(0, true) === pid && library.IsWindowVisible(window) !== 0;
    if (isTheirs && library.PostMessageW(window, WM_CLOSE, 0, 0) !== 0) asked++;
    if (seen.size >= MOST_WINDOWS) break;
  }
  return asked;
}
