import { bytesAt } from "../../../ffi/mod.ts";
import { systemCall } from "../sys/machine_code.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { openPipe } from "../sys/descriptors.ts";
import { libc } from "../sys/libc.ts";
import { ForeignMemory } from "../sys/memory.ts";

/*
 * Children and the subreaper flag belong to the process; workers, each with an instance of every module, know nothing
 * of each other. So what one of them holds stands in a table of memory that all of them find: at one of a few
 * addresses that is agreed upon, which the kernel gives away once (MAP_FIXED_NOREPLACE of mmap(2)). It is no file and
 * has no descriptor, no child inherits it, and it goes with the process.
 *
 * A thread is named by its number in the kernel, so that it can be told whether it has ended.
 */

/** Low in every address space, where neither the kernel nor a runtime puts anything by itself. */
const ADDRESSES = [0x1c_5000_0000, 0x2c_5000_0000, 0x3c_5000_0000];
/** "proc", and the version of the layout. */
const MAGIC = 0x70726f63 + 1;
const PROT_READ_WRITE = 3;
/**
 * MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE, MAP_FIXED_NOREPLACE: before Linux 4.17 the address is a wish, granted if
 * free.
 */
const MAP_FLAGS = 0x02 | 0x20 | 0x4000 | 0x10_0000;
/** Words of the table: its head, the threads that use the flag, a pair each, and the children, a pair each. */
const HEAD = { magic: 0, lock: 1, flagBefore: 2, counter: 3 } as const;
const USERS = 16;
const MOST_USERS = 504;
const CHILDREN = USERS + 2 * MOST_USERS;
const CHILD_COUNT = 32_768;
const SIZE_BYTES = 4 * (CHILDREN + 2 * CHILD_COUNT);
/** PIDs come in rising order: who meets so many of the same remainder stands alone. */
const MOST_PROBES = 16;
/** Stands for a PID whose owner is being written. */
const BUSY = -1;
/** The owner of a child that no group holds any more. */
const NOBODY = -2;
const PATIENCE_MS = 50;
const PR_SET_CHILD_SUBREAPER = 36;
const PR_GET_CHILD_SUBREAPER = 37;

const PAUSE = new Int32Array(new SharedArrayBuffer(4));
let opened: Int32Array | undefined;
let self = 0;

function table(): Int32Array {
  return opened ??= openTable() ?? new Int32Array(SIZE_BYTES / 4);
}

/** null where the addresses are all taken: then a thread knows of itself only. */
function openTable(): Int32Array | null {
  for (const address of ADDRESSES) {
    const given = libc.mmap(address, SIZE_BYTES, PROT_READ_WRITE, MAP_FLAGS, -1, 0);
    if (given !== address && given > 0 && given < Number.MAX_SAFE_INTEGER) {
      systemCall("munmap", given, SIZE_BYTES);
    }
    if (given !== address && !isReadable(address)) continue;
    const bytes = bytesAt(address, SIZE_BYTES);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, SIZE_BYTES / 4);
    if (given === address) Atomics.store(words, HEAD.magic, MAGIC);
    // Another thread may have made it in this moment.
    for (let ms = 0; ms < PATIENCE_MS && Atomics.load(words, HEAD.magic) === 0; ms++) pause();
    if (Atomics.load(words, HEAD.magic) === MAGIC) return words;
  }
  return null;
}

/** Whether there is memory at an address: a write from it says so without a fault. */
function isReadable(address: number): boolean {
  const pipe = openPipe();
  if (typeof pipe === "number") return false;
  const written = systemCall("write", pipe[1], address, 4);
  pipe.forEach(closeFile);
  return written === 4;
}

function pause(): void {
  Atomics.wait(PAUSE, 0, 0, 1);
}

function thread(): number {
  return self ||= systemCall("gettid");
}

function isAlive(owner: number): boolean {
  return owner === thread() || systemCall("tgkill", process.pid, owner, 0) === 0;
}

/** The word of a PID in the table; -1 when it is not there. */
function find(words: Int32Array, pid: number): number {
  for (let probe = 0; probe < MOST_PROBES; probe++) {
    const at = CHILDREN + 2 * ((pid + probe) % CHILD_COUNT);
    if (Atomics.load(words, at) === pid) return at;
  }
  return -1;
}

