import { performance } from "node:perf_hooks";
import { ProctorError } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { SavedGroup } from "../core/saved_group.ts";
import type { ProcessGroupStats } from "../group/group_stats.ts";
import { LaunchError } from "../group/launch_error.ts";
import { ProcessGroup } from "../group/process_group.ts";
import type { RunningProcess } from "../group/running_process.ts";
import type { StartOptions } from "../group/start_options.ts";
import { accountOf } from "./account.ts";
import type { LaunchRule } from "./definition.ts";
import type { Exit, StartStage } from "./state.ts";

/** A launch that failed, and at which step. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  constructor(readonly stage: StartStage, message: string) {
    super(message);
  }
}

/** In a cgroup nothing is missed: looking seldom keeps many idle processes cheap. */
const LOOKOUT_MS = 30_000;
/** A tree that even SIGKILL did not empty is tried again after so long. */
const STUBBORN_MS = 1_000;

/** One life of a managed process: its tree, from the launch to the emptiness after its end. */
export class ProcessRun {
  /** Resolves when the command has ended and nothing is left of its tree. */
  readonly ended: Promise<Exit>;
  readonly startedMs = performance.now();
  #isDetached = false;
  #isRequested = false;
  #isOver = false;
  #hasOomKill = false;
  #stopping: Promise<unknown> | null = null;
  #cpuMarks: { ms: number; seconds: number }[] = [];

  private constructor(
    readonly group: ProcessGroup,
    readonly command: RunningProcess,
    readonly rule: LaunchRule,
    /** Called once no more output comes. */
    readonly onQuiet: () => Promise<void>,
  ) {
    this.#markCpu(group.stats().totalCpuTimeSeconds);
    this.ended = this.#end();
  }

  /**
   * Launch a command in a group of its own.
   * @param onGroup called before anything runs: should we die now, what has begun can be found
   * @param start starts it with the streams its logs want
   * @throws StartFailure
   */
  static async launch(
    rule: LaunchRule,
    limits: Limits | undefined,
    onGroup: (group: SavedGroup) => void,
    start: (start: (streams: Pick<StartOptions, "stdout" | "stderr">) => RunningProcess) => RunningProcess,
    onQuiet: () => Promise<void>,
  ): Promise<ProcessRun> {
    const account = rule.user === null ? {} : accountOf(rule.user, rule.group);
    if (typeof account === "string") throw new StartFailure("resolve", account);
    const group = await ProcessGroup.create({ onOwnerDeath: "keep", limits, lookoutMs: LOOKOUT_MS }).catch(
      (error) => {
        throw new StartFailure("cgroup", (error as Error).message);
      },
    );
    try {
      onGroup(group.save());
      const command = start((streams) =>
        group.start(rule.command, {
          cwd: rule.workingDirectory,
          env: rule.environment,
          stdin: "null",
          ownSession: true,
          fileDescriptorLimit: rule.fileDescriptorLimit ?? undefined,
          ...streams,
          ...account,
        })
      );
      return new ProcessRun(group, command, rule, onQuiet);
    } catch (error) {
      group[Symbol.dispose]();
      throw new StartFailure(stageOf(error), (error as Error).message);
    }
  }

  /**
   * Take up what another supervisor has started; null when its command is no longer there.
   */
  static async adopt(
    saved: SavedGroup,
    pid: number,
    rule: LaunchRule,
    onQuiet: () => Promise<void>,
  ): Promise<ProcessRun | null> {
    let group: ProcessGroup;
    try {
      group = await ProcessGroup.adopt(saved);
    } catch (error) {
      if (error instanceof ProctorError) return null;
      throw error;
    }
    const command = group.processes.find((one) => one.pid === pid);
    if (command) return new ProcessRun(group, command, rule, onQuiet);
    // Something else is left of it: an adoption of that would be none.
    await group[Symbol.asyncDispose]();
    return null;
  }

  get pid(): number {
    return this.command.pid;
  }

  /** Whether the kernel has killed any of the tree for want of memory. */
  get hasOomKill(): boolean {
    if (!this.#isOver) this.#hasOomKill = (this.group.stats().oomKillCount ?? 0) > 0;
    return this.#hasOomKill;
  }

  /** What the tree has used, and what it has. */
  stats(): ProcessGroupStats {
    return this.group.stats();
  }

  /** CPU of the whole tree since about a second ago or more, in percent; null before it can be told. */
  cpuPercent(totalSeconds: number | null): number | null {
    this.#markCpu(totalSeconds);
    const [from] = this.#cpuMarks;
    const last = this.#cpuMarks.at(-1);
    if (!from || !last || last.ms - from.ms < SHORTEST_RATE_MS) return null;
    return Math.max(0, (last.seconds - from.seconds) / (last.ms - from.ms) * 1e5);
  }

  /** What is wrong with the command itself, or null. */
  fault(): string | null {
    if (this.command.exitStatus !== undefined) return "it has ended";
    return this.command.isSuspended() ? "it is suspended (SIGSTOP)" : null;
  }

  /** Begin to stop the tree; {@link ended} tells when that is done. Killing overtakes a stop that is going on. */
  stop(kill: boolean): void {
    if (kill) this.#stopping = this.#kill();
    else this.#stopping ??= this.#stopGracefully();
  }

  /** Let go of the tree, which goes on. */
  detach(): SavedGroup {
    this.#isDetached = true;
    return this.group.detach();
  }

  async #stopGracefully(): Promise<void> {
    const { stopRequest, gracefulTimeoutMs: graceMs, stopSignal } = this.rule;
    const startedMs = performance.now();
    if (stopRequest && !this.#isRequested) {
      this.#isRequested = true;
      const { sendStopRequest } = await import("./stop_request.ts");
      if (await sendStopRequest(stopRequest, this.rule)) {
        await Promise.race([this.command.wait(), sleep(graceMs - (performance.now() - startedMs))]);
      }
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

  async #end(): Promise<Exit> {
    const exit = await this.command.wait();
    if (this.#isDetached) return await new Promise<never>(() => {});
    // What the command has started does not outlive it.
    await (this.#stopping ?? this.#stopGracefully());
    while (!this.#isDetached && this.group.stats().activeProcessCount > 0) {
      await sleep(STUBBORN_MS);
      await this.#kill();
    }
    await this.onQuiet();
    // For whoever asks later.
    void this.hasOomKill;
    this.#isOver = true;
    this.group[Symbol.dispose]();
    return exit;
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

/** The step of the supervisor's story at which a launch failed. */
function stageOf(error: unknown): StartStage {
  if (error instanceof LaunchError) {
    if (error.stage === "containment") return "cgroup";
    return error.stage === "exec" ? "exec" : "spawn";
  }
  return error instanceof ProctorError && error.kind !== "system" ? "resolve" : "spawn";
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
