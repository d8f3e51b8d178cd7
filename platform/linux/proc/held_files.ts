import { systemCall } from "../sys/machine_code.ts";
import { descriptorCount } from "../processes/descriptor_count.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { whenExhausted } from "./kernel_file.ts";

/** What may be kept open can be let go of: it is opened anew for the next read. */
export interface HeldFile {
  close(): void;
}

const RLIMIT_NOFILE = 7;
/** However high the limit: more would not be read faster. */
const MOST_HELD = 8_192;
/** The program around us opens and closes files as well: its share is counted anew after this many of ours. */
const RECOUNT_EVERY = 64;

const held = new Set<HeldFile>();
const limits = new ForeignMemory(16);
let allowance = 0;
let uncounted = Infinity;

/**
 * Whether one more file may be kept open, to be called for each that shall be. All that we keep, together with what the
 * program has open, takes no more than half of its descriptors (RLIMIT_NOFILE, getrlimit(2)).
 */
export function hold(file: HeldFile): boolean {
  if (++uncounted > RECOUNT_EVERY) count();
  if (held.size >= allowance) return false;
  held.add(file);
  return true;
}

/** A file that was kept open is closed. */
export function unhold(file: HeldFile): void {
  held.delete(file);
}

/** No descriptor was to be had: close all that is kept, and keep less from now on; false where nothing is. */
function makeRoom(): boolean {
  if (held.size === 0) return false;
  for (const file of [...held]) file.close();
  uncounted = Infinity;
  return true;
}

whenExhausted(makeRoom);

function count(): void {
  const open = descriptorCount("/proc/self");
  const limit = systemCall("prlimit64", 0, RLIMIT_NOFILE, 0, limits.address) === 0 ? limits.getU64(0) : NaN;
  const others = open - held.size;
  allowance = Math.min(MOST_HELD, Math.floor(limit / 2) - others) || 0;
  // Where there are few, the program's own opening counts for more.
  uncounted = limit < RECOUNT_EVERY * 16 ? RECOUNT_EVERY - Math.floor(limit / 16) : 0;
}
