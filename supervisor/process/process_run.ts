import { ProctorError } from "../../core/error.ts";
import type { SavedGroup } from "../../core/schema/saved_group.ts";
import type { ProcessGroupUsage } from "../../group/group_stats.ts";
import { stateOf } from "../../group/access.ts";
import { ProcessGroup } from "../../group/process_group.ts";
import type { RunningProcess } from "../../group/running_process.ts";
import { pause } from "../../io/deadline.ts";
import type { LaunchRule } from "../definition.ts";
import type { ProbeContext } from "../health/probes/probe.ts";
import type { Exit } from "../lifecycle/machine.ts";
import { findDaemon, leftBehind } from "./forking.ts";

/** Interval between two SIGKILLs to a tree that does not become empty. */
const KILL_AGAIN_MS = 1_000;

/** One life of a managed process: its tree, from the launch until the tree is empty. */
export class ProcessRun {
  /** Resolves when the command has ended and nothing is left of its tree. */
  readonly ended: Promise<Exit>;
  /** On our own clock, also where another supervisor has launched it. */
  readonly startedMs: number;
  #isDetached = false;
  #isRequested = false;
  #isOver = false;
  #hasOomKill = false;
  #command: RunningProcess;
  #stopping: Promise<unknown> | null = null;
  /** Ends the request to stop, and what it has started. */
  readonly #requests = new AbortController();
  #request: Promise<unknown> = Promise.resolve();
  #cpuMarks: { ms: number; seconds: number }[] = [];

  /**
   * Resolves when the process that is followed is known: at once, but for a command that puts itself into the
   * background (`type: forking`). Never, when the run ends before.
   */
  readonly settled: Promise<void>;
  #settle: () => void = () => {};

