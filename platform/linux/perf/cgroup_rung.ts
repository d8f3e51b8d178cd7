import type { Counts } from "../../contract/counters.ts";
import { parseCpuList } from "../proc/cpu_list.ts";
import { closeFile, pathAddress, readText } from "../proc/kernel_file.ts";
import { AT_FDCWD } from "../sys/at_fdcwd.ts";
import { ENODEV } from "../sys/errno.ts";
import { systemCall } from "../sys/machine_code.ts";
import { openFlags } from "../sys/open_flags.ts";
import { SOFTWARE_EVENTS } from "./counted_events.ts";
import { CounterSet } from "./counter_set.ts";
import { openCounter } from "./perf_event.ts";

const DIRECTORY = openFlags("O_RDONLY", "O_DIRECTORY", "O_CLOEXEC");

/** The CPUs that are online, by number (Documentation/ABI/testing/sysfs-devices-system-cpu). */
export function onlineCpus(sys = "/sys"): number[] {
  return parseCpuList(readText(`${sys}/devices/system/cpu/online`) ?? "") ?? [0];
}

/** Whether we may count what others do, as for a cgroup: 0, or why not as errno(3) numbers it. */
export function refusalToCountEverybody(): number {
  const descriptor = openCounter(SOFTWARE_EVENTS[0], { cpu: onlineCpus()[0] });
  if (descriptor < 0) return -descriptor;
  closeFile(descriptor);
  return 0;
}

/**
 * Counts a cgroup and all below it, members that have ended and those to come included: on each CPU, while a member
 * runs there. It costs the members next to nothing, since nothing is set up for each of them.
 */
export class CgroupRung {
  readonly source = "perf_cgroup";
  readonly includesKernel = true;
  readonly #set: CounterSet;
  readonly #cpus: ReadonlySet<number>;
  readonly #online: () => number[];
  gap: string | null = null;

  private constructor(set: CounterSet, cpus: ReadonlySet<number>, online: () => number[]) {
    this.#set = set;
    this.#cpus = cpus;
    this.#online = online;
  }

  /**
   * @param directory of the cgroup, in the hierarchy that has perf_event
   * @returns why not as errno(3) numbers it, where it is refused
   */
  static open(directory: string, online = () => onlineCpus()): CgroupRung | number {
    const cgroup = systemCall("openat", AT_FDCWD, pathAddress(directory), DIRECTORY, 0);
    if (cgroup < 0) return -cgroup;
    const set = new CounterSet();
    try {
      const cpus = new Set<number>();
      for (const cpu of online()) {
        const refused = set.addSoftware({ cgroup, cpu });
        // It has gone offline just now.
        if (refused === ENODEV) continue;
        if (refused !== 0) {
          set.close();
          return refused;
        }
        cpus.add(cpu);
      }
      set.addHardware([...cpus].map((cpu) => ({ cgroup, cpu })));
      return new CgroupRung(set, cpus, online);
    } finally {
      closeFile(cgroup);
    }
  }

  get hasHardware(): boolean {
    return this.#set.hasHardware;
  }

  get hardwareErrno(): number {
    return this.#set.hardwareErrno;
  }

  read(): Counts {
    const newcomers = this.#online().filter((cpu) => !this.#cpus.has(cpu));
    if (newcomers.length > 0) {
      this.gap = `CPU ${newcomers.join(", ")} came online in the meantime, and is not counted`;
    }
    return this.#set.read();
  }

  close(): void {
    this.#set.close();
  }
}
