import { Raw } from "../../../core/measure/raw.ts";
import { ProctorError } from "../../../core/error.ts";
import { ntdll } from "../sys/libraries.ts";
import { getU64, Memory, scratchMemory } from "../sys/memory.ts";
import { microseconds, seconds } from "../sys/times.ts";
import { fromWide } from "../text/wide.ts";

const SYSTEM_PROCESS_INFORMATION = 5;
const STATUS_INFO_LENGTH_MISMATCH = 0xc0000004 | 0;
/** For what has begun between two calls. */
const SPARE_BYTES = 65_536;
/** A snapshot that nobody has called for anew does for so long. */
const KEPT_MS = 20;
/** What stands in the list for the time that nobody uses. */
const IDLE = 0;
/** The process of the kernel. */
const SYSTEM = 4;

/** SYSTEM_PROCESS_INFORMATION (winternl.h names a few of its fields) by offset, on 64 bits. */
const ENTRY = {
  next: 0,
  threadCount: 4,
  hardFaultCount: 16,
  createTime: 32,
  userTime: 40,
  kernelTime: 48,
  nameBytes: 56,
  nameAddress: 64,
  pid: 80,
  parentPid: 88,
  handleCount: 96,
  session: 100,
  pageFaultCount: 128,
  peakWorkingSet: 136,
  workingSet: 144,
  readBytes: 232,
  writeBytes: 240,
  threads: 256,
} as const;

/** SYSTEM_THREAD_INFORMATION by offset. */
const THREAD = { size: 80, kernelTime: 0, userTime: 8, id: 48, state: 68, waitReason: 72 } as const;
const STATE_WAITING = 5;
const REASON_SUSPENDED = 5;

/** One thread as the system tells it. */
export interface ThreadEntry {
  readonly threadId: number;
  readonly cpuSeconds: number;
}

/** All processes of the machine by one call; of each the place of its entry. */
class ProcessSnapshot {
  readonly #byPid = new Map<number, number>();
  #memory: Memory | undefined;
  #takenAtMs = -Infinity;

  /** Whatever is asked for next is to be new. */
  expire(): void {
    this.#takenAtMs = -Infinity;
  }

