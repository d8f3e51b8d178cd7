import { hostname } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { ProctorError } from "../core/error.ts";
import { denserProfile } from "../core/measure/denser_profile.ts";
import type { MonitoringProfile } from "../core/measure/profile.ts";
import { timestamp } from "../core/measure/numbers.ts";
import { ScrapedApp } from "../monitor/app/scraped_app.ts";
import { Discovery } from "../monitor/discovery/discovery.ts";
import type { Findings, FoundProcess } from "../monitor/discovery/discovery.ts";
import type { MonitorManager } from "../monitor/tasks/manager.ts";
import { isBareId } from "../monitor/discovery/process_query.ts";
import type { ProcessLookup, WorkloadNames } from "../platform/mod.ts";
import { meantOf, severalMatch } from "./meant.ts";
import type { WorkloadLabels } from "../core/schema/task_message.ts";
import type { Meant } from "./meant.ts";
import { isLasting, taskIdOf } from "./watch_target.ts";
import type { WatchTarget } from "./watch_target.ts";

/** Told once, before the first process of a target. */
const NOBODY = "no process matches at the moment; it is waited for";

/** What a watcher tells. */
export interface WatcherOptions {
  /** A task begins; its messages follow. */
  readonly onTask?: (task: WatchedTask, target: WatchTarget) => void;
  /** A line worth telling a user. */
  readonly onNotice?: (line: string) => void;
  /** For `{host}`; default: the machine's name. */
  readonly host?: string;
  /** What containers are called. Without them only their IDs are told, and none can be a target. */
  readonly names?: WorkloadNames;
  /** How often at least a task is to be sampled for now, in milliseconds; undefined where its profile alone says it. */
  readonly denserOf?: (taskId: string) => number | undefined;
}

/** One process that is watched, under its name. */
export interface WatchedTask {
  readonly taskId: string;
  readonly process: FoundProcess;
  /** What is watched, in words. */
  readonly what: string;
  /** What it is in. */
  readonly labels: WorkloadLabels;
}

/** What is known of one target from look to look. */
interface TargetState {
  target: WatchTarget;
  /** Whether it means a process by its ID alone. */
  readonly isBareId: boolean;
  /** By PID and birth. */
  readonly tasks: Map<string, WatchedTask>;
  startedCount: number;
  /** The only process that it has found, which is watched and of which there is nothing to be told. */
  settled: FoundProcess | undefined;
  /** What has been told and still holds. */
  told: ReadonlySet<string>;
}

/**
 * Follows targets as their processes come and go: has each process that is found watched by a manager, under a name of
 * its own or one that stays.
 */
export class Watcher {
  readonly #states = new Map<string, TargetState>();
  #discovery: Discovery;

  /** @throws ProctorError of kind `usage` for a query that makes no sense */
  constructor(
    readonly manager: MonitorManager,
    readonly lookup: ProcessLookup,
    targets: readonly WatchTarget[],
    readonly options: WatcherOptions = {},
  ) {
    this.#discovery = this.#use(targets);
  }

