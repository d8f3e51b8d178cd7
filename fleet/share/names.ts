import type { Arrival, Sender } from "../model/arrival.ts";
import type { UnitKey } from "../model/unit.ts";
import type { AgentView } from "../model/view.ts";
import { AgentState } from "../state/agent_state.ts";
import type { FleetState, Numbers } from "../state/fleet_state.ts";
import { ReservedNumbers } from "../state/numbers.ts";
import { TaskOfAgent } from "../state/task_state.ts";
import type { AgentRow, Store, TaskRow } from "../store/contract.ts";
import type { Shares, StoredNames, StoredNumber } from "../store/shares.ts";

/**
 * Numbers that all managers of a store agree on: the holder of a unit stores what it gives before it writes what needs
 * it into the journal, and whoever reads the journal finds them there. What the holder has refused has none.
 */
export class SharedNames implements Numbers {
  readonly areStored = true;
  readonly #numbers: ReservedNumbers;
  /** What is about to be applied: each is asked for once. */
  readonly #agents = new Map<string, number>();
  readonly #tasks = new Map<string, number>();

  constructor(store: Pick<Store, "reserve">, readonly shares: Pick<Shares, "names">) {
    this.#numbers = new ReservedNumbers(store);
  }

  agent(unit: UnitKey, propletId: string): number {
    return taken(this.#agents, `${unit}\n${propletId}`);
  }

  task({ id }: AgentView, taskId: string): number {
    return taken(this.#tasks, `${id}\n${taskId}`);
  }

  /**
   * As the holder: give numbers to what is new in what is to be written, and store them. What the holder before has
   * named, and was killed before it wrote of it, keeps its number: else there were two of it.
   * @param store of the unit
   */
  async give(state: FleetState, store: Store, arrivals: Iterable<Arrival>): Promise<void> {
    const fresh = [...arrivals].filter((arrival) => !isKnown(state, arrival));
    if (fresh.length === 0) return;
    const named = await this.#namedBefore(fresh);
    // Whoever reads the journal takes the greatest number of a name: that of what has come back is to be greater.
    for (const { agent, tasks } of named.values()) {
      this.#numbers.passOver("agent", agent.id);
      for (const { id } of tasks.values()) this.#numbers.passOver("task", id);
    }
    await this.#numbers.ensure(fresh.length);
    const agents: AgentRow[] = [];
    const tasks: TaskRow[] = [];
    const [ofAgents, ofTasks] = [new Map<string, number>(), new Map<string, number>()];
    for (const arrival of fresh) {
      const { unit, propletId } = arrival.sender;
      const name = `${unit}\n${propletId}`;
      const known = state.findAgent(unit, propletId);
      let agent = known?.id ?? this.#agents.get(name) ?? ofAgents.get(name);
      if (agent === undefined) {
        agent = unheard(named.get(name)?.agent);
        if (agent === undefined) {
          agent = this.#numbers.agent();
          agents.push(new AgentState(agent, unit, propletId, arrival.time).row());
        }
        ofAgents.set(name, agent);
      }
      const taskId = taskOf(arrival);
      const key = `${agent}\n${taskId}`;
      if (taskId === null || known?.find(taskId) || this.#tasks.has(key) || ofTasks.has(key)) continue;
      const before = named.get(name);
      const earlier = before?.agent.id === agent ? unheard(before.tasks.get(taskId)) : undefined;
      const task = earlier ?? this.#numbers.task();
      ofTasks.set(key, task);
      if (earlier !== undefined) continue;
      const owner = known ?? new AgentState(agent, unit, propletId, arrival.time);
      tasks.push(new TaskOfAgent(task, owner, taskId, arrival.time).row(null));
    }
    if (agents.length + tasks.length > 0) await store.saveInventory(agents, tasks);
    for (const [name, id] of ofAgents) this.#agents.set(name, id);
    for (const [key, id] of ofTasks) this.#tasks.set(key, id);
  }

  /** As one who reads what the holder has written. @returns what that has taken in: its numbers are known now */
  async find(state: FleetState, unit: UnitKey, arrivals: readonly Arrival[]): Promise<readonly Arrival[]> {
    const fresh = arrivals.filter((arrival) => !isKnown(state, arrival));
    if (fresh.length === 0) return arrivals;
    const found = await this.shares.names(unit, namesOf(fresh));
    const isTaken = (arrival: Arrival) => {
      const { propletId } = arrival.sender;
      const names = found.get(propletId);
      const taskId = taskOf(arrival);
      return names !== undefined && (taskId === null || names.tasks.has(taskId));
    };
    for (const [propletId, { agent, tasks }] of found) {
      const known = state.findAgent(unit, propletId);
      if (!known) this.#agents.set(`${unit}\n${propletId}`, agent.id);
      for (const [taskId, { id }] of tasks) this.#tasks.set(`${known?.id ?? agent.id}\n${taskId}`, id);
    }
    const isFresh = new Set(fresh);
    return arrivals.filter((arrival) => !isFresh.has(arrival) || isTaken(arrival));
  }

  /** What of it has a number in the store. @returns by unit and agent */
  async #namedBefore(fresh: readonly Arrival[]): Promise<ReadonlyMap<string, StoredNames>> {
    const named = new Map<string, StoredNames>();
    for (const [unit, arrivals] of Map.groupBy(fresh, ({ sender }) => sender.unit)) {
      const found = await this.shares.names(unit, namesOf(arrivals));
      for (const [propletId, names] of found) named.set(`${unit}\n${propletId}`, names);
    }
    return named;
  }
}

function unheard(number: StoredNumber | undefined): number | undefined {
  return number?.isUnheard ? number.id : undefined;
}

/** The names that some of what came needs, tasks by their agents. */
function namesOf(arrivals: readonly Arrival[]): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const arrival of arrivals) {
    const { propletId } = arrival.sender;
    const tasks = names.get(propletId) ?? new Set();
    const taskId = taskOf(arrival);
    if (taskId !== null) tasks.add(taskId);
    names.set(propletId, tasks);
  }
  return names;
}

function taken(numbers: Map<string, number>, name: string): number {
  const number = numbers.get(name);
  if (number === undefined) throw new Error(`${JSON.stringify(name)} has no number`);
  numbers.delete(name);
  return number;
}

function isKnown(state: FleetState, arrival: Arrival): boolean {
  const { unit, propletId }: Sender = arrival.sender;
  const agent = state.findAgent(unit, propletId);
  const taskId = taskOf(arrival);
  return agent !== undefined && (taskId === null || agent.find(taskId) !== undefined);
}

/** The task that applying it may need a number for; null: none. */
function taskOf(arrival: Arrival): string | null {
  if (arrival.kind === "host") return "";
  return arrival.kind === "sample" || arrival.kind === "event" ? arrival.taskId : null;
}
