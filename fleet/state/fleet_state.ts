import type {
  AgentFacts,
  Arrival,
  HostSample,
  PresenceNews,
  Sender,
  SupervisorNews,
  TaskEnd,
  TaskSample,
} from "../model/arrival.ts";
import { noFigures } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import type { ToldClock } from "../ingest/intake.ts";
import type { UnitKey } from "../model/unit.ts";
import type {
  AgentView,
  FleetChange,
  FleetListener,
  FleetView,
  OpenRolls,
  Roll,
  StoredSample,
} from "../model/view.ts";
import type { AgentRow, RunRow, TaskRow } from "../store/contract.ts";
import { AgentState } from "./agent_state.ts";
import { writeIncreases } from "./increases.ts";
import { OpenHours } from "./open_hours.ts";
import { TaskOfAgent } from "./task_state.ts";

/** Gives numbers to what is new; there are enough of them before anything is applied. */
export interface Numbers {
  agent(unit: UnitKey, propletId: string): number;
  task(agent: AgentView, taskId: string): number;
  /** Whether the store knows what has a number from here. */
  readonly areStored?: boolean;
}

/** How it was found out that nothing of a sample is new. */
export interface TakenCounts {
  samples: number;
  /** Samples that were there already, or came too late to tell. */
  repeated: number;
  messages: number;
}

const NOTHING: Figures = noFigures();

/** Whether a sample of an agent is in a chunk already. */
type IsStored = (agent: AgentView, time: number) => boolean;

/** The fleet in memory: what messages tell is applied here, one after the other, and told to listeners. */
export class FleetState implements FleetView {
  readonly agents = new Map<number, AgentState>();
  readonly tasks = new Map<number, TaskOfAgent>();
  readonly units = new Map<UnitKey, Set<AgentState>>();
  readonly #rereading = new Set<UnitKey>();
  readonly hours = new OpenHours();
  readonly counts: TakenCounts = { samples: 0, repeated: 0, messages: 0 };
  /** Runs that have ended and are not stored yet. */
  readonly endedRuns: RunRow[] = [];
  readonly #unitOfRun = new WeakMap<RunRow, UnitKey>();
  readonly #byName = new Map<string, AgentState>();
  readonly #listeners = new Set<FleetListener>();
  readonly #listening = new Map<UnitKey | "", number>();
  readonly #increases: Figures = noFigures();
  #lastSender: Sender | null = null;
  #lastAgent: AgentState | null = null;

  /** @param heardSince when a unit was listened to for the first time: what began after that was seen from its start */
  constructor(readonly numbers: Numbers, readonly heardSince: (unit: UnitKey) => number) {}

  get rereading(): ReadonlySet<UnitKey> {
    return this.#rereading;
  }

  findAgent(unit: UnitKey, propletId: string): AgentState | undefined {
    return this.#byName.get(`${unit}/${propletId}`);
  }

  /** An agent that is known has told a time that cannot be: of its clock that tells all the same. */
  noteWrongTime({ unit, agent, receivedAt, time }: ToldClock): void {
    this.findAgent(unit, agent)?.noteWrongTime(receivedAt, time);
  }

  findTask(unit: UnitKey, propletId: string, taskId: string): TaskOfAgent | undefined {
    return this.findAgent(unit, propletId)?.find(taskId);
  }