  /** What is watched. */
  get tasks(): WatchedTask[] {
    return [...this.#states.values()].flatMap(({ tasks }) => [...tasks.values()]);
  }

  /** Whether nothing is watched, and nothing can come any more. */
  get isOver(): boolean {
    return [...this.#states.values()].every(({ target, tasks }) => tasks.size === 0 && !isLasting(target));
  }

  /** Have names that take a while be there for the first look; bounded in time. */
  async settle(): Promise<void> {
    await this.#discovery.settle();
  }

  /** Look for processes once: watch those that have come, let go of those that are not meant any more. */
  look(): void {
    const states = [...this.#states.values()];
    const isKnown = states.map((state) => this.#isKnown(state));
    const findings = this.#discovery.look((number) => isKnown[number]);
    states.forEach((state, number) => {
      if (isKnown[number]) return;
      const { problems, processes } = findings[number];
      this.#forgetEnded(state);
      if (isSettled(state, findings[number])) return;
      const meant = meantOf(state.target, findings[number], this.lookup);
      this.#letGo(state, meant);
      const said = [...problems, ...this.#start(state, meant)];
      if (state.startedCount === 0 && isLasting(state.target) && meant.length === 0) said.push(NOBODY);
      for (const line of said) if (!state.told.has(line)) this.#tell(state.target, line);
      state.told = new Set(said);
      const isOne = processes.length === 1 && meant.length === 1 && state.tasks.has(meant[0].key);
      state.settled = isOne && said.length === 0 && state.tasks.size === 1 ? processes[0] : undefined;
    });
  }

  /**
   * Follow other targets from now on. Those of which nothing has changed go on as they are; where only the profile has,
   * its tasks go on by the new one.
   * @throws ProctorError of kind `usage` for a query that makes no sense; nothing has changed then
   */
  update(targets: readonly WatchTarget[]): void {
    const kept = new Set<string>();
    const queries = targets.map(({ query }) => query);
    const discovery = new Discovery(this.lookup, queries, this.options.names);
    for (const target of targets) {
      const state = this.#states.get(target.id);
      if (!state || keyOf(state.target) !== keyOf(target)) continue;
      kept.add(target.id);
      this.#forgetEnded(state);
      const isSameProfile = JSON.stringify(state.target.profile) === JSON.stringify(target.profile);
      for (const { taskId } of isSameProfile ? [] : state.tasks.values()) {
        this.manager.updateProfile(taskId, this.#profileOf(taskId, target));
      }
    }
    const before = new Map(this.#states);
    for (const [id, { tasks }] of before) {
      if (!kept.has(id)) { for (const { taskId } of tasks.values()) this.manager.stop(taskId); }
    }
    this.#states.clear();
    for (const target of targets) {
      const state = kept.has(target.id) ? before.get(target.id)! : fresh(target);
      state.target = target;
      state.settled = undefined;
      this.#states.set(target.id, state);
    }
    this.#discovery = discovery;
  }

  /** How densely tasks are to be sampled has changed: those that it concerns go on by that. */
  repace(): void {
    for (const { target, tasks } of this.#states.values()) {
      for (const { taskId } of tasks.values()) {
        const status = this.manager.get(taskId);
        const profile = this.#profileOf(taskId, target);
        if (status?.state !== "running" || isDeepStrictEqual(status.profile, profile)) continue;
        this.manager.updateProfile(taskId, profile);
      }
    }
  }

  #profileOf(taskId: string, { profile }: WatchTarget): MonitoringProfile {
    return withoutHistory(denserProfile(profile, this.options.denserOf?.(taskId)));
  }

  #use(targets: readonly WatchTarget[]): Discovery {
    for (const target of targets) this.#states.set(target.id, fresh(target));
    return new Discovery(this.lookup, targets.map(({ query }) => query), this.options.names);
  }

  /** Whether nothing but the one process can be found by its ID, and the manager will see it end. */
  #isKnown({ settled, isBareId, tasks }: TargetState): boolean {
    if (!settled || !isBareId) return false;
    for (const { taskId } of tasks.values()) if (!this.manager.isRunning(taskId)) return false;
    return true;
  }

  #forgetEnded({ tasks }: TargetState): void {
    for (const [key, { taskId }] of tasks) {
      if (!this.manager.isRunning(taskId)) tasks.delete(key);
    }
  }

  #letGo({ tasks }: TargetState, meant: readonly Meant[]): void {
    const keys = new Set(meant.map(({ key }) => key));
    for (const [key, { taskId }] of tasks) {
      if (keys.has(key)) continue;
      this.manager.stop(taskId);
      tasks.delete(key);
    }
  }

  /** @returns what a user should know of it */
  #start(state: TargetState, meant: readonly Meant[]): string[] {
    const { target, tasks } = state;
    if (target.follow === "each") return meant.flatMap((one) => this.#startOne(state, one) ?? []);
    const [key] = tasks.keys();
    const current = meant.find((one) => one.key === key) ?? meant[0];
    if (!current) return isLasting(target) ? [] : [`there is no process ${target.query.pid}`];
    const failed = tasks.size === 0 ? this.#startOne(state, current) : undefined;
    // Whoever follows one process is told which, when there are several.
    const others = meant.length > 1 ? [severalMatch(meant, current)] : [];
    return failed === undefined ? others : [failed];
  }

  #startOne(state: TargetState, { key, process, watched, what, labels }: Meant): string | undefined {
    const { target, tasks } = state;
    if (tasks.has(key)) return undefined;
    const taskId = taskIdOf(target, process, this.options.host ?? hostname());
    if (this.manager.isRunning(taskId)) {
      return `process ${process.pid} is not watched: there is a task "${taskId}" already; give the target another task_id`;
    }
    const told = labels(this.options.names);
    try {
      this.manager.start(taskId, watched, this.#profileOf(taskId, target), {
        target: target.id,
        pid: process.pid,
        name: process.name,
        start_time: timestamp(process.startTimeMs),
        restart_count: target.follow === "one" ? state.startedCount : 0,
        ...told,
      }, this.#appOf(target, taskId));
    } catch (error) {
      // It has ended in between.
      if (error instanceof ProctorError) return undefined;
      throw error;
    }
    // Before anybody is told: he may ask what is watched.
    state.startedCount++;
    tasks.set(key, { taskId, process, what, labels: told });
    this.options.onTask?.(tasks.get(key)!, target);
    return undefined;
  }

  #appOf({ scrape }: WatchTarget, taskId: string): ScrapedApp | undefined {
    return scrape && new ScrapedApp(scrape, (line) => this.options.onNotice?.(`${taskId}: ${line}`));
  }

  #tell({ id }: WatchTarget, line: string): void {
    this.options.onNotice?.(`${id}: ${line}`);
  }
}

function fresh(target: WatchTarget): TargetState {
  return {
    target,
    isBareId: isBareId(target.query),
    tasks: new Map(),
    startedCount: 0,
    settled: undefined,
    told: new Set(),
  };
}

/** Whether the one process is found again, as it was, and its task goes on: hundreds of targets have one each. */
function isSettled({ settled, tasks }: TargetState, { processes, workloads, problems }: Findings): boolean {
  return settled !== undefined && processes.length === 1 && processes[0] === settled && tasks.size === 1 &&
    workloads === undefined && problems.length === 0;
}

/** Nobody asks an agent for samples gone by: they would be room and work for nothing. */
function withoutHistory(profile: MonitoringProfile): MonitoringProfile {
  return { ...profile, retain_history: false };
}

/** Everything that makes a target what it is, but its profile. */
function keyOf({ query, tree, network, processes, follow, taskId, scrape }: WatchTarget): string {
  const asked = { ...query, commandLine: query.commandLine?.source };
  return JSON.stringify([asked, tree, network, processes, follow, taskId, scrape]);
}
