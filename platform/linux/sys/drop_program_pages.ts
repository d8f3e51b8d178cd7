import { nodeFs } from "../../../io/builtins.ts";
import { systemCall } from "./machine_code.ts";

const MADV_DONTNEED = 4;
/** The first line of a mapping in smaps: addresses, rights, offset, device, inode, path (proc(5)). */
const HEAD = /^([0-9a-f]+)-([0-9a-f]+) (r-[x-]p) [0-9a-f]+ \S+ (\d+) +(.*)$/;

/** A range of addresses. */
export interface Mapping {
  readonly start: number;
  readonly length: number;
}

/**
 * Have the kernel unmap what this program has touched of its own file so far, most of it to start (madvise(2)): what
 * is needed again comes back from the page cache. Resident memory falls by that; what the machine has stays as it was,
 * since these pages could be reclaimed anyway. Where something cannot be read nothing happens.
 */
export function dropProgramPages(): void {
  try {
    const { readFileSync, readlinkSync, statSync } = nodeFs();
    const smaps = readFileSync("/proc/self/smaps", "latin1");
    const path = readlinkSync("/proc/self/exe");
    for (const { start, length } of cleanMappings(smaps, path, statSync("/proc/self/exe").ino)) {
      systemCall("madvise", start, length, MADV_DONTNEED);
    }
  } catch { /* It was not to be. */ }
}

/**
 * The mappings of a file, by smaps, that nothing was ever written to: of one that was, as by relocations, MADV_DONTNEED
 * would lose it. Writable ones are left alone in any case.
 */
export function cleanMappings(smaps: string, path: string, inode: number): Mapping[] {
  const clean: Mapping[] = [];
  let found: Mapping | undefined;
  for (const line of smaps.split("\n")) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) {
      const head = HEAD.exec(line);
      const isOurs = head !== null && head[5] === path && Number(head[4]) === inode;
      const start = isOurs ? parseInt(head[1], 16) : 0;
      found = isOurs ? { start, length: parseInt(head[2], 16) - start } : undefined;
    } else if (found && line.startsWith("Anonymous:")) {
      if (/^Anonymous: +0 kB$/.test(line)) clean.push(found);
      found = undefined;
    }
  }
  return clean;
}