function note(pid: number, owner: number): void {
  const words = table();
  const known = find(words, pid);
  if (known >= 0) return void Atomics.store(words, known + 1, owner);
  for (let probe = 0; probe < MOST_PROBES; probe++) {
    const at = CHILDREN + 2 * ((pid + probe) % CHILD_COUNT);
    if (Atomics.compareExchange(words, at, 0, BUSY) !== 0) continue;
    Atomics.store(words, at + 1, owner);
    return void Atomics.store(words, at, pid);
  }
}

/** Note that a process is of a group, or a guard, of this thread: no other may wait for it. */
export function holdChild(pid: number): void {
  note(pid, thread());
}

/** Note that a process was waited for, or is a child of ours no more. */
export function unholdChild(pid: number): void {
  const words = table();
  const at = find(words, pid);
  if (at >= 0) Atomics.compareExchange(words, at, pid, 0);
}

/** Note that a child of ours goes on without its group: whoever sees that it has ended is to bury it. */
export function leaveChild(pid: number): void {
  note(pid, NOBODY);
}

/** Whether another thread, one that is there, waits for a child. */
export function isHeldElsewhere(pid: number): boolean {
  const words = table();
  const at = find(words, pid);
  const owner = at < 0 ? NOBODY : Atomics.load(words, at + 1);
  return owner > 0 && owner !== thread() && isAlive(owner);
}

/** Whether a child was of a group that is gone, or of a thread that is: nobody else will wait for it. */
export function isLeftBehind(pid: number): boolean {
  const words = table();
  const at = find(words, pid);
  if (at < 0) return false;
  const owner = Atomics.load(words, at + 1);
  return owner === NOBODY || !isAlive(owner);
}

/** A number that no thread of this program gets a second time. */
export function nextNumber(): number {
  return Atomics.add(table(), HEAD.counter, 1) + 1;
}

/**
 * Have the orphans of our descendants become our children (PR_SET_CHILD_SUBREAPER of prctl(2)).
 * @returns how to want it no longer: the flag is then as it was before the first, as soon as nobody wants it
 */
export function becomeSubreaper(): () => void {
  changeUse(1);
  let isHeld = true;
  return () => {
    if (isHeld) changeUse(-1);
    isHeld = false;
  };
}

function changeUse(by: 1 | -1): void {
  const words = table();
  lock(words);
  try {
    const before = countUses(words);
    if (by === 1 && before === 0) words[HEAD.flagBefore] = flag();
    const at = placeOf(words, thread());
    words[at] = thread();
    words[at + 1] += by;
    if (words[at + 1] === 0) words[at] = 0;
    const now = countUses(words);
    if (now > 0) systemCall("prctl", PR_SET_CHILD_SUBREAPER, 1);
    else systemCall("prctl", PR_SET_CHILD_SUBREAPER, words[HEAD.flagBefore]);
  } finally {
    Atomics.store(words, HEAD.lock, 0);
  }
}

/** What threads want that have ended counts no more. */
function countUses(words: Int32Array): number {
  let sum = 0;
  for (let at = USERS; at < CHILDREN; at += 2) {
    if (words[at] === 0) continue;
    if (isAlive(words[at])) sum += words[at + 1];
    else words[at] = words[at + 1] = 0;
  }
  return sum;
}

/** Where a thread's uses are counted; with hundreds of threads, some share the last place. */
function placeOf(words: Int32Array, owner: number): number {
  let free = CHILDREN - 2;
  for (let at = CHILDREN - 2; at >= USERS; at -= 2) {
    if (words[at] === owner) return at;
    if (words[at] === 0) free = at;
  }
  return free;
}

function flag(): number {
  const memory = new ForeignMemory(8);
  systemCall("prctl", PR_GET_CHILD_SUBREAPER, memory.address);
  const value = memory.view.getInt32(0, true);
  memory.free();
  return value;
}

/** Held for a few system calls; one whose thread was ended meanwhile is taken over. */
function lock(words: Int32Array): void {
  for (;;) {
    const holder = Atomics.compareExchange(words, HEAD.lock, 0, thread());
    if (holder === 0) return;
    if (!isAlive(holder) && Atomics.compareExchange(words, HEAD.lock, holder, thread()) === holder) return;
    pause();
  }
}