  listen(listener: FleetListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  listeningSince(unit: UnitKey): number | null {
    return this.#listening.get(unit) ?? this.#listening.get("") ?? null;
  }

  /** That a unit, or every unit for null, is listened to from now on; null: that it is not. */
  listenTo(unit: UnitKey | null, since: number | null): void {
    if (since === null) this.#listening.delete(unit ?? "");
    else this.#listening.set(unit ?? "", since);
  }

  open(task: TaskOfAgent, from: number, until: number): readonly StoredSample[] {
    return task.agent.kept(task.id, from, until);
  }

  openHours(): readonly number[] {
    return this.hours.hours;
  }

  *openHour(hour: number, column: string): Generator<readonly [task: TaskOfAgent, roll: Roll]> {
    for (const [id, roll] of this.hours.rolls(hour, column)) {
      const task = this.tasks.get(id);
      if (task) yield [task, roll];
    }
  }

  openHourRolls(hour: number, column: string): readonly OpenRolls[] {
    return this.hours.arrays(hour, column);
  }

  /** Take an agent up again as the store has it. */
  addStoredAgent(row: AgentRow): void {
    this.#add(AgentState.of(row));
  }

  /** Take a task up again as the store has it; one whose agent is not known stays out. */
  addStoredTask(row: TaskRow): void {
    const agent = this.agents.get(row.agent);
    if (!agent) return;
    const task = TaskOfAgent.of(row, agent);
    agent.add(task);
    // So that a last will that comes now is known from a goodbye.
    agent.lastTold = Math.max(agent.lastTold, task.lastTime);
    this.tasks.set(task.id, task);
  }

  /**
   * Apply what a message told.
   * @param receivedAt by our clock
   * @param isStored whether the samples of an agent at a time are in a chunk: after a restart, what is read back may be
   */
  apply(arrival: Arrival, receivedAt: number, isStored?: IsStored): void {
    this.counts.messages += 1;
    const agent = this.#agentOf(arrival.sender, receivedAt);
    const isLate = arrival.kind === "presence" && arrival.isRetained;
    const sentAt = "isApproximate" in arrival && arrival.isApproximate ? null : arrival.time;
    const toldBefore = agent.lastTold;
    if (!isLate) agent.hear(receivedAt, sentAt, arrival.sender.agentId);
    switch (arrival.kind) {
      case "sample":
        return this.#takeTask(agent, arrival, receivedAt, isStored);
      case "host":
        return this.#takeHost(agent, arrival, receivedAt, isStored);
      case "presence":
        return this.#takePresence(agent, arrival, receivedAt, toldBefore);
      case "facts":
        return this.#takeFacts(agent, arrival, receivedAt);
      case "end":
        return this.#takeEnd(agent, arrival, receivedAt);
      case "event":
        return this.#takeEvent(agent, arrival, receivedAt);
    }
  }

  /** Change whether an agent is there, and say so. */
  changeAgent(agent: AgentState, presence: AgentState["presence"], at: number): void {
    const was = agent.presence;
    if (was === presence) return;
    agent.change(presence, at);
    this.#tell({ kind: "agent", agent, at, was });
  }

  /** Change whether a task runs, and say so; a run that is over by it is kept. */
  changeTask(task: TaskOfAgent, state: TaskOfAgent["state"], at: number, error: string | null = null): void {
    const was = task.state;
    if (was === state) return;
    if (state === "ended" || state === "stopped") this.#end(task, task.run(state, at, error));
    task.change(state, at);
    this.#tell({ kind: "task", task, at, was });
  }

  /** Nothing more is expected of a task: it is known to the store alone from now on. */
  drop(task: TaskOfAgent): void {
    if (task.state === "lost") this.#end(task, task.run("lost", task.lastTime, null));
    task.agent.forget(task.taskId);
    this.tasks.delete(task.id);
  }

  /** An agent is not expected back: should it come, it is another. */
  dropAgent(agent: AgentState): void {
    if (agent === this.#lastAgent) this.#lastAgent = null;
    for (const { id } of agent.all()) this.tasks.delete(id);
    this.agents.delete(agent.id);
    this.#byName.delete(`${agent.unit}/${agent.propletId}`);
    const unit = this.units.get(agent.unit);
    unit?.delete(agent);
    if (unit?.size === 0) this.units.delete(agent.unit);
  }

  /** The runs of a unit, or of all, that have ended and are not stored yet: whoever takes them stores them. */
  takeRuns(unit: UnitKey | null): RunRow[] {
    const isWanted = (run: RunRow) => unit === null || this.#unitOfRun.get(run) === unit;
    const taken = this.endedRuns.filter(isWanted);
    const left = this.endedRuns.filter((run) => !isWanted(run));
    this.endedRuns.splice(0, Infinity, ...left);
    return taken;
  }

  /** Forget all of a unit: it is read from the store again, as often as that fails, until `tellReread`. */
  dropUnit(unit: UnitKey): void {
    this.#rereading.add(unit);
    for (const agent of [...this.units.get(unit) ?? []]) {
      for (const { id } of agent.all()) this.hours.drop(id);
      this.dropAgent(agent);
    }
    this.takeRuns(unit);
  }

  /** A unit is here again, as the store has it: whoever listens takes it anew. */
  tellReread(unit: UnitKey): void {
    this.#rereading.delete(unit);
    for (const listener of this.#listeners) listener.reread?.(unit);
  }

  #end(task: TaskOfAgent, run: RunRow): void {
    this.#unitOfRun.set(run, task.agent.unit);
    this.endedRuns.push(run);
  }

  #add(agent: AgentState): void {
    this.agents.set(agent.id, agent);
    this.#byName.set(`${agent.unit}/${agent.propletId}`, agent);
    const unit = this.units.get(agent.unit);
    if (unit) unit.add(agent);
    else this.units.set(agent.unit, new Set([agent]));
  }

  #agentOf(sender: Sender, at: number): AgentState {
    // Those of an array have one sender.
    if (sender === this.#lastSender && this.#lastAgent) return this.#lastAgent;
    const agent = this.#agentNamed(sender, at);
    [this.#lastSender, this.#lastAgent] = [sender, agent];
    return agent;
  }

  #agentNamed({ unit, propletId }: Sender, at: number): AgentState {
    const found = this.findAgent(unit, propletId);
    if (found) return found;
    const agent = new AgentState(this.numbers.agent(unit, propletId), unit, propletId, at);
    this.#add(agent);
    this.#tell({ kind: "agent", agent, at, was: null });
    return agent;
  }

  #taskOf(agent: AgentState, taskId: string, at: number): TaskOfAgent {
    const found = agent.find(taskId);
    if (found) return found;
    const task = new TaskOfAgent(this.numbers.task(agent, taskId), agent, taskId, at);
    task.isNamed = this.numbers.areStored ?? false;
    agent.add(task);
    this.tasks.set(task.id, task);
    this.#tell({ kind: "task", task, at, was: null });
    return task;
  }

