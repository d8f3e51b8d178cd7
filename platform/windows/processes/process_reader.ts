import { Raw, unknownRow } from "../../../core/measure/raw.ts";
import { Look } from "../../contract/processes.ts";
import type { ProcessReader, ProcessWaits, ThreadReading } from "../../contract/processes.ts";
import { closeHandle, INVALID } from "../sys/close.ts";
import { kernel32 } from "../sys/libraries.ts";
import { scratchMemory } from "../sys/memory.ts";
import { microseconds } from "../sys/times.ts";
import { argumentsOf } from "./arguments_of.ts";
import { readFinalAccounts } from "./final_accounts.ts";
import { hasEnded, heldProcess, holdProcess, releaseProcess } from "./held.ts";
import type { HeldProcess } from "./held.ts";
import { processSnapshot } from "./snapshot.ts";
import { checkTimes } from "./told_times.ts";

// winnt.h
const PROCESS_TERMINATE = 1;
const PROCESS_VM_READ = 0x10;
const PROCESS_SUSPEND_RESUME = 0x800;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const SYNCHRONIZE = 0x100000;
const LEAST = PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE;
const ALL = LEAST | PROCESS_TERMINATE | PROCESS_VM_READ | PROCESS_SUSPEND_RESUME;

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
  name = "?";
  args: readonly string[] | null = null;
  isZombie = false;
  readonly #birthLow: number;
  readonly #birthHigh: number;

  /** Open a process of a tree of ours, to be waited for; null when it is gone, or may not be looked at. */
  static open(pid: number): WindowsProcessReader | null {
    const known = heldProcess(pid);
    if (known) return new WindowsProcessReader(known, true);
    const handle = openHandle(pid, ALL);
    return handle === 0 ? null : new WindowsProcessReader(holdProcess(pid, handle), true);
  }

  /** Open a process that others have started: nobody waits for it here. The same is null. */
  static observe(pid: number): WindowsProcessReader | null {
    const handle = openHandle(pid, LEAST | PROCESS_VM_READ);
    if (handle === 0) return null;
    const reader = new WindowsProcessReader({ pid, handle, leadsGroup: false, endedBySignal: null }, false);
    checkTimes(handle, reader.cpuSeconds);
    return reader;
  }

  private constructor(readonly held: HeldProcess, readonly isOurs: boolean) {
    const { address, view } = scratchMemory();
    view.setBigUint64(0, 0n, true);
    kernel32().GetProcessTimes(held.handle, address, address + 8, address + 16, address + 24);
    this.#birthLow = view.getUint32(0, true);
    this.#birthHigh = view.getUint32(4, true);
    this.birth = microseconds(view, 0);
    this.startTimeMs = this.birth / 1_000;
    // What ends goes into no other process's accounts: these columns stay 0.
    for (const column of REAPED) this.row[column] = 0;
    this.row[Raw.cpuSeconds] = this.row[Raw.userSeconds] = this.row[Raw.systemSeconds] = 0;
    this.args = argumentsOf(held.handle);
    const entry = this.#entry(true);
    if (entry === undefined) this.isZombie = hasEnded(held);
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
      this.isZombie ||= hasEnded(this.held);
      return this.isOurs || !this.isZombie ? Look.unmoved : this.#lookAtLast();
    }
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
    readFinalAccounts(this.held.handle, this.row);
    this.cpuSeconds = this.row[Raw.cpuSeconds];
    return Look.gone;
  }

  #entry(now = false): number | undefined {
    const entry = now ? processSnapshot.findNow(this.pid) : processSnapshot.find(this.pid);
    if (entry === undefined) return undefined;
    return processSnapshot.beganAt(entry, this.#birthLow, this.#birthHigh) ? entry : undefined;
  }

  #identify(entry: number): void {
    this.parentPid = processSnapshot.parentPid(entry);
    this.session = processSnapshot.session(entry);
    this.name = processSnapshot.name(entry) || this.name;
  }
}

/** A handle with these rights, or with the least that will do; 0 where there is none to be had. */
function openHandle(pid: number, rights: number): number {
  for (const wanted of [rights, LEAST]) {
    const handle = kernel32().OpenProcess(wanted, 0, pid);
    if (handle !== 0 && handle !== INVALID) return handle;
  }
  return 0;
}

const REAPED = [
  Raw.reapedCpuSeconds,
  Raw.reapedUserSeconds,
  Raw.reapedSystemSeconds,
  Raw.reapedMinorFaults,
  Raw.reapedMajorFaults,
];
