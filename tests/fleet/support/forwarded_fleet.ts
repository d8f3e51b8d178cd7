/* A fleet that publishes piece by piece, and who it is told to. */
import { SMALL_FLEET } from "../../../bench/fleet/simulator/plan.ts";
import type { FleetPlan } from "../../../bench/fleet/simulator/plan.ts";
import { Forwarder } from "../../../fleet/forward/forwarder.ts";
import type { ForwarderParts } from "../../../fleet/forward/forwarder.ts";
import type { Destination } from "../../../fleet/forward/forwarded.ts";
import { eventually } from "../../support/eventually.ts";
import type { SimulatedFleet } from "./simulated_fleet.ts";

/** A line of the API's export. */
export interface ExportedRow {
  readonly time: string;
  readonly unit: string;
  readonly proplet_id: string;
  readonly task_id: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** Nothing is waited for longer than that. */
const PATIENCE_MS = 60_000;

/** Publish what a plan has up to a time that it was not published before. */
export class Pieces {
  #until: number;

  constructor(readonly fleet: SimulatedFleet, readonly plan: Partial<FleetPlan> & { startAt: number }) {
    this.#until = plan.startAt;
  }

  async upTo(until: number): Promise<void> {
    const since = this.#until;
    this.#until = until;
    // The same plan from its beginning makes the same messages: those that were published are repeats.
    await this.fleet.publish({ ...SMALL_FLEET, ...this.plan }, until);
    if (since === until) throw new Error("nothing new was published");
  }
}

/** Tell a destination of a fleet at once, as fast as it takes it. */
export async function forward(
  fleet: SimulatedFleet,
  destination: Destination,
  more: Partial<ForwarderParts> = {},
): Promise<Forwarder> {
  const forwarder = await Forwarder.open({
    view: fleet.state,
    store: fleet.store,
    destination,
    isWanted: () => true,
    keptMs: 14 * 86_400_000,
    now: Date.now,
    say: () => {},
    gatherMs: 10,
    retryMs: [5, 50],
    ...more,
  });
  forwarder.start();
  return forwarder;
}

/** Wait until so many samples were sent or refused. */
export async function settled(forwarder: Forwarder, samples: number): Promise<void> {
  await eventually(
    () => {
      const { sent, dropped } = forwarder.report();
      return sent + dropped >= samples;
    },
    PATIENCE_MS,
    () => `${samples} samples: ${JSON.stringify(forwarder.report())}`,
  );
}

/** Every sample that the API has of all units. */
export async function exported(fleet: SimulatedFleet, units: readonly string[]): Promise<ExportedRow[]> {
  const rows: ExportedRow[] = [];
  for (const unit of units) {
    const text = await (await fleet.ask(`/api/v1/export?unit=${unit}&from=12h`)).text();
    for (const line of text.trim().split("\n")) rows.push(JSON.parse(line));
  }
  return rows;
}
