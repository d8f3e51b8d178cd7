import { ProctorError } from "../../../core/error.ts";
import { closeHandle } from "../sys/close.ts";
import { ERROR, errorWords, lastError } from "../sys/last_error.ts";
import { kernel32 } from "../sys/libraries.ts";
import { getU64, Memory, scratchMemory } from "../sys/memory.ts";
import { seconds } from "../sys/times.ts";
import {
  CLASS,
  CPU_RATE,
  EXTENDED,
  JOB_ACCOUNTING,
  KILL_ON_JOB_CLOSE,
  layOutCpuRate,
  layOutExtendedLimits,
  PROCESS_IDS,
} from "./job_structures.ts";
import type { JobLimits } from "./job_structures.ts";

/** What a job has counted of all that was ever in it. */
export interface JobAccounting {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** How many processes it has had so far. */
  readonly totalProcesses: number;
  /** How many there are. */
  readonly activeProcesses: number;
}

const FIRST_IDS = 256;

/** A job object: what is in it, and all that those start, cannot leave it. */
export class Job {
  readonly handle: number;
  #ids = new Memory(PROCESS_IDS.list + FIRST_IDS * 8);

  /** @throws ProctorError of kind `system` when none can be made */
  constructor() {
    this.handle = kernel32().CreateJobObjectW(0, 0);
    if (this.handle === 0) {
      throw new ProctorError("system", `no job object can be made: ${errorWords(lastError())}`);
    }
  }

  /**
   * Set limits, and whether all inside is killed when the last handle is closed, be it by our own end; returns the
   * error of Windows, or 0.
   */
  setLimits(limits: JobLimits, killOnClose: boolean): number {
    const { address, view } = scratchMemory();
    layOutExtendedLimits(view, limits, killOnClose ? KILL_ON_JOB_CLOSE : 0);
    if (!this.#set(CLASS.extendedLimits, address, EXTENDED.size)) return lastError();
    if (limits.cpuRate === undefined) return 0;
    layOutCpuRate(view, limits.cpuRate);
    return this.#set(CLASS.cpuRate, address, CPU_RATE.size) ? 0 : lastError();
  }

  /** Let it have all processors again. */
  liftCpuRate(): void {
    const { address, view } = scratchMemory();
    view.setBigUint64(0, 0n, true);
    this.#set(CLASS.cpuRate, address, CPU_RATE.size);
  }

  /** The limit flags as they stand; NaN where they cannot be asked for. */
  limitFlags(): number {
    const { address, view } = scratchMemory();
    const done = this.#query(CLASS.extendedLimits, address, EXTENDED.size);
    return done ? view.getUint32(EXTENDED.limitFlags, true) : NaN;
  }

  /** What it has counted; null where it cannot be asked. */
  accounting(): JobAccounting | null {
    const { address, view } = scratchMemory();
    if (!this.#query(CLASS.accounting, address, JOB_ACCOUNTING.size)) return null;
    return {
      userSeconds: seconds(view, JOB_ACCOUNTING.userTime),
      systemSeconds: seconds(view, JOB_ACCOUNTING.kernelTime),
      totalProcesses: view.getUint32(JOB_ACCOUNTING.totalProcesses, true),
      activeProcesses: view.getUint32(JOB_ACCOUNTING.activeProcesses, true),
    };
  }

  /** The numbers of the processes in it. */
  processIds(): number[] {
    for (;;) {
      const { address, size, view } = this.#ids;
      view.setBigUint64(0, 0n, true);
      const done = this.#query(CLASS.processIds, address, size);
      const assigned = view.getUint32(PROCESS_IDS.assigned, true);
      const isShort = !done && lastError() === ERROR.moreData;
      if (!done && !isShort) return [];
      const listed = view.getUint32(PROCESS_IDS.listed, true);
      if (!isShort && listed >= assigned) {
        return Array.from({ length: listed }, (_, index) => getU64(view, PROCESS_IDS.list + index * 8));
      }
      this.#ids.free();
      // More may come before the next question.
      this.#ids = new Memory(PROCESS_IDS.list + (assigned + FIRST_IDS) * 8);
    }
  }

  /** End all that is in it, with this exit code. */
  terminate(exitCode: number): boolean {
    return kernel32().TerminateJobObject(this.handle, exitCode) !== 0;
  }

  close(): void {
    closeHandle(this.handle);
    this.#ids.free();
  }

  #set(informationClass: number, address: number, size: number): boolean {
    return kernel32().SetInformationJobObject(this.handle, informationClass, address, size) !== 0;
  }

  #query(informationClass: number, address: number, size: number): boolean {
    return kernel32().QueryInformationJobObject(this.handle, informationClass, address, size, 0) !== 0;
  }
}
