import { noFigures } from "../../model/column.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { AgentView, FleetListener, FleetView, StoredSample, TaskView } from "../../model/view.ts";
import { writeIncreases } from "../../state/increases.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Some hosts and tasks of a fleet as they were: what is fed to it has just been heard. */
export class ReplayedFleet implements FleetView {
  readonly agents = new Map<number, Mutable<AgentView>>();
  readonly tasks = new Map<number, Mutable<TaskView>>();
  readonly units = new Map<UnitKey, Set<AgentView>>();
  readonly rereading: ReadonlySet<UnitKey> = new Set();
  readonly #listeners = new Set<FleetListener>();

  /** @param from when it begins: nothing is known of before */
  constructor(tasks: Iterable<TaskView>, readonly from: number) {
    for (const task of tasks) {
      const agent = this.#agent(task.agent);
      const replayed: Mutable<TaskView> = {
        ...task,
        agent,
        state: "running",
        stateSince: from,
        lastTime: from,
        last: noFigures(),
        custom: null,
      };
      this.tasks.set(task.id, replayed);
      if (task.taskId === "") agent.hostTask = replayed;
      else (agent.tasks as Map<string, TaskView>).set(task.taskId, replayed);
    }
  }

  /** A sample of a task comes in. */
  feed(id: number, { time, figures, custom, begins }: StoredSample): void {
    const task = this.tasks.get(id)!;
    const increases = noFigures();
    writeIncreases(increases, figures, task.last, begins);
    if (begins) {
      task.runSince = time;
      for (const { change } of this.#listeners) change?.({ kind: "run", task, at: time });
    }
    for (const { sample } of this.#listeners) sample?.({ task, time, figures, custom, increases });
    Object.assign(task, { last: figures, custom, lastTime: time });
    const agent = this.agents.get(task.agent.id)!;
    agent.lastSeen = Math.max(agent.lastSeen, time);
  }

  findAgent(unit: UnitKey, propletId: string): AgentView | undefined {
    return [...this.units.get(unit) ?? []].find((agent) => agent.propletId === propletId);
  }

  findTask(unit: UnitKey, propletId: string, taskId: string): TaskView | undefined {
    const agent = this.findAgent(unit, propletId);
    return taskId === "" ? agent?.hostTask ?? undefined : agent?.tasks.get(taskId);
  }

  listen(listener: FleetListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  listeningSince(): number {
    return this.from;
  }

  open(): readonly StoredSample[] {
    return [];
  }

  openHours(): readonly number[] {
    return [];
  }

  openHour(): Iterable<never> {
    return [];
  }

  #agent(agent: AgentView): Mutable<AgentView> {
    const known = this.agents.get(agent.id);
    if (known) return known;
    // Samples have the times of their agent: its clock is the clock here.
    const replayed: Mutable<AgentView> = {
      ...agent,
      ...{
        lastSeen: this.from,
        presence: "online",
        presenceSince: this.from,
        clockOffset: 0,
        toldOffset: null,
      },
      ...{ hostTask: null, tasks: new Map() },
    };
    this.agents.set(agent.id, replayed);
    const agents = this.units.get(agent.unit);
    if (agents) agents.add(replayed);
    else this.units.set(agent.unit, new Set([replayed]));
    return replayed;
  }
}
