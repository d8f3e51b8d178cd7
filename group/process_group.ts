import { ProctorError, usageError } from "../core/error.ts";
import { Total } from "../core/measure/raw.ts";
import { checkOptions, MILLISECONDS, TEXT } from "../core/option.ts";
import type { ProcessTableRecord } from "../core/schema/process_table_schema.ts";
import type { SavedGroup } from "../core/schema/saved_group.ts";
import { rememberGroup } from "./access.ts";
import { statsOf, usageOf } from "./group_stats.ts";
import type { ProcessGroupStats, ProcessGroupUsage } from "./group_stats.ts";
import type { GroupOptions } from "./group_options.ts";
import { GroupState } from "./group_state.ts";
import { capture, OUTPUT_RULES } from "./output.ts";
import type { CapturedOutput, OutputOptions } from "./output.ts";
import { RunningProcess } from "./running_process.ts";
import { sampleStats } from "./stats_sampler.ts";
import type { SampleOptions } from "./stats_sampler.ts";
import type { StartOptions } from "./start_options.ts";
import { checkSignal, DEFAULT_GRACE_MS, signalAll, stopTree } from "./stop.ts";
import type { StopOptions, StopReport } from "./stop.ts";

/** Ends a group's processes when the group is garbage-collected, unless it is to be kept. */
const forgotten = new FinalizationRegistry<GroupState>((state) =>
  state.isKept ? state.detach() : state.killNow()
);

/**
 * A tree of processes that is contained, accounted for and surely ended: by `await using`, `using`, garbage
 * collection, and the death of this program itself, however it dies (docs/groups.md says what each mechanism
 * guarantees).
 *
 * ```ts
 * await using group = await ProcessGroup.create();
 * const server = group.start(["./server"], { stdout: "pipe" });
 * console.log(group.stats().totalCpuTimeSeconds);
 * ```
 */
export class ProcessGroup implements AsyncDisposable, Disposable {
  readonly #state: GroupState;
  #isPaused = false;
  #usage: { readonly drawCount: number; readonly usage: ProcessGroupUsage } | undefined;

  private constructor(state: GroupState) {
    this.#state = state;
    forgotten.register(this, state, state);
    rememberGroup(this, state);
  }

  /**
   * Make an empty group in the strongest container this machine allows.
   * @throws ProctorError of kind `system` where processes cannot be watched
   */
  static async create(options: GroupOptions = {}): Promise<ProcessGroup> {
    return new ProcessGroup(await GroupState.create(options));
  }

  /**
   * Take up a group that another program has kept (`onOwnerDeath: "keep"`) and saved: the same processes by PID and
   * start time, or none. They are not our children, so their exit status is unknown, and the use of those
   * that ended unobserved is lost: all figures but the cgroup's own CPU are lower bounds.
   *
   * @param saved what {@link save} or {@link detach} gave, or the same read from JSON
   * @param options.onOwnerDeath default `keep`
   * @throws ProctorError of kind `usage` when it is not a saved group; `system` when its processes are gone
   */
  static async adopt(
    saved: SavedGroup,
    options: { onOwnerDeath?: GroupOptions["onOwnerDeath"] } = {},
  ): Promise<ProcessGroup> {
    checkOptions(options, { onOwnerDeath: TEXT });
    const { parseSavedGroup } = await import("../core/schema/saved_group.ts");
    const group = new ProcessGroup(await GroupState.adopt(parseSavedGroup(saved), options.onOwnerDeath));
    group.#isPaused = group.#state.tree.container.isFrozen();
    return group;
  }

  /** What was started in the group and runs still, the first first. */
  get processes(): RunningProcess[] {
    return this.#state.running.map((started) => new RunningProcess(this, this.#state, started));
  }

  /** Whether the group was made to go on without this program. */
  get isKept(): boolean {
    return this.#state.isKept;
  }

  /**
   * What another program needs to {@link adopt} the group: plain JSON. To be saved again when something was started.
   * @throws ProctorError of kind `usage` when the group is closed, or ends with this program
   */
  save(): SavedGroup {
    this.#demandOpen();
    if (!this.#state.isKept) {
      throw usageError('the group ends with this program; make it with onOwnerDeath: "keep" to save it');
    }
    return this.#state.save();
  }

  /**
   * Close the group and leave its members running.
   * @returns as {@link save}
   * @throws ProctorError of kind `usage` when the group is closed, or ends with this program
   */
  detach(): SavedGroup {
    const saved = this.save();
    forgotten.unregister(this.#state);
    this.#state.detach();
    return saved;
  }

  /** How the tree is held together. */
  get mechanism(): "cgroup" | "subreaper" | "job_object" | "process_group" | "none" {
    return this.#state.tree.container.mechanism;
  }

  /** Why no stronger mechanism is in use, or null. */
  get mechanismReason(): string | null {
    return this.#state.tree.container.reason;
  }

  /** Whether the group has been closed. */
  get isClosed(): boolean {
    return this.#state.isClosed;
  }

  /**
   * Start a command in the group; several may run in one.
   * @throws ProctorError when the group is closed or paused, or the command cannot be started
   */
  start(command: readonly (string | Uint8Array)[], options: StartOptions = {}): RunningProcess {
    this.#demandOpen();
    // Frozen before its first step it would never become the command, and we would wait for that.
    if (this.#isPaused) {
      throw usageError("the process group is paused; resume it before something is started in it");
    }
    return new RunningProcess(this, this.#state, this.#state.launch(command, options));
  }

  /**
   * Take a member that a command of the group has started, such as a daemon that has put itself into the background,
   * for one that was started here; null when there is no living member with this PID.
   */
  follow(pid: number): RunningProcess | null {
    const started = this.#state.follow(pid);
    return started && new RunningProcess(this, this.#state, started);
  }

  /** Whether a process is a member of the tree now, one that has just ended and was not waited for included. */
  has(pid: number): boolean {
    if (this.isClosed) return false;
    this.#state.tree.refresh(performance.now(), "members");
    return this.#state.tree.member(pid) !== undefined;
  }

  /** The living members, parents first: who they are. */
  members(): { pid: number; name: string }[] {
    if (this.isClosed) return [];
    this.#state.tree.refresh(performance.now(), "members");
    return this.#state.tree.members.filter(({ isZombie }) => !isZombie).map(({ pid, name }) => ({
      pid,
      name,
    }));
  }

