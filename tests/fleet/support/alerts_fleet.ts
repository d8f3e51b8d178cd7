import { COLUMN_AT, noFigures } from "../../../fleet/model/column.ts";
import { unitKey } from "../../../fleet/model/unit.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";
import type {
  AgentView,
  FleetChange,
  FleetListener,
  FleetView,
  Presence,
  StoredSample,
  TaskState,
  TaskView,
} from "../../../fleet/model/view.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
/** An agent that a test may change. */
export type TestAgent = Mutable<Omit<AgentView, "tasks">> & { tasks: Map<string, TaskView> };
/** A task that a test may change. */
export type TestTask = Mutable<TaskView>;

/** A fleet for tests: what is said of it is so. */
export class TestFleet implements FleetView {
  readonly agents = new Map<number, TestAgent>();
  readonly tasks = new Map<number, TestTask>();
  readonly units = new Map<UnitKey, Set<AgentView>>();
  readonly rereading: ReadonlySet<UnitKey> = new Set();
  readonly listening = new Map<UnitKey, number | null>();
  readonly opened = new Map<number, StoredSample[]>();
  readonly #listeners = new Set<FleetListener>();
  #next = 1;

  addAgent(propletId: string, at: number, { domain = "d", channel = "c", labels = {} } = {}): TestAgent {
    const unit = unitKey({ domain, channel });
    const agent: TestAgent = {
      id: this.#next++,
      unit,
      propletId,
      agentId: null,
      host: `${propletId}.example`,
      os: null,
      version: null,
      labels,
      firstSeen: at,
      lastSeen: at,
      presence: "online",
      presenceSince: at,
      clockOffset: 0,
      toldOffset: null,
      toldOffsetAt: -Infinity,
      control: null,
      isDuplicate: false,
      hostTask: null,
      tasks: new Map(),
    };
    this.agents.set(agent.id, agent);
    const agents = this.units.get(unit) ?? new Set();
    this.units.set(unit, agents.add(agent));
    if (!this.listening.has(unit)) this.listening.set(unit, at);
    this.#tell({ kind: "agent", agent, at, was: null });
    return agent;
  }

  addTask(agent: TestAgent, taskId: string, at: number, given: Partial<TaskView> = {}): TestTask {
    const task: TestTask = {
      id: this.#next++,
      agent,
      taskId,
      target: null,
      name: null,
      labels: {},
      firstSeen: at,
      lastTime: at,
      state: "running",
      stateSince: at,
      runSince: at,
      interval: 10_000,
      last: noFigures(),
      custom: null,
      isEmbedded: false,
      ...given,
    };
    this.tasks.set(task.id, task);
    if (taskId === "") agent.hostTask = task;
    else agent.tasks.set(taskId, task);
    this.#tell({ kind: "task", task, at, was: null });
    return task;
  }

  /** A reading of a task, as it comes in. */
  feed(
    task: TestTask,
    time: number,
    values: Record<string, number>,
    increased: Record<string, number> = {},
  ): void {
    const [figures, increases] = [noFigures(), noFigures()];
    let custom: Map<string, number> | null = null;
    for (const [name, value] of Object.entries(values)) {
      const at = COLUMN_AT.get(name);
      if (at === undefined) (custom ??= new Map()).set(name, value);
      else figures[at] = value;
    }
    for (const [name, value] of Object.entries(increased)) increases[COLUMN_AT.get(name)!] = value;
    for (const { sample } of this.#listeners) sample?.({ task, time, figures, custom, increases });
    Object.assign(task, { last: figures, custom, lastTime: time });
    (task.agent as TestAgent).lastSeen = Math.max(task.agent.lastSeen, time);
  }

  /** A unit is read from the store again: what is known of a task by now. */
  reread(task: TestTask, lastTime: number, values: Record<string, number>): void {
    const last = noFigures();
    for (const [name, value] of Object.entries(values)) last[COLUMN_AT.get(name)!] = value;
    Object.assign(task, { last, lastTime });
    for (const { reread } of this.#listeners) reread?.(task.agent.unit);
  }

  setPresence(agent: TestAgent, presence: Presence, at: number): void {
    const was = agent.presence;
    Object.assign(agent, { presence, presenceSince: at });
    this.#tell({ kind: "agent", agent, at, was });
  }

  setState(task: TestTask, state: TaskState, at: number): void {
    const was = task.state;
    Object.assign(task, { state, stateSince: at });
    this.#tell({ kind: "task", task, at, was });
  }

  beginRun(task: TestTask, at: number): void {
    task.runSince = at;
    this.#tell({ kind: "run", task, at });
  }

  removeTask(task: TestTask): void {
    this.tasks.delete(task.id);
    (task.agent as TestAgent).tasks.delete(task.taskId);
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

  listeningSince(unit: UnitKey): number | null {
    return this.listening.get(unit) ?? null;
  }

  open(task: TaskView, from: number, until: number): readonly StoredSample[] {
    return (this.opened.get(task.id) ?? []).filter(({ time }) => time >= from && time < until);
  }

  openHours(): readonly number[] {
    return [];
  }

  openHour(): Iterable<never> {
    return [];
  }

  #tell(change: FleetChange): void {
    for (const listener of this.#listeners) listener.change?.(change);
  }
}
