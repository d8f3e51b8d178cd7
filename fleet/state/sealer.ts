import { setImmediate } from "node:timers/promises";
import type { UnitKey } from "../model/unit.ts";
import type { RunRow, SealedChunk, Store } from "../store/contract.ts";
import { chunksOf } from "./agent_chunks.ts";
import { Stretch } from "./stretch.ts";
import type { AgentState } from "./agent_state.ts";
import type { FleetState } from "./fleet_state.ts";
import type { TaskMark, TaskOfAgent } from "./task_state.ts";

/** Agents whose chunks are stored at once. */
const AGENTS_AT_ONCE = 100;
/** Chunks are made for so long until others have a turn. */
const MAKE_MS = 10;
const TASKS_AT_ONCE = 1_000;

/** Everything that is to be stored in a round: what is known at one moment, when a certain entry had been applied. */
interface Round {
  readonly sequence: number;
  readonly agents: readonly AgentState[];
  readonly marks: readonly TaskMark[];
  readonly runs: readonly RunRow[];
  /** How many of the agents are stored already, should the round have failed in between. */
  done: number;
}

/**
 * Moves what was sampled from memory to the store, round by round. The order is what makes a loss of power harmless:
 * names first, since chunks refer to numbers; then chunks; then runs, and how far each task has come; the journal last.
 */
export class Sealer {
  #round: Round | null = null;
  #last: Promise<void> | null = null;

  /**
   * @param applied the last entry of the journal that is in the state
   * @param epochs of units that several managers share, so that none overwrites what a later one wrote
   * @param unit the one whose agents are sealed; null for all
   */
  constructor(
    readonly state: FleetState,
    readonly store: Store,
    readonly applied: () => number,
    readonly epochs: () => ReadonlyMap<UnitKey, number>,
    readonly unit: UnitKey | null = null,
  ) {}

  /**
   * Store all that was applied up to now. What has failed is gone on with the next time.
   * @param units that are sealed; null for all
   * @throws ProctorError when the store cannot take it now: nothing is lost
   */
  seal(units: readonly UnitKey[] | null, signal?: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#round) await this.#finish(this.#round, units, signal);
      this.#round = this.#begin();
      await this.#finish(this.#round, units, signal);
    });
  }

  /**
   * Store the runs that have ended since: whoever asks for them need not wait for the next round.
   * @throws ProctorError when the store cannot take them now: they wait
   */
  saveRuns(): Promise<void> {
    return this.#inTurn(async () => {
      const runs = this.state.takeRuns(this.unit);
      if (runs.length === 0) return;
      try {
        const tasks = [...new Set(runs.map(({ task }) => task))].flatMap((id) =>
          this.state.tasks.get(id) ?? []
        );
        const agents = new Set(tasks.map(({ agent }) => agent.id));
        await this.#saveNames([...agents].flatMap((id) => this.state.agents.get(id) ?? []), tasks);
        await this.store.saveRuns(runs);
      } catch (error) {
        this.state.endedRuns.unshift(...runs);
        throw error;
      }
    });
  }

  /**
   * Resolves when nothing is under way. Runs of a round that has failed are there to be stored again.
   * @returns whether all that rounds took up is stored; what is not counts in the state as on its way there
   */
  async settled(): Promise<boolean> {
    await this.#last;
    const isWhole = this.#round === null;
    this.state.endedRuns.unshift(...this.#round?.runs ?? []);
    this.#round = null;
    return isWhole;
  }

  /** One after the other: what one has taken up, no other does. */
  #inTurn(what: () => Promise<void>): Promise<void> {
    const turn = this.#last ? this.#last.then(what) : what();
    const over = turn.catch(() => {}).then(() => {
      if (this.#last === over) this.#last = null;
    });
    this.#last = over;
    return turn;
  }

  /** Take what there is at this moment. */
  #begin(): Round {
    const sequence = this.applied();
    const agents: AgentState[] = [];
    const marks: TaskMark[] = [];
    const all = this.unit === null ? this.state.agents.values() : this.state.units.get(this.unit) ?? [];
    for (const agent of all) {
      if (agent.tail.tail.count > 0) {
        agent.sealing = agent.tail;
        agent.tail = new Stretch(agent.sealing.taskCount);
        agents.push(agent);
      } else if (!agent.isSaved) agents.push(agent);
      for (const task of agent.all()) {
        if (task.isSaved) continue;
        task.isSaved = true;
        task.noteSealed(task.lastTime);
        marks.push(task.mark());
      }
    }
    return { sequence, agents, marks, runs: this.state.takeRuns(this.unit), done: 0 };
  }

  async #finish(round: Round, units: readonly UnitKey[] | null, signal?: AbortSignal): Promise<void> {
    await this.#saveNames(round.agents, round.marks.map(({ task }) => task));
    while (round.done < round.agents.length) {
      const slice = round.agents.slice(round.done, round.done + AGENTS_AT_ONCE);
      await this.store.seal(await chunksOfAll(slice), round.sequence, this.epochs());
      for (const agent of slice) agent.sealing = null;
      round.done += slice.length;
      signal?.throwIfAborted();
      await setImmediate();
    }
    // Before how far their tasks have come: what is read back up to there would not tell of their ends again.
    await this.store.saveRuns(round.runs);
    await this.#saveMarks(round);
    await this.store.forget(units, round.sequence);
    this.#round = null;
  }

  async #saveNames(agents: readonly AgentState[], tasks: readonly TaskOfAgent[]): Promise<void> {
    const unsaved = agents.filter((agent) => !agent.isSaved);
    const unnamed = tasks.filter((task) => !task.isNamed);
    for (let n = 0; n < Math.max(unsaved.length, unnamed.length); n += TASKS_AT_ONCE) {
      const [some, tasks] = [unsaved, unnamed].map((all) => all.slice(n, n + TASKS_AT_ONCE)) as [
        AgentState[],
        typeof unnamed,
      ];
      const rows = some.map((agent) => agent.row());
      // Before it is: what changes meanwhile is to be saved again.
      for (const agent of some) agent.isSaved = true;
      try {
        await this.store.saveInventory(rows, tasks.map((task) => task.row(null)));
      } catch (error) {
        for (const agent of some) agent.isSaved = false;
        throw error;
      }
      for (const task of tasks) task.isNamed = true;
      await setImmediate();
    }
  }

  async #saveMarks({ marks }: Round): Promise<void> {
    for (let n = 0; n < marks.length; n += TASKS_AT_ONCE) {
      const some = marks.slice(n, n + TASKS_AT_ONCE);
      await this.store.saveInventory([], some.map((mark) => mark.task.row(mark)));
      await setImmediate();
    }
  }
}

/** The chunks of several agents, made with turns for others in between. */
async function chunksOfAll(agents: readonly AgentState[]): Promise<SealedChunk[]> {
  const chunks: SealedChunk[] = [];
  let since = performance.now();
  for (const agent of agents) {
    for (const chunk of chunksOf(agent)) {
      if (chunk) chunks.push(chunk);
      if (performance.now() - since < MAKE_MS) continue;
      await setImmediate();
      since = performance.now();
    }
  }
  return chunks;
}
