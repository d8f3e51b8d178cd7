import type { CounterSource, Counts, TreeCounters } from "../../contract/counters.ts";
import { unknownCounts } from "../../contract/counters.ts";
import { CgroupRung } from "./cgroup_rung.ts";
import { InheritedRung } from "./inherited_rung.ts";
import { howToCount, whyNoHardware, whyNotCounted } from "./perf_refusal.ts";

/** The cgroup of a tree in the hierarchy that has perf_event; or why there is none, and how to get one. */
export type PerfPlace = { readonly directory: string } | { readonly reason: string; readonly advice: string };

/**
 * The counters of a tree, on the strongest rung that can be had: those of its cgroup, or such as each process hands
 * down to its children, with what the kernel does for them or without.
 */
export class PerfCounters implements TreeCounters {
  readonly obstacle: string | null;
  readonly advice: string | null;
  readonly #rung: CgroupRung | InheritedRung | null;

  private constructor(
    rung: CgroupRung | InheritedRung | null,
    obstacle: string | null,
    advice: string | null,
  ) {
    this.#rung = rung;
    this.obstacle = obstacle;
    this.advice = advice;
  }

  static open(place: PerfPlace): PerfCounters {
    const refusal = ofCgroup(place);
    if (refusal instanceof CgroupRung) return new PerfCounters(refusal, null, null);
    const withKernel = InheritedRung.open(true);
    if (typeof withKernel !== "number") return new PerfCounters(withKernel, refusal.reason, refusal.advice);
    const without = InheritedRung.open(false);
    if (typeof without !== "number") {
      return new PerfCounters(without, whyNotCounted(withKernel, "process"), howToCount());
    }
    return new PerfCounters(null, whyNotCounted(without, "user_mode"), howToCount());
  }

  get source(): CounterSource | null {
    return this.#rung?.source ?? null;
  }

  get includesKernel(): boolean {
    return this.#rung?.includesKernel ?? false;
  }

  get hasHardware(): boolean {
    return this.#rung?.hasHardware ?? false;
  }

  get hardwareObstacle(): string | null {
    const errno = this.#rung?.hardwareErrno ?? 0;
    return errno === 0 ? null : whyNoHardware(errno, this.hasHardware);
  }

  get gap(): string | null {
    return this.#rung?.gap ?? null;
  }

  /** To be called with each command that is born, while it waits; undefined where no command has to be held. */
  get attach(): ((pid: number) => void) | undefined {
    const rung = this.#rung;
    return rung instanceof InheritedRung ? (pid) => rung.attach(pid) : undefined;
  }

  read(): Counts {
    return this.#rung?.read() ?? unknownCounts();
  }

  close(): void {
    this.#rung?.close();
  }
}

/** The counters of a cgroup, or why they cannot be had. */
function ofCgroup(place: PerfPlace): CgroupRung | Exclude<PerfPlace, { directory: string }> {
  if ("reason" in place) return place;
  const rung = CgroupRung.open(place.directory);
  if (typeof rung !== "number") return rung;
  return { reason: whyNotCounted(rung, "everybody"), advice: howToCount() };
}