  #takeTask(agent: AgentState, sample: TaskSample, receivedAt: number, isStored?: IsStored): void {
    this.#isHere(agent, receivedAt);
    const task = this.#taskOf(agent, sample.taskId, sample.time);
    task.isEmbedded = sample.isEmbedded;
    if (!this.#take(task, sample, isStored)) return;
    if (sample.state !== "running") this.changeTask(task, sample.state, sample.time);
  }

  #takeHost(agent: AgentState, sample: HostSample, receivedAt: number, isStored?: IsStored): void {
    this.#isHere(agent, receivedAt);
    if (sample.agent.version !== null && sample.agent.version !== agent.version) {
      agent.version = sample.agent.version;
      agent.isSaved = false;
    }
    const taken = { ...sample, facts: null, quality: null, custom: null };
    if (this.#take(this.#taskOf(agent, "", sample.time), taken, isStored)) {
      agent.control = sample.agent.control;
    }
  }

  /** Add a sample to the history of its task; false where it is not newer than what is there. */
  #take(
    task: TaskOfAgent,
    sample: Pick<TaskSample, "time" | "figures" | "custom" | "facts" | "quality">,
    isStored?: IsStored,
  ): boolean {
    const { time, figures, custom, facts, quality } = sample;
    if (time <= task.lastTime) {
      this.#takeLate(task, sample, isStored);
      return false;
    }
    this.counts.samples += 1;
    const isFirst = task.lastTime === -Infinity;
    const isNewRun = task.isOfNewRun(sample);
    const start = isFirst || isNewRun ? task.startOf(sample) : null;
    const begins = isNewRun || (isFirst && start !== null && start >= this.heardSince(task.agent.unit));
    if (isNewRun && task.state !== "ended" && task.state !== "stopped") {
      this.#end(task, task.run("ended", task.lastTime, null));
    }
    if (isFirst || isNewRun) task.beginRun(start ?? time);
    if (facts) task.know(facts);
    writeIncreases(this.#increases, figures, isFirst ? null : task.last, begins);
    if (!isStored?.(task.agent, time)) {
      const [before, customBefore] = isFirst ? [null, null] : [task.last, task.custom];
      const sample = { time, figures, custom, begins };
      task.agent.keep(task.id, sample, before, customBefore, task.isAfterGap);
      task.isAfterGap = false;
      this.hours.add(task.id, task.taskId === "", time, figures, this.#increases);
    } else {
      task.isAfterGap = true;
      task.noteSealed(time);
    }
    for (const listener of this.#listeners) {
      listener.sample?.({ task, time, figures, custom, increases: this.#increases });
    }
    task.take(time, figures, custom, quality);
    if (isNewRun) this.#tell({ kind: "run", task, at: time });
    if (task.state !== "running") this.changeTask(task, "running", time);
    return true;
  }

  /** A sample that is not newer than the last of its task is part of the history, and no news; or it came before. */
  #takeLate(
    task: TaskOfAgent,
    sample: Pick<TaskSample, "time" | "figures" | "custom">,
    isStored?: IsStored,
  ): void {
    const { time, figures, custom } = sample;
    const isLate = task.mayBeLate(sample) && !isStored?.(task.agent, time) &&
      task.agent.keepLate(task.id, { time, figures, custom, begins: false });
    if (!isLate) {
      this.counts.repeated += 1;
      return;
    }
    this.counts.samples += 1;
    task.takeLate(time, figures);
    // What counters have grown by up to the next sample is in there already.
    this.hours.add(task.id, task.taskId === "", time, figures, NOTHING);
  }

  /** Whatever an agent sends, it is there. */
  #isHere(agent: AgentState, at: number): void {
    if (agent.presence !== "online") this.changeAgent(agent, "online", at);
  }

  #takePresence(agent: AgentState, news: PresenceNews, receivedAt: number, toldBefore: number): void {
    const { version, host, bootId } = news;
    agent.version = version ?? agent.version;
    agent.host = host ?? agent.host;
    agent.bootId = bootId ?? agent.bootId;
    agent.isSaved = false;
    if (news.status !== "offline") {
      // What the broker has kept may be old; that nothing else comes is found out soon enough.
      if (!news.isRetained || agent.lastTold === -Infinity) this.#isHere(agent, receivedAt);
      return;
    }
    // A goodbye that the broker brings again, as it does with what it has kept when we come back, is no news.
    if (agent.presence === "offline") return;
    // By the agent's own clock its goodbye is the last that it says; a last will is as old as its connection.
    const isOwnWord = news.time > toldBefore;
    this.changeAgent(agent, isOwnWord ? "offline" : "lost", receivedAt);
  }

  #takeFacts(agent: AgentState, { host, os, version, labels }: AgentFacts, receivedAt: number): void {
    this.#isHere(agent, receivedAt);
    agent.host = host ?? agent.host;
    agent.os = os ?? agent.os;
    agent.version = version ?? agent.version;
    agent.labels = labels;
    agent.isSaved = false;
  }

  #takeEnd(agent: AgentState, { taskId, time, error }: TaskEnd, receivedAt: number): void {
    this.#isHere(agent, receivedAt);
    const task = agent.find(taskId);
    if (task && task.state !== "ended" && time >= task.stateSince) {
      this.changeTask(task, "ended", time, error);
    }
  }

  #takeEvent(agent: AgentState, { taskId, time, event, detail }: SupervisorNews, receivedAt: number): void {
    this.#isHere(agent, receivedAt);
    const task = this.#taskOf(agent, taskId, time);
    task.lastEvent = Math.max(task.lastEvent, receivedAt);
    task.isSaved = false;
    this.#tell({ kind: "event", task, at: time, event, detail });
  }

  #tell(change: FleetChange): void {
    for (const listener of this.#listeners) listener.change?.(change);
  }
}
