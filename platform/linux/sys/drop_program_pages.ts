import { nodeFs } from "../../../io/builtins.ts";
import { readText } from "../proc/kernel_file.ts";
import { PAGE_SIZE } from "../proc/page_size.ts";
import { embeddedProgram } from "./embedded_program.ts";
import type { FileRange } from "./embedded_program.ts";
import { systemCall } from "./machine_code.ts";
import { halvesOf, mostParts, PageGrain } from "./page_grain.ts";
import type { AddressRange } from "./page_grain.ts";

const MADV_DONTNEED = 4;
const MAX_MAP_COUNT = "/proc/sys/vm/max_map_count";
/** The first line of a mapping in smaps: addresses, rights, offset, device, inode, path (proc(5)). */
const HEAD = /^([0-9a-f]+)-([0-9a-f]+) (r[w-][x-]p) ([0-9a-f]+) \S+ (\d+) +(.*)$/;
/** Of the upper half of an entry in /proc/PID/pagemap: the page is in memory, in swap, and one of a file still. */
const PRESENT = 1 << 31;
const SWAPPED = 1 << 30;
const OF_FILE = 1 << 29;
const ENTRY_SIZE = 8;

/** A range of addresses at which a part of a file lies. */
interface FileMapping extends AddressRange {
  readonly offset: number;
  readonly isWritable: boolean;
  isTouched: boolean;
}

/**
 * Have the kernel unmap what this program has touched of its own file so far, most of it to start (madvise(2)): what
 * is needed again comes back from the page cache. Resident memory falls by that; what the machine has stays as it was,
 * since these pages could be reclaimed anyway. Where something cannot be read nothing happens.
 */
export function dropProgramPages(): void {
  hasDropped = true;
  try {
    const { clean, embedded } = programMappings();
    clean.forEach(drop);
    if (embedded && isUnwritten(pagesOf(embedded))) drop(embedded);
  } catch { /* It was not to be. */ }
}

let hasDropped = false;
let finely: { readonly mappings: readonly AddressRange[]; readonly grain: PageGrain } | undefined;

/**
 * As {@link dropProgramPages}, for a program that does it again and again: what had come back when it is called again
 * comes in small pieces from then on.
 */
export function dropProgramPagesFinely(): void {
  try {
    const isFirst = !hasDropped;
    hasDropped = true;
    if (!finely) {
      // Read once: when all is in pieces it is long.
      const { clean, embedded } = programMappings();
      finely = {
        mappings: embedded ? [...clean, embedded] : clean,
        grain: new PageGrain(mostParts(readText(MAX_MAP_COUNT))),
      };
    }
    for (const mapping of finely.mappings) {
      const pages = pagesOf(mapping);
      if (!isUnwritten(pages)) continue;
      // What only the start has needed stays whole.
      if (!isFirst) finely.grain.split(mapping, pages);
      drop(mapping);
    }
  } catch { /* It was not to be. */ }
}

function drop({ start, length }: AddressRange): void {
  systemCall("madvise", start, length, MADV_DONTNEED);
}

/** What of our own file may be given back: nothing was written to `clean`, and of `embedded` it is to be checked. */
function programMappings(): { readonly clean: AddressRange[]; readonly embedded: AddressRange | null } {
  const { readFileSync, readlinkSync, statSync } = nodeFs();
  const smaps = readFileSync("/proc/self/smaps", "latin1");
  const path = readlinkSync("/proc/self/exe");
  const { ino } = statSync("/proc/self/exe");
  return {
    clean: cleanMappings(smaps, path, ino),
    embedded: embeddedMapping(smaps, path, ino, ownEmbedded()),
  };
}

/**
 * The mappings of a file, by smaps, that nothing was ever written to: of one that was, as by relocations, MADV_DONTNEED
 * would lose it. Writable ones are left alone in any case.
 */
export function cleanMappings(smaps: string, path: string, inode: number): AddressRange[] {
  return mappingsOf(smaps, path, inode).filter(({ isWritable, isTouched }) => !isWritable && !isTouched)
    .map(({ start, length }) => ({ start, length }));
}

/**
 * Where a part of a file lies in memory that can be written to, in whole pages: Bun maps the program that it embeds
 * beside its own variables, and only ever reads it.
 */
export function embeddedMapping(
  smaps: string,
  path: string,
  inode: number,
  embedded: FileRange | null,
): AddressRange | null {
  if (!embedded) return null;
  const end = embedded.offset + embedded.length;
  const found = mappingsOf(smaps, path, inode).find(({ isWritable, offset, length }) =>
    isWritable && offset <= embedded.offset && end <= offset + length
  );
  if (!found) return null;
  const addressOf = (offset: number) => found.start + offset - found.offset;
  const start = Math.ceil(addressOf(embedded.offset) / PAGE_SIZE) * PAGE_SIZE;
  const length = Math.floor(addressOf(end) / PAGE_SIZE) * PAGE_SIZE - start;
  return length > 0 ? { start, length } : null;
}

/** Whether nothing was ever written to any page of these entries of /proc/PID/pagemap. */
export function isUnwritten(entries: Uint8Array): boolean {
  // Tens of thousands, by code that is run too seldom to be compiled: a DataView is several times as slow.
  const halves = halvesOf(entries);
  for (let upper = 1; upper < halves.length; upper += 2) {
    const flags = halves[upper];
    if (flags === 0) continue;
    if ((flags & SWAPPED) !== 0 || ((flags & PRESENT) !== 0 && (flags & OF_FILE) === 0)) return false;
  }
  return halves.length > 0;
}

function mappingsOf(smaps: string, path: string, inode: number): FileMapping[] {
  const all: FileMapping[] = [];
  let found: FileMapping | undefined;
  for (const line of smaps.split("\n")) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) {
      const head = HEAD.exec(line);
      found = undefined;
      if (head === null || head[6] !== path || Number(head[5]) !== inode) continue;
      const start = parseInt(head[1], 16);
      const length = parseInt(head[2], 16) - start;
      const isWritable = head[3][1] === "w";
      found = { start, length, offset: parseInt(head[4], 16), isWritable, isTouched: true };
      all.push(found);
    } else if (found && line.startsWith("Anonymous:")) {
      found.isTouched = !/^Anonymous: +0 kB$/.test(line);
    }
  }
  return all;
}

/** The entries of a mapping's pages in pagemap. */
function pagesOf({ start, length }: AddressRange): Uint8Array {
  return readPart("/proc/self/pagemap", start / PAGE_SIZE * ENTRY_SIZE, length / PAGE_SIZE * ENTRY_SIZE);
}

let known: FileRange | null | undefined;

function ownEmbedded(): FileRange | null {
  if (known === undefined) {
    known = embeddedProgram((offset, length) => readPart("/proc/self/exe", offset, length));
  }
  return known;
}

function readPart(path: string, offset: number, length: number): Uint8Array {
  const { openSync, readSync, closeSync } = nodeFs();
  const descriptor = openSync(path, "r");
  try {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
  } finally {
    closeSync(descriptor);
  }
}
