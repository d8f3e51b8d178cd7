import { NO_LIMIT_EVENTS } from "../../core/limits.ts";
import type { LimitEvents } from "../../core/limits.ts";
import type { Mechanism } from "../../core/record.ts";
import type { Container, ContainerRequest, Guard, ProcessReader, Wanted } from "../types.ts";
import { unknownUsage } from "./cgroup_container.ts";
import { guardMarked, NO_GUARD } from "./guard.ts";
import { Descent } from "./descent.ts";
import { SharedDescent } from "./shared_descent.ts";

/**
 * A tree held together by descent alone. With `subreaper`, orphans become our children and leave their final
 * accounts with us; with `none` (a tree that was running before us) what ends unseen is lost.
 */
export class DescentContainer implements Container {
  readonly countsCpu = false;
  readonly countsDisk = false;
  readonly countsMemory = false;
  readonly countsPeakMemory = false;
  readonly directory = null;
  readonly usage = unknownUsage();
  readonly wanted: Wanted;
  readonly #descent: Pick<Descent, "discover">;
  readonly #guard: Guard;

  constructor(readonly mechanism: Mechanism, readonly reason: string | null, request: ContainerRequest) {
    this.#guard = request.guarded ? guardMarked(request.marker) : NO_GUARD;
    // The bill is drawn up from the members alone, so their counters are needed, wanted or not.
    this.wanted = { ...request.wanted, counters: true };
    const reading = { ...request, wanted: this.wanted };
    this.#descent = mechanism === "none" ? new SharedDescent(reading) : new Descent(reading, true);
  }

  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    this.#descent.discover(known, found, thorough);
  }

  refresh(): boolean {
    return true;
  }

  kill(): boolean {
    return false;
  }

  freeze(): boolean {
    return false;
  }

  isPopulated(): boolean {
    return true;
  }

  isFrozen(): boolean {
    return false;
  }

  oomKillCount(): number {
    return NaN;
  }

  limitEvents(): LimitEvents {
    return NO_LIMIT_EVENTS;
  }

  owns(): boolean {
    return false;
  }

  release(): void {
    this.#guard.dismiss();
  }

  abandon(): void {
    this.release();
  }
}
