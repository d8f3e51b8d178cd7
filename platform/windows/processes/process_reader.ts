import { Raw, unknownRow } from "../../../core/measure/raw.ts";
import { Look } from "../../contract/processes.ts";
import type { ProcessReader, ProcessWaits, ThreadReading } from "../../contract/processes.ts";
import { closeHandle } from "../sys/close.ts";
import { kernel32 } from "../sys/libraries.ts";
import { scratchMemory } from "../sys/memory.ts";
import { microseconds } from "../sys/times.ts";
import { argumentsOf } from "./arguments_of.ts";
import { readFinalAccounts } from "./final_accounts.ts";
import { hasEnded, heldProcess, holdProcess, releaseProcess } from "./held.ts";
import type { HeldProcess } from "./held.ts";
import { openToHold, openToRead } from "./open_process.ts";
import { processSnapshot } from "./snapshot.ts";
import { checkTimes } from "./told_times.ts";

const UNNAMED = "?";
/** So long does a process that has just begun take, at most, to have what tells its arguments. */
const YOUNG_MS = 2_000;

const UNKNOWN_WAITS: ProcessWaits = { runQueueSeconds: NaN, blockIoSeconds: NaN, memoryWaitSeconds: NaN };

/**
 * A process by its handle and its entry in the list of all processes; see {@link ProcessReader}. One that has ended
 * stays, as a zombie does elsewhere, until its last accounts are read.
 */
export class WindowsProcessReader implements ProcessReader {
  readonly row = unknownRow();
  readonly birth: number;
  readonly startTimeMs: number;
  readonly openedAtMs = performance.now();
  readonly lags = false;
  readonly hasFreshDetails = true;
  readonly hasCurrentIo = true;
  readonly discardsChildren = false;
  readonly waits = UNKNOWN_WAITS;
  cpuSeconds = 0;
  parentPid = 0;
  session = 0;
  name = UNNAMED;
  args: readonly string[] | null = null;
  isZombie = false;
  readonly #birthLow: number;
  readonly #birthHigh: number;

  /** Open a process of a tree of ours, to be waited for; null when it is gone, or may not be looked at. */
  static open(pid: number): WindowsProcessReader | null {
    const known = heldProcess(pid);
    if (known) return new WindowsProcessReader(known, true);
    const handle = openToHold(pid);
    return handle === 0 ? null : new WindowsProcessReader(holdProcess(pid, handle), true);
  }

  /**
   * Open a process that others have started: nobody waits for it here. Of one that may not be opened there is what the
   * list of all tells. null when it is gone.
   */
  static observe(pid: number): WindowsProcessReader | null {
    const handle = openToRead(pid);
    if (handle === 0) {
      // It is gone, or not ours to open: an old list does not tell.
      processSnapshot.expire();
      if (processSnapshot.find(pid) === undefined) return null;
    }
    const reader = new WindowsProcessReader({
      pid,
      handle,
      leadsGroup: false,
      isAsked: false,
      endedBySignal: null,
    }, false);
    if (handle !== 0) checkTimes(handle, reader.cpuSeconds);
    return reader;
  }

  private constructor(readonly held: HeldProcess, readonly isOurs: boolean) {
    const { address, view } = scratchMemory();
    view.setBigUint64(0, 0n, true);
    if (held.handle !== 0) {
      kernel32().GetProcessTimes(held.handle, address, address + 8, address + 16, address + 24);
    }
    // Wine tells the moment of its beginning a little late.
    if (view.getBigUint64(0, true) === 0n) processSnapshot.copyBirth(processSnapshot.findNow(held.pid), view);
    this.#birthLow = view.getUint32(0, true);
    this.#birthHigh = view.getUint32(4, true);
    this.birth = microseconds(view, 0);
    this.startTimeMs = this.birth / 1_000;
    // What ends goes into no other process's accounts: these columns stay 0.
    for (const column of REAPED) this.row[column] = 0;
    this.row[Raw.cpuSeconds] = this.row[Raw.userSeconds] = this.row[Raw.systemSeconds] = 0;
    this.args = held.handle === 0 ? null : argumentsOf(held.handle);
    const entry = this.#entry(true);
    if (entry === undefined) this.isZombie = this.#hasEnded();
    else this.#identify(entry);
    this.look();
  }

  get pid(): number {
    return this.held.pid;
  }

  get state(): string {
    const entry = this.#entry();
    return entry === undefined || this.isZombie ? "Z" : processSnapshot.state(entry);
  }

  get isSuspended(): boolean {
    return this.state === "T";
  }

  look(): number {
    const entry = this.#entry();
    if (entry === undefined) {
      this.isZombie ||= this.#hasEnded();
      return this.isOurs || !this.isZombie ? Look.unmoved : this.#lookAtLast();
    }
    if (this.args === null || this.name === UNNAMED) this.#learnWords(entry);
    const { cpuSeconds: before } = this;
    processSnapshot.read(entry, this.row);
    this.cpuSeconds = this.row[Raw.cpuSeconds];
    return this.cpuSeconds === before ? Look.unmoved : Look.moved;
  }

  lookAtDetails(): void {
    // The one call has told all of it.
  }

  lookAtWaits(): void {
    // Windows does not count for how long a process was ready to run.
  }

  lookAtSignals(): void {
    // Nobody can throw accounts away that we have a handle for.
  }

  inheritedFaults(): number {
    return 0;
  }

  threads(): ThreadReading[] {
    const entry = this.#entry();
    return entry === undefined
      ? []
      : processSnapshot.threads(entry).map((thread) => ({ ...thread, name: "" }));
  }

  close(): void {
    if (this.isOurs) releaseProcess(this.held);
    else closeHandle(this.held.handle);
  }

  /** It has ended, and nobody is going to wait for it: its last accounts are read while it can be asked. */
  #lookAtLast(): number {
    if (this.held.handle !== 0) readFinalAccounts(this.held.handle, this.row);
    this.cpuSeconds = this.row[Raw.cpuSeconds];
    return Look.gone;
  }

  /** It was opened in its first moments. */
  #learnWords(entry: number): void {
    if (this.held.handle === 0 || performance.now() - this.openedAtMs > YOUNG_MS) return;
    this.name = processSnapshot.name(entry) || this.name;
    this.args ??= argumentsOf(this.held.handle);
  }

  /** Whoever has no handle is over when he is not in the list any more. */
  #hasEnded(): boolean {
    return this.held.handle === 0 || hasEnded(this.held);
  }

  #entry(now = false): number | undefined {
    const entry = now ? processSnapshot.findNow(this.pid) : processSnapshot.find(this.pid);
    // As long as we have a handle the number is not another's.
    if (entry === undefined || this.held.handle !== 0) return entry;
    return processSnapshot.beganAt(entry, this.#birthLow, this.#birthHigh) ? entry : undefined;
  }

  #identify(entry: number): void {
    this.parentPid = processSnapshot.parentPid(entry);
    this.session = processSnapshot.session(entry);
    this.name = processSnapshot.name(entry) || this.name;
  }
}

const REAPED = [
  Raw.reapedCpuSeconds,
  Raw.reapedUserSeconds,
  Raw.reapedSystemSeconds,
  Raw.reapedMinorFaults,
  Raw.reapedMajorFaults,
];
