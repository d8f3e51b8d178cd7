import { PAGE_SIZE } from "../proc/page_size.ts";
import { systemCall } from "./machine_code.ts";

/** What the kernel maps around a page that is touched, of one mapping, aligned to itself (mm/memory.c). */
const WINDOW = 65_536;
/** What it is to map instead. */
const GRAIN = Math.max(PAGE_SIZE, 8_192);
/** Each part is a mapping for the kernel, which allows so many by default (vm.max_map_count, proc_sys_vm(5)). */
const MOST_MAPPINGS = 65_530;
/** The rest is for whatever else the program maps: where there is no room left, it ends. */
const SHARE = 8;
const MADV_DONTDUMP = 16;
const ENTRY_SIZE = 8;
/** Of the upper half of an entry in /proc/PID/pagemap: the page is in memory. */
const PRESENT = 1 << 31;

/** A range of addresses. */
export interface AddressRange {
  readonly start: number;
  readonly length: number;
}

/** Into how many parts a program's mappings may fall, by the text of vm.max_map_count. */
export function mostParts(text: string | undefined): number {
  const most = Number(text ?? "");
  return Math.floor(Math.min(most > 0 ? most : MOST_MAPPINGS, MOST_MAPPINGS) / SHARE);
}

/** Whole entries of /proc/PID/pagemap, the lower half of each and the upper (both machines are little-endian). */
export function halvesOf(entries: Uint8Array): Uint32Array {
  const length = Math.floor(entries.byteLength / ENTRY_SIZE) * 2;
  const { buffer, byteOffset } = entries;
  return byteOffset % 4 === 0
    ? new Uint32Array(buffer, byteOffset, length)
    : new Uint32Array(entries.slice().buffer, 0, length);
}

/** Windows of a mapping that a page is in memory of, by their addresses; those at its ends may begin or end outside. */
export function touchedWindows({ start, length }: AddressRange, entries: Uint8Array): number[] {
  const halves = halvesOf(entries);
  const windows: number[] = [];
  const count = Math.min(length / PAGE_SIZE, halves.length / 2);
  for (let page = 0; page < count; page++) {
    if ((halves[2 * page + 1] & PRESENT) === 0) continue;
    const address = start + page * PAGE_SIZE;
    const window = address - address % WINDOW;
    windows.push(window);
    page = (window + WINDOW - start) / PAGE_SIZE - 1;
  }
  return windows;
}

/** Every second part of a window, as far as it lies in a mapping. */
export function oddParts({ start, length }: AddressRange, window: number, grain = GRAIN): AddressRange[] {
  const parts: AddressRange[] = [];
  for (let at = window + grain; at < window + WINDOW; at += 2 * grain) {
    const [from, to] = [Math.max(at, start), Math.min(at + grain, start + length)];
    if (from < to) parts.push({ start: from, length: to - from });
  }
  return parts;
}

/**
 * Makes mappings small where they are used, so that the kernel brings in less around each page that is touched: it
 * brings in nothing of another mapping. A mapping falls into parts where every second one has a property of its own;
 * MADV_DONTDUMP is one that does nothing to pages which nobody writes, since a core dump leaves those out anyway.
 */
export class PageGrain {
  readonly #split = new Set<number>();
  #partCount = 0;

  constructor(readonly mostParts: number) {}

  /** Split what of a mapping has been touched, by its entries in /proc/PID/pagemap, and was not split before. */
  split(mapping: AddressRange, entries: Uint8Array): void {
    for (const window of touchedWindows(mapping, entries)) {
      if (this.#split.has(window)) continue;
      for (const part of oddParts(mapping, window)) {
        if (this.#partCount + 2 > this.mostParts) return;
        if (systemCall("madvise", part.start, part.length, MADV_DONTDUMP) !== 0) {
          this.#partCount = this.mostParts;
          return;
        }
        this.#partCount += 2;
      }
      this.#split.add(window);
    }
  }
}