  /**
   * @param isAdopted another supervisor has launched it
   * @param isKillable whether the kernel is to kill for a limit on memory: of no other run is it asked
   */
  constructor(
    readonly group: ProcessGroup,
    command: RunningProcess,
    readonly rule: LaunchRule,
    isAdopted: boolean,
    readonly isKillable: boolean,
  ) {
    this.#command = command;
    const livedMs = isAdopted ? Math.max(0, Date.now() - command.startTimeMs) : 0;
    this.startedMs = performance.now() - livedMs;
    this.settled = new Promise((resolve) => this.#settle = resolve);
    // A group of its own, in which nothing has run before: no look is needed to know what it has used so far.
    this.#markCpu(isAdopted ? group.usage().totalCpuTimeSeconds : 0);
    const isForking = rule.pidFile !== undefined && !isAdopted;
    if (!isForking) this.#settle();
    this.ended = this.#end(isForking);
  }

  /**
   * Take up what another supervisor has started; null when its command is no longer there.
   */
  static async adopt(
    saved: SavedGroup,
    pid: number,
    rule: LaunchRule,
    isKillable: boolean,
  ): Promise<ProcessRun | null> {
    let group: ProcessGroup;
    try {
      group = await ProcessGroup.adopt(saved);
    } catch (error) {
      if (error instanceof ProctorError) return null;
      throw error;
    }
    const command = group.processes.find((one) => one.pid === pid);
    if (command) return new ProcessRun(group, command, rule, true, isKillable);
    // Something else is left of it: an adoption of that would be none.
    await group[Symbol.asyncDispose]();
    return null;
  }

  /** The process that is followed: when it ends, the run ends. */
  get command(): RunningProcess {
    return this.#command;
  }

  get pid(): number {
    return this.#command.pid;
  }

  /** Whether the kernel has killed a process of the tree for its limit on memory. */
  get hasOomKill(): boolean {
    if (this.isKillable && !this.#isOver && !this.group.isClosed) {
      this.#hasOomKill ||= (this.group.stats().oomKillCount ?? 0) > 0;
    }
    return this.#hasOomKill;
  }

  /** What the tree has used, and what it has. */
  usage(): ProcessGroupUsage {
    return this.group.usage();
  }

  /** CPU of the whole tree over the last second or more, in percent; null before that is known. */
  cpuPercent(totalSeconds: number | null): number | null {
    this.#markCpu(totalSeconds);
    const [from] = this.#cpuMarks;
    const last = this.#cpuMarks.at(-1);
    if (!from || !last || last.ms - from.ms < SHORTEST_RATE_MS) return null;
    return Math.max(0, (last.seconds - from.seconds) / (last.ms - from.ms) * 1e5);
  }

  /** What is left until it has lived for as long as it has to before it is running. */
  get leftOfStartMs(): number {
    return this.startedMs + (this.rule.startMs ?? 0) - performance.now();
  }

  /** What probes may know of it. */
  get probeContext(): ProbeContext {
    const { workingDirectory, environment, user, group } = this.rule;
    return { processFault: () => this.fault(), workingDirectory, environment, user, group };
  }

  /** What is wrong with the command itself, or null. */
  fault(): string | null {
    if (this.#command.exitStatus !== undefined) return "it has ended";
    return this.#command.isSuspended() ? "it is suspended (SIGSTOP)" : null;
  }

  /** Send a signal to the process that is followed, or to its whole tree; how many got it. */
  signal(signal: string, toTree: boolean): number {
    return toTree ? this.group.signal(signal) : Number(this.#command.signal(signal));
  }

  /** Begin to stop the tree; {@link ended} tells when that is done. Killing overtakes a stop that is going on. */
  stop(kill: boolean): void {
    if (kill) {
      this.#requests.abort();
      this.#stopping = this.#kill();
    } else this.#stopping ??= this.#stopGracefully();
  }

  /** Let go of the tree, which goes on. */
  detach(): SavedGroup {
    this.#isDetached = true;
    this.#requests.abort();
    return this.group.detach();
  }

  /** Let go of the tree, which is empty. */
  close(): void {
    this.group[Symbol.dispose]();
  }

  /** Whether a look tells for sure that nobody is left, and nobody is to be told of the stop. */
  get #isEmpty(): boolean {
    const { group } = this;
    const tree = stateOf(group)?.tree;
    return tree?.container.listsMembers === true && !this.rule.stopRequest && group.members().length === 0 &&
      group.usage().activeProcessCount === 0 && !tree.mayHideMembers();
  }

  async #stopGracefully(): Promise<void> {
    const { stopRequest, gracefulTimeoutMs: graceMs, stopSignal } = this.rule;
    const startedMs = performance.now();
    if (stopRequest && !this.#isRequested) {
      this.#isRequested = true;
      const { sendStopRequest } = await import("./stop_request.ts");
      // Neither outlives the grace, nor what it asks.
      const signal = this.#requests.signal;
      const late = setTimeout(() => this.#requests.abort(), Math.ceil(graceMs));
      const asked = sendStopRequest(stopRequest, this.rule, signal);
      this.#request = asked;
      const gone = this.#command.wait();
      const isHeard = await Promise.race([asked, gone.then(() => false)]);
      if (isHeard) await Promise.race([gone, pause(graceMs - (performance.now() - startedMs), signal)]);
      clearTimeout(late);
      this.#requests.abort();
      await asked;
    }
    const left = Math.max(0, graceMs - (performance.now() - startedMs));
    if (left === 0) return await this.#kill();
    const stopped = this.group.stop({ signal: stopSignal, graceMs: left });
    // What is suspended could not hear it.
    this.group.signal("SIGCONT");
    await stopped;
  }

  async #kill(): Promise<void> {
    await this.group.stop({ signal: "SIGKILL", graceMs: 0 });
  }

  async #end(isForking: boolean): Promise<Exit> {
    let exit: Exit = await this.#command.wait();
    if (isForking && exit.exitCode === 0) exit = await this.#followDaemon(exit);
    else if (exit.exitCode === 0 && !this.#isDetached) {
      exit = { ...exit, remark: leftBehind(this.group.members()) };
    }
    if (this.#isDetached) return await new Promise<never>(() => {});
    // Read at once: an empty cgroup whose creator is dead, as that of an adopted run, is removed when the next is
    // created.
    void this.hasOomKill;
    // What the command has started does not outlive it.
    if (this.#stopping || !this.#isEmpty) await (this.#stopping ?? this.#stopGracefully());
    while (!this.#isDetached && this.group.usage().activeProcessCount > 0) {
      await pause(KILL_AGAIN_MS);
      await this.#kill();
    }
    await this.#request;
    // Asked once more, for later callers.
    void this.hasOomKill;
    this.#isOver = true;
    return exit;
  }

  /** What keeps it from being {@link settled}, as far as it was seen. */
  obstacle: string | null = null;

  /** The command has put a daemon into the background, and gone: follow that, to its end. */
  async #followDaemon(exit: Exit): Promise<Exit> {
    const found = await findDaemon(this.group, this.rule.pidFile!, {
      isOver: () => this.#stopping !== null || this.#isDetached,
      onSeen: (sentence) => this.obstacle = sentence,
    });
    if (typeof found === "string") return { ...exit, fault: found };
    this.#command = found;
    this.#settle();
    return await found.wait();
  }

  /** A mark a second or so ago, and one now. */
  #markCpu(seconds: number | null): void {
    if (seconds === null) return;
    const ms = performance.now();
    const marks = this.#cpuMarks;
    while (marks.length > 1 && ms - marks[1].ms >= RATE_OVER_MS) marks.shift();
    if (marks.length < 2 || ms - marks.at(-1)!.ms >= RATE_OVER_MS) marks.push({ ms, seconds });
    else marks[marks.length - 1] = { ms, seconds };
  }
}

const RATE_OVER_MS = 1_000;
const SHORTEST_RATE_MS = 50;
