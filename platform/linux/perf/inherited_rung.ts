import type { Counts } from "../../contract/counters.ts";
import { unknownCounts } from "../../contract/counters.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { SOFTWARE_EVENTS } from "./counted_events.ts";
import { CounterSet } from "./counter_set.ts";
import { openCounter } from "./perf_event.ts";

const OURSELVES = 0;
/** Each command takes a descriptor for each event. */
const MOST_COMMANDS = 32;
const NOT_HELD = "the command could not be held at its birth for its counters to be set up";

/**
 * Counts a command that is held at its birth, and hands the counters down to whatever it starts. What a process does in
 * its execve and at its very end is not in them, and each one that starts costs some time for each counter.
 */
export class InheritedRung {
  readonly source = "perf_inherited";
  readonly #set = new CounterSet();
  #commandCount = 0;
  gap: string | null = null;

  private constructor(readonly includesKernel: boolean) {}

  /**
   * Tried on ourselves: what we may count of us, we may count of our children.
   * @returns why not as errno(3) numbers it, where it is refused
   */
  static open(includesKernel: boolean): InheritedRung | number {
    const descriptor = openCounter(SOFTWARE_EVENTS[0], { pid: OURSELVES, withoutKernel: !includesKernel });
    if (descriptor < 0) return -descriptor;
    closeFile(descriptor);
    return new InheritedRung(includesKernel);
  }

  /** A command of the tree is born, and waits. */
  attach(pid: number): void {
    if (this.#commandCount === MOST_COMMANDS) {
      this.gap = `of the commands started in the group the first ${MOST_COMMANDS} are counted`;
      return;
    }
    const target = { pid, withoutKernel: !this.includesKernel };
    if (this.#set.addSoftware(target) !== 0) {
      this.gap = "a command that was started is not counted";
      return;
    }
    this.#commandCount++;
    this.#set.addHardware([target]);
  }

  get hasHardware(): boolean {
    return this.#set.hasHardware;
  }

  get hardwareErrno(): number {
    return this.#set.hardwareErrno;
  }

  read(): Counts {
    if (this.#commandCount > 0) return this.#set.read();
    this.gap ??= NOT_HELD;
    return unknownCounts();
  }

  close(): void {
    this.#set.close();
  }
}
