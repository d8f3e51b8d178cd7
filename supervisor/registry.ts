import { nearest } from "../core/nearest.ts";
import { ControlError } from "./control.ts";
import type { Definition } from "./definition.ts";
import { instanceBase } from "./instance_rows.ts";
import type { Memory } from "./lifecycle/machine.ts";
import { ManagedProcess } from "./process/managed_process.ts";
import type { SupervisorContext } from "./process/supervised.ts";
import { UnmanagedProcess } from "./process/unmanaged_process.ts";

/** A process under supervision, of either kind. */
export type Process = ManagedProcess | UnmanagedProcess;

/** All processes of a supervisor, in the order in which they are listed. */
export class ProcessRegistry {
  readonly #byId = new Map<string, Process>();
  readonly #listeners = new Set<(one: Process) => void>();
  readonly #mourners = new Set<(id: string) => void>();

  constructor(readonly context: SupervisorContext) {}

  get all(): Process[] {
    return [...this.#byId.values()];
  }

  get byId(): ReadonlyMap<string, Process> {
    return this.#byId;
  }

  get(id: string): Process | undefined {
    return this.#byId.get(id);
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /**
   * Take up one more, which does not run yet.
   * @param memory what is known of it from before
   * @throws ProctorError when its logs cannot be opened
   */
  make(definition: Definition, origin: "file" | "api", memory?: Memory): Process {
    const one = definition.type === "unmanaged"
      ? new UnmanagedProcess(definition, origin, this.context)
      : new ManagedProcess(definition, origin, this.context, memory);
    this.#byId.set(definition.id, one);
    for (const listener of [...this.#listeners]) listener(one);
    return one;
  }

  /** Subscribe to every process that is taken up from now on; the returned function ends that. */
  onMade(listener: (one: Process) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Know it no longer. */
  delete(id: string): void {
    this.#byId.delete(id);
    for (const mourner of [...this.#mourners]) mourner(id);
  }

  /** Subscribe to every process that is known no longer; one that makes room for another of its id is none of them. */
  onGone(listener: (id: string) => void): () => void {
    this.#mourners.add(listener);
    return () => this.#mourners.delete(listener);
  }

  /** What there is, or what of it came from one place. */
  definitions(origin?: "file" | "api"): Definition[] {
    return this.all.filter((one) => origin === undefined || one.origin === origin).map(({ definition }) =>
      definition
    );
  }

  /** The order of these ids, then all others as they are. */
  sort(ids: readonly string[]): void {
    const all = new Map(this.#byId);
    this.#byId.clear();
    for (const id of [...ids, ...all.keys()]) {
      const one = all.get(id);
      if (one) this.#byId.set(id, one);
    }
  }

  /** @throws ControlError `not_found` */
  demand(id: string): Process {
    const one = this.#byId.get(id);
    if (!one) throw new ControlError("not_found", `there is no process "${id}"${this.#meant(id)}`);
    return one;
  }

  /** What may have been meant by an id that nobody has. */
  #meant(id: string): string {
    const ids = [...this.#byId.keys()];
    const instance = ids.find((one) => instanceBase(one) === id);
    if (instance !== undefined) return `; it has instances, such as "${instance}"`;
    const near = nearest(id, ids);
    return near === null ? "" : `; did you mean "${near}"?`;
  }

  /**
   * One that is ours to start and stop.
   * @param what the caller wants it to be: "started"
   * @throws ControlError `not_found`, or `conflict`
   */
  demandManaged(id: string, what: string): ManagedProcess {
    const one = this.demand(id);
    if (one instanceof ManagedProcess) return one;
    throw new ControlError(
      "conflict",
      `${id}: it is unmanaged, others have started it: it cannot be ${what} here`,
    );
  }
}
