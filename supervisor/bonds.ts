import type { ProcessState, SupervisorEvent } from "./control.ts";
import type { Phase } from "./phase.ts";
import { ManagedProcess } from "./process/managed_process.ts";
import type { ProcessRegistry } from "./registry.ts";
import type { StartQueue } from "./start_queue.ts";

/** What has become of a process that is up no longer, in words. */
const DEEDS: Partial<Record<ProcessState, string>> = {
  stopping: "is stopping",
  backoff: "has ended",
  failed: "has failed",
};

/** Processes that are stopped when one of those they restart with is, and started when that runs again. */
export class Bonds {
  constructor(readonly processes: ProcessRegistry, readonly queue: StartQueue, readonly phase: Phase) {}

  /** Something has happened, maybe to one that others restart with. */
  take({ kind, id, to }: SupervisorEvent): void {
    if (kind !== "transition" || id === null || to === null || this.phase.isEnding) return;
    // What starts by itself, as after a failure, asks nobody; the step that it takes is to be over first.
    if (to === "starting" || to === "backoff") queueMicrotask(() => this.#check(id));
    if (isUp(to)) return;
    for (const one of this.#boundTo(id)) {
      this.#stop(one, `${id}, with which it restarts, ${DEEDS[to] ?? "has stopped"}`);
    }
  }

  /** What runs on from another supervisor may have lost one that it restarts with meanwhile. */
  afterTakeUp(ids: Iterable<string>): void {
    for (const id of ids) {
      const one = this.processes.get(id);
      if (!(one instanceof ManagedProcess) || !isUp(one.state)) continue;
      // What is unmanaged is searched for only later.
      const lost = this.#lost(one).find((other) => this.processes.get(other) instanceof ManagedProcess);
      if (lost !== undefined) this.#stop(one, `${lost}, with which it restarts, has ended meanwhile`);
    }
  }

  /** One that is on its way up waits for those it restarts with. */
  #check(id: string): void {
    const one = this.processes.get(id);
    const isOnItsWay = one?.state === "starting" || one?.state === "backoff";
    if (this.phase.state !== "running" || !(one instanceof ManagedProcess) || one.isLeaving || !isOnItsWay) {
      return;
    }
    const [lost] = this.#lost(one);
    if (lost !== undefined) this.#stop(one, `${lost}, with which it restarts, does not run`);
  }

  #lost(one: ManagedProcess): string[] {
    return one.definition.restartWith.filter((id) => this.processes.get(id)?.state !== "running");
  }

  #boundTo(id: string): ManagedProcess[] {
    return this.processes.all.filter((one): one is ManagedProcess =>
      one instanceof ManagedProcess && one.definition.restartWith.includes(id) &&
      (isUp(one.state) || one.state === "backoff") && !one.isLeaving
    );
  }

  #stop(one: ManagedProcess, reason: string): void {
    void one.stop({ reason, byHand: false });
    this.queue.waitFor(one);
  }
}

function isUp(state: ProcessState): boolean {
  return state === "starting" || state === "running";
}