  /**
   * Run a command to its end and keep what it writes, up to a bound (1 MiB of each, unless said otherwise); what
   * goes beyond is read and thrown away, so that a flood exhausts nothing.
   * @throws ProctorError when the group is closed, or the command cannot be started
   */
  async output(
    command: readonly (string | Uint8Array)[],
    options: OutputOptions = {},
  ): Promise<CapturedOutput> {
    checkOptions(options, OUTPUT_RULES);
    const running = this.start(command, { ...options, stdin: "null", stdout: "pipe", stderr: "pipe" });
    return await capture(running, options, this.#state.tree.platform);
  }

  /**
   * What the group has used so far, the ended members included.
   * @throws ProctorError when the group is closed
   */
  stats(): ProcessGroupStats {
    this.#demandOpen();
    this.#state.tree.refresh(performance.now());
    const { tree, processes } = this.#state;
    processes?.catchUp();
    const stats = statsOf(tree);
    return processes ? { ...stats, totalProcessCount: processes.processCount(tree) } : stats;
  }

  /**
   * The same without what limits count: a look that opens no file, for those who look at many groups.
   * @throws ProctorError when the group is closed
   */
  usage(): ProcessGroupUsage {
    this.#demandOpen();
    const { tree } = this.#state;
    tree.refresh(performance.now(), "glance");
    const { drawCount, gpu, told, container: { counters } } = tree;
    // Of the same reading it is the same, but for what is told of past it.
    const isPast = gpu !== undefined || told !== undefined || counters !== null;
    if (isPast || this.#usage?.drawCount !== drawCount) this.#usage = { drawCount, usage: usageOf(tree) };
    return this.#usage.usage;
  }

  /**
   * Every process that has lived in the group so far, by executable, and the dearest, as a summary has them in
   * `processes`; null where it was not asked for (option `processes`).
   * @throws ProctorError when the group is closed
   */
  processTable(): ProcessTableRecord | null {
    this.#demandOpen();
    const { tree, processes } = this.#state;
    if (!processes) return null;
    tree.refresh(performance.now(), "everything");
    return processes.soFar(tree, tree.reading.totals[Total.cpuSeconds]).table;
  }

  /** Why not all is told of every process that could be, and what would raise it; or null. */
  get processesReason(): string | null {
    return this.#state.processes?.limitation ?? null;
  }

  /**
   * Statistics over time: the first at once, then one per interval (at least 1 ms). A slow consumer
   * gets no burst: missed ticks are skipped. Ends for good when the group is closed or forgotten, and keeps
   * neither it nor the program alive.
   */
  sampleStats(options: SampleOptions): AsyncIterableIterator<ProcessGroupStats> {
    return sampleStats(new WeakRef(this), options);
  }

  /** Send a signal to every member; how many got it. */
  signal(signal: string): number {
    if (this.isClosed) return 0;
    checkSignal(this.#state.tree.platform, signal);
    this.#state.tree.refresh(performance.now(), "members");
    return signalAll(this.#state.tree, signal);
  }

  /** Let no member run until {@link resume}: by the cgroup's freezer, or SIGSTOP to each. */
  async pause(): Promise<void> {
    this.#demandOpen();
    const { container } = this.#state.tree;
    this.#isPaused = true;
    if (container.freeze(true)) await this.#state.until(() => container.isFrozen());
    else this.signal("SIGSTOP");
  }

  /** Let the members run again. */
  resume(): void {
    this.#demandOpen();
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#state.tree.container.freeze(false)) this.signal("SIGCONT");
  }

  /**
   * Stop everything in the group: the signal (SIGTERM) to every member, the grace (2 s), then SIGKILL. Comes
   * back when the tree is empty, as early as that may be; the report says so if it cannot be emptied. The group
   * can be used again afterwards.
   */
  async stop(options: Partial<StopOptions> = {}): Promise<StopReport> {
    checkOptions(options, { signal: TEXT, graceMs: MILLISECONDS });
    const { signal = "SIGTERM", graceMs = DEFAULT_GRACE_MS } = options;
    if (this.isClosed) {
      return { membersBefore: 0, membersAfter: 0, signalled: [], killed: false, elapsedSeconds: 0 };
    }
    checkSignal(this.#state.tree.platform, signal);
    this.resume(); // What stands still cannot end by itself.
    return await this.#state.withWake((wake) => stopTree(this.#state.tree, { signal, graceMs }, wake));
  }

  /** Kill everything at once and close the group. */
  [Symbol.dispose](): void {
    forgotten.unregister(this.#state);
    this.#state.killNow();
  }

  /** Kill everything and close the group; waits until nothing is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isClosed) return;
    await this.stop({ graceMs: 0, signal: "SIGKILL" });
    this[Symbol.dispose]();
  }

  #demandOpen(): void {
    if (this.isClosed) throw new ProctorError("usage", "the process group is closed");
  }
}
