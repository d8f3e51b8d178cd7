import type { Limits } from "../../core/measure/limits.ts";
import type { Environment } from "../../core/schema/record.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import type { MachineWaits, WantedWaits } from "../../platform/mod.ts";

/**
 * What the machine had counted of waiting when a run began. A tree that counts for itself began at nothing; the
 * machine is asked at the first look that finds the run alive, so that a short command costs none of it.
 */
export class WaitsAtStart {
  /** null as long as nobody has looked. */
  machine: MachineWaits | null = null;
  wanted: WantedWaits = { pressure: false, quotas: false };
  readonly limits: Limits | undefined;
  readonly #group: ProcessTree;

  /** @param environment where the run was started */
  constructor(group: ProcessTree, readonly environment: Environment) {
    this.#group = group;
    this.limits = group.request.limits;
  }

  /** The run is alive; only the first time matters. */
  look(): void {
    if (this.machine) return;
    const { container, platform } = this.#group;
    this.wanted = {
      pressure: container.pressure() === null,
      // Of a tree that others have started, the quotas around it are not those around us.
      quotas: container.ownsMembers && this.environment.cpu_quota_cores !== null,
    };
    this.machine = platform.machineWaits(this.wanted);
  }
}
