import type { Environment } from "../../core/schema/record.ts";

/** One thing that `proctor doctor` looked at. */
export interface Finding {
  readonly topic: string;
  readonly ok: boolean;
  readonly detail: string;
  /** How to get more, or null. */
  readonly advice: string | null;
}

/** This program, and the machine around it. */
export interface Self {
  /** CPU seconds this process has used since its start, all threads. */
  ownCpuSeconds(): number;
  /** Resident memory of this process in bytes, or null. */
  ownMemoryBytes(): number | null;
  /** The most memory this process has ever had resident, in bytes, or null. */
  ownPeakMemoryBytes(): number | null;
  /** How often threads of this process have gone to sleep since its start, the ended ones included; NaN if unknown. */
  ownVoluntarySwitches(): number;
  /**
   * Let go of the memory that holds parts of this program's own file, which were needed to start: what is needed again
   * is read again.
   */
  dropProgramPages(): void;
  /** The same, for a program that goes on and does it again and again: what is read again is read in small pieces. */
  dropProgramPagesFinely(): void;
  /** Have hot code compiled soon, where the program was built to put that off: a loop is going to have much to do. */
  compileSoon(): void;
  /** Our arguments and environment as the bytes they came in, where the runtime's strings may be lossy. */
  ownArguments(): Uint8Array[];
  ownEnvironment(): Uint8Array[];
  /** The machine and the limits that bind here. */
  environment(): Environment;
  /** What stands in the way of more, and how to get it, for `proctor doctor`. */
  findings(): Finding[];
  /** Have this program end with an exit code that the runtime would cut off; for systems that have such. */
  keepExitCode?(code: number): void;
  /** Whether we have a controlling terminal, and it has not hung up. */
  hasTerminal(): boolean;
}
