import type { Store } from "../store/contract.ts";
import type { Arrival } from "../model/arrival.ts";
import type { JournalEntry } from "../store/contract.ts";
import type { UnitKey } from "../model/unit.ts";
import type { AgentView } from "../model/view.ts";
import { decodeRolls } from "../chunk/rolls.ts";
import { MESSAGE_LIMITS } from "../ingest/limits.ts";
import { GONE_MS } from "./absence.ts";
import { applyEntry } from "./apply_entry.ts";
import type { ApplyFailed } from "./apply_entry.ts";
import type { FleetState } from "./fleet_state.ts";
import { hourOf } from "./open_hours.ts";
import type { ReservedNumbers } from "./numbers.ts";
import { TaskOfAgent } from "./task_state.ts";
import { DAY_MS } from "../store/hour_of.ts";

/** Tasks that nothing was heard of for longer are the store's alone. */
const LIVING_MS = 24 * 3_600_000;

/** A clock of an agent may be ahead: what it told before an hour may be of it. */
const AHEAD_MS = MESSAGE_LIMITS.aheadMs;

/** What is needed to read a journal back. */
export interface Restoring {
  readonly state: FleetState;
  readonly store: Store;
  readonly numbers: Pick<ReservedNumbers, "ensure">;
  readonly units: readonly UnitKey[] | null;
  /** What an entry tells. */
  readonly read: (entry: JournalEntry) => readonly Arrival[] | Promise<readonly Arrival[]>;
  /** That an entry was applied. */
  readonly applied?: (arrivals: readonly Arrival[], sequence: number) => void;
  /** Hears of what cannot be applied, and is left out; without it, that ends the reading. */
  readonly failed?: ApplyFailed;
  readonly now: number;
}

/**
 * Bring the fleet into memory as it was: who there is, what the journal has and no chunk, and what was used in this
 * hour.
 * @returns the sequence number of the last entry that was applied; 0 for none
 * @throws ProctorError when the store cannot be read
 */
export async function restore(
  { state, store, numbers, units, read, applied, failed = endReading, now }: Restoring,
): Promise<number> {
  for await (const row of store.agents(units)) if (row.lastSeen > now - GONE_MS) state.addStoredAgent(row);
  for await (const row of store.tasks(units)) {
    // Of one that had just been named nothing is stored but that: the journal has the rest.
    if (TaskOfAgent.heardOf(row) > now - LIVING_MS) state.addStoredTask(row);
  }
  await addOpenHour(state, store, units, now);
  const sealed = new Map<number, ReadonlyMap<number, number>>();
  let last = 0;
  for await (const entry of store.replay(units)) {
    const arrivals = await read(entry);
    await numbers.ensure(arrivals.length);
    for (const arrival of arrivals) {
      const day = arrival.time - arrival.time % DAY_MS;
      if (!sealed.has(day)) sealed.set(day, await store.sealed(day));
    }
    const isStored = (agent: AgentView, time: number) =>
      entry.sequence <= (sealed.get(time - time % DAY_MS)!.get(agent.id) ?? 0);
    applyEntry(state, entry, arrivals, failed, isStored);
    applied?.(arrivals, entry.sequence);
    last = entry.sequence;
  }
  return last;
}

function endReading(_topic: string, error: unknown): never {
  throw error;
}

/** What is sealed of this hour, and in no stored hour yet. */
async function addOpenHour(
  state: FleetState,
  store: Store,
  units: readonly UnitKey[] | null,
  now: number,
): Promise<void> {
  const hour = hourOf(now);
  const agents = units === null
    ? state.agents.values()
    : units.flatMap((unit) => [...state.units.get(unit) ?? []]);
  for (const agent of agents) {
    if (agent.lastSeen < hour - AHEAD_MS) continue;
    for (const { data } of await store.rolls(agent.id, hour, now)) {
      for (const [task, buckets] of decodeRolls(data)) {
        for (const [bucket, columns] of buckets) {
          if (bucket < hour) continue;
          const isHost = task === agent.hostTask?.id;
          for (const [column, roll] of columns) state.hours.addRoll(task, isHost, bucket, column, roll);
        }
      }
    }
  }
}
