import type { UnitKey } from "../model/unit.ts";
import type { Store } from "../store/contract.ts";
import { Forwarder } from "./forwarder.ts";
import type { ForwarderParts } from "./forwarder.ts";
import type { Destination, ForwardReport } from "./forwarded.ts";

/** Somewhere that samples are told, and of which units; null: of all. */
export interface Forward {
  readonly destination: Destination;
  readonly units: ReadonlySet<UnitKey> | null;
}

/** All destinations of a manager: where several share a store, one of them tells all there is. */
export class Forwarding {
  #forwarders: readonly Forwarder[] = [];

  constructor(
    readonly forwards: readonly Forward[],
    readonly parts: Pick<ForwarderParts, "view" | "keptMs" | "now" | "say">,
  ) {}

  /** Tell what comes from now on, and what was missed. @throws ProctorError where the store cannot be asked */
  async begin(store: Store, isOurs: () => boolean): Promise<void> {
    const opened = this.forwards.map(({ destination, units }) =>
      Forwarder.open({
        ...this.parts,
        ...{ store, destination, isOurs },
        isWanted: ({ unit }) => units === null || units.has(unit),
      })
    );
    this.#forwarders = await Promise.all(opened);
    for (const forwarder of this.#forwarders) forwarder.start();
  }

  /** Tell no more; how far each has come is kept. */
  async end(): Promise<void> {
    const forwarders = this.#forwarders;
    this.#forwarders = [];
    await Promise.all(forwarders.map((forwarder) => forwarder.close()));
  }

  /** How each is doing; none where another manager does it. */
  reports(): ForwardReport[] {
    return this.#forwarders.map((forwarder) => forwarder.report());
  }
}
