import { hostname } from "node:os";
import { ProctorError } from "../core/error.ts";
import { timestamp } from "../core/numbers.ts";
import type { ProcessLookup } from "../platform/mod.ts";
import { Discovery } from "./discovery.ts";
import type { FoundProcess } from "./discovery.ts";
import type { MonitorManager } from "./manager.ts";
import { meantBy } from "./tree_roots.ts";
import { isLasting, taskIdOf } from "./watch_target.ts";
import type { WatchTarget } from "./watch_target.ts";

/** Told once, before the first process of a target. */
const NOBODY = "no process matches at the moment; it is waited for";

/** What a watcher tells. */
export interface WatcherOptions {
  /** A task begins; its messages follow. */
  readonly onTask?: (taskId: string, process: FoundProcess, target: WatchTarget) => void;
  /** A line worth telling a user. */
  readonly onNotice?: (line: string) => void;
  /** For `{host}`; default: the machine's name. */
  readonly host?: string;
}

/** One process that is watched, under its name. */
export interface WatchedTask {
  readonly taskId: string;
  readonly process: FoundProcess;
}

/** What is known of one target from look to look. */
interface TargetState {
  target: WatchTarget;
  /** By PID and birth. */
  readonly tasks: Map<string, WatchedTask>;
  startedCount: number;
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

  /** Look for processes once: watch those that have come, let go of those that are not meant any more. */
  look(): void {
    const findings = this.#discovery.look();
    [...this.#states.values()].forEach((state, number) => {
      const { processes, problems } = findings[number];
      this.#forgetEnded(state);
      const meant = meantBy(state.target, processes, this.lookup);
      this.#letGo(state, meant);
      const said = [...problems, ...this.#start(state, meant)];
      if (state.startedCount === 0 && isLasting(state.target) && meant.length === 0) said.push(NOBODY);
      for (const line of said) if (!state.told.has(line)) this.#tell(state.target, line);
      state.told = new Set(said);
    });
  }

  /**
   * Follow other targets from now on. Those of which nothing has changed go on as they are; where only the profile has,
   * its tasks go on by the new one.
   * @throws ProctorError of kind `usage` for a query that makes no sense; nothing has changed then
   */
  update(targets: readonly WatchTarget[]): void {
    const kept = new Set<string>();
    const discovery = new Discovery(this.lookup, targets.map(({ query }) => query));
    for (const target of targets) {
      const state = this.#states.get(target.id);
      if (!state || keyOf(state.target) !== keyOf(target)) continue;
      kept.add(target.id);
      this.#forgetEnded(state);
      const isSameProfile = JSON.stringify(state.target.profile) === JSON.stringify(target.profile);
      for (const { taskId } of isSameProfile ? [] : state.tasks.values()) {
        this.manager.updateProfile(taskId, target.profile);
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
      this.#states.set(target.id, state);
    }
    this.#discovery = discovery;
  }

  #use(targets: readonly WatchTarget[]): Discovery {
    for (const target of targets) this.#states.set(target.id, fresh(target));
    return new Discovery(this.lookup, targets.map(({ query }) => query));
  }

  #forgetEnded({ tasks }: TargetState): void {
    for (const [key, { taskId }] of tasks) {
      if (this.manager.get(taskId)?.state !== "running") tasks.delete(key);
    }
  }

  #letGo({ tasks }: TargetState, meant: readonly FoundProcess[]): void {
    const keys = new Set(meant.map(identityOf));
    for (const [key, { taskId }] of tasks) {
      if (keys.has(key)) continue;
      this.manager.stop(taskId);
      tasks.delete(key);
    }
  }

  /** @returns what a user should know of it */
  #start(state: TargetState, meant: readonly FoundProcess[]): string[] {
    const { target, tasks } = state;
    if (target.follow === "each") return meant.flatMap((process) => this.#startOne(state, process) ?? []);
    const current = [...tasks.values()][0]?.process ?? meant[0];
    if (!current) return isLasting(target) ? [] : [`there is no process ${target.query.pid}`];
    const failed = tasks.size === 0 ? this.#startOne(state, current) : undefined;
    // Whoever follows one process is told which, when there are several.
    const others = meant.length > 1 ? [`${meant.length} processes match; ${current.pid} is watched`] : [];
    return failed === undefined ? others : [failed];
  }

  #startOne(state: TargetState, process: FoundProcess): string | undefined {
    const { target, tasks } = state;
    const key = identityOf(process);
    if (tasks.has(key)) return undefined;
    const taskId = taskIdOf(target, process, this.options.host ?? hostname());
    if (this.manager.get(taskId)?.state === "running") {
      return `process ${process.pid} is not watched: there is a task "${taskId}" already; give the target another task_id`;
    }
    try {
      this.manager.start(taskId, { ...identity(process), tree: target.tree }, target.profile, {
        target: target.id,
        pid: process.pid,
        name: process.name,
        start_time: timestamp(process.startTimeMs),
        restart_count: target.follow === "one" ? state.startedCount : 0,
      });
    } catch (error) {
      // It has ended in between.
      if (error instanceof ProctorError) return undefined;
      throw error;
    }
    this.options.onTask?.(taskId, process, target);
    state.startedCount++;
    tasks.set(key, { taskId, process });
    return undefined;
  }

  #tell({ id }: WatchTarget, line: string): void {
    this.options.onNotice?.(`${id}: ${line}`);
  }
}

function fresh(target: WatchTarget): TargetState {
  return { target, tasks: new Map(), startedCount: 0, told: new Set() };
}

function identity({ pid, birth }: FoundProcess) {
  return { pid, birth };
}

function identityOf({ pid, birth }: FoundProcess): string {
  return `${pid}:${birth}`;
}

/** Everything that makes a target what it is, but its profile. */
function keyOf({ query, tree, follow, taskId }: WatchTarget): string {
  return JSON.stringify([{ ...query, commandLine: query.commandLine?.source }, tree, follow, taskId]);
}