  /** Where the entry of a process begins; undefined when there is none. */
  find(pid: number): number | undefined {
    if (performance.now() - this.#takenAtMs > KEPT_MS) this.#take();
    return this.#byPid.get(pid);
  }

  /** The same, with another look where the last one did not see it. */
  findNow(pid: number): number | undefined {
    return this.find(pid) ?? (this.expire(), this.find(pid));
  }

  /** Whether an entry is of the process that has begun at a moment: the two halves of a FILETIME. */
  beganAt(entry: number, low: number, high: number): boolean {
    const view = this.#view;
    return view.getUint32(entry + ENTRY.createTime, true) === low &&
      view.getUint32(entry + ENTRY.createTime + 4, true) === high;
  }

  /** When a process has begun, in microseconds since 1970. */
  birth(entry: number): number {
    return microseconds(this.#view, entry + ENTRY.createTime);
  }

  /** Copy the moment of its beginning, a FILETIME, to the start of a view; nothing of a process that is gone. */
  copyBirth(entry: number | undefined, view: DataView): void {
    if (entry === undefined) return;
    view.setBigUint64(0, this.#view.getBigUint64(entry + ENTRY.createTime, true), true);
  }

  /** The numbers of all processes but the idle one, which is none. */
  pids(): Iterable<number> {
    this.find(IDLE);
    return this.#byPid.keys().filter((pid) => pid !== IDLE);
  }

  /** Whether a process is the system's own, which runs no program: its children that have no file, and itself. */
  isSystems(pid: number): boolean {
    const entry = this.find(pid);
    if (pid === IDLE || pid === SYSTEM || entry === undefined) return pid === IDLE || pid === SYSTEM;
    return this.parentPid(entry) === SYSTEM && !this.name(entry).includes(".");
  }

  /** What tells this run of the machine from others: when the oldest of all processes has begun, which is the kernel's. */
  bootId(): string {
    const births = [...this.pids()].map((pid) => this.birth(this.#byPid.get(pid)!)).filter((birth) =>
      birth > 0
    );
    return String(Math.min(...births));
  }

  /** Who has started whom, as of now: the parents may be gone, and their numbers others'. */
  childrenByParent(): Map<number, number[]> {
    this.find(IDLE);
    const children = new Map<number, number[]>();
    for (const [pid, entry] of this.#byPid) {
      const siblings = children.get(this.parentPid(entry));
      if (siblings) siblings.push(pid);
      else children.set(this.parentPid(entry), [pid]);
    }
    return children;
  }

  /** The parent that it was started by: the number may be another's by now. */
  parentPid(entry: number): number {
    return getU64(this.#view, entry + ENTRY.parentPid);
  }

  session(entry: number): number {
    return this.#view.getUint32(entry + ENTRY.session, true);
  }

  /** The name of its file, without the directory. */
  name(entry: number): string {
    const length = this.#view.getUint16(entry + ENTRY.nameBytes, true);
    // Its text stands in the same memory.
    const at = getU64(this.#view, entry + ENTRY.nameAddress) - this.#memory!.address;
    const isInside = length > 0 && at >= 0 && at + length <= this.#memory!.size;
    return isInside ? fromWide(this.#memory!.bytes.subarray(at, at + length)) : "";
  }

  /** Fill a row with all that the system counts of a process. */
  read(entry: number, row: Float64Array): void {
    const view = this.#view;
    row[Raw.userSeconds] = seconds(view, entry + ENTRY.userTime);
    row[Raw.systemSeconds] = seconds(view, entry + ENTRY.kernelTime);
    row[Raw.cpuSeconds] = row[Raw.userSeconds] + row[Raw.systemSeconds];
    row[Raw.majorFaults] = view.getUint32(entry + ENTRY.hardFaultCount, true);
    row[Raw.minorFaults] = Math.max(
      0,
      view.getUint32(entry + ENTRY.pageFaultCount, true) - row[Raw.majorFaults],
    );
    row[Raw.memoryBytes] = getU64(view, entry + ENTRY.workingSet);
    row[Raw.peakMemoryBytes] = getU64(view, entry + ENTRY.peakWorkingSet);
    row[Raw.threadCount] = view.getUint32(entry + ENTRY.threadCount, true);
    row[Raw.fileDescriptorCount] = view.getUint32(entry + ENTRY.handleCount, true);
    row[Raw.ioReadBytes] = getU64(view, entry + ENTRY.readBytes);
    row[Raw.ioWriteBytes] = getU64(view, entry + ENTRY.writeBytes);
  }

  /** `R`unning or ready, `S`leeping, or `T`: each thread is suspended. */
  state(entry: number): "R" | "S" | "T" {
    let [isSuspended, isReady] = [true, false];
    this.#eachThread(entry, (at) => {
      const isWaiting = this.#view.getUint32(at + THREAD.state, true) === STATE_WAITING;
      isReady ||= !isWaiting;
      isSuspended &&= isWaiting && this.#view.getUint32(at + THREAD.waitReason, true) === REASON_SUSPENDED;
    });
    return isReady ? "R" : isSuspended ? "T" : "S";
  }

  /** How many processes run, sleep and are suspended, and how many threads they have; what is idle is none. */
  counts(): { running: number; sleeping: number; stopped: number; threads: number } {
    this.find(IDLE);
    const counts = { R: 0, S: 0, T: 0, threads: 0 };
    for (const [pid, entry] of this.#byPid) {
      if (pid === IDLE) continue;
      counts[this.state(entry)]++;
      counts.threads += this.#view.getUint32(entry + ENTRY.threadCount, true);
    }
    return { running: counts.R, sleeping: counts.S, stopped: counts.T, threads: counts.threads };
  }

  threads(entry: number): ThreadEntry[] {
    const list: ThreadEntry[] = [];
    this.#eachThread(entry, (at) => {
      const cpuSeconds = seconds(this.#view, at + THREAD.kernelTime) +
        seconds(this.#view, at + THREAD.userTime);
      list.push({ threadId: getU64(this.#view, at + THREAD.id), cpuSeconds });
    });
    return list;
  }

  get #view(): DataView {
    return this.#memory!.view;
  }

  #eachThread(entry: number, tell: (at: number) => void): void {
    const count = this.#view.getUint32(entry + ENTRY.threadCount, true);
    for (let index = 0; index < count; index++) tell(entry + ENTRY.threads + index * THREAD.size);
  }

  #take(): void {
    const { address: needed, view: neededView } = scratchMemory();
    for (;;) {
      this.#memory ??= new Memory(4 * SPARE_BYTES);
      const { address, size } = this.#memory;
      const status = ntdll().NtQuerySystemInformation(SYSTEM_PROCESS_INFORMATION, address, size, needed);
      if (status === 0) break;
      if (status !== STATUS_INFO_LENGTH_MISMATCH) {
        throw new ProctorError("system", `Windows does not list its processes (status ${hex(status)})`);
      }
      // What it says it needs may be too little a moment later, or nothing at all.
      const size2 = Math.max(neededView.getUint32(0, true), size) + SPARE_BYTES;
      this.#memory.free();
      this.#memory = new Memory(size2);
    }
    this.#takenAtMs = performance.now();
    this.#index();
  }

  #index(): void {
    this.#byPid.clear();
    for (let entry = 0;;) {
      this.#byPid.set(getU64(this.#view, entry + ENTRY.pid), entry);
      const next = this.#view.getUint32(entry + ENTRY.next, true);
      if (next === 0) return;
      entry += next;
    }
  }
}

/** The one that all readers share: one call a tick serves all trees. */
export const processSnapshot = new ProcessSnapshot();

function hex(status: number): string {
  return `0x${(status >>> 0).toString(16)}`;
}
