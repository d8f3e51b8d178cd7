import { HeardSince } from "./heard_since.ts";
import { Intake } from "./ingest/intake.ts";
import { MESSAGE_LIMITS } from "./ingest/limits.ts";
import type { TaskView } from "./model/view.ts";
import { History } from "./query/history.ts";
import { FleetState } from "./state/fleet_state.ts";
import { ReservedNumbers } from "./state/numbers.ts";
import { restore } from "./state/restore.ts";
import type { Store } from "./store/contract.ts";

/** What a store has, without a manager over it: who there was, and every sample, those of the journal as well. */
export class StoredFleet {
  private constructor(readonly history: History, readonly tasks: readonly TaskView[]) {}

  /** Read who there was. @throws ProctorError when the store cannot be read */
  static async read(store: Store): Promise<StoredFleet> {
    const [heard, numbers] = [await HeardSince.open(store), new ReservedNumbers(store)];
    const state = new FleetState(numbers, heard.of);
    const intake = new Intake({ limits: { ...MESSAGE_LIMITS, behindMs: Infinity } });
    // Seen from the beginning of time nothing is too old to be there.
    const now = 0;
    await restore({ state, store, numbers, units: null, read: (entry) => intake.again(entry), now });
    const tasks = [...state.tasks.values()].filter(({ lastTime }) => Number.isFinite(lastTime));
    return new StoredFleet(new History(state, store), tasks.sort((a, b) => a.id - b.id));
  }
}
