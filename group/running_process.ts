import { Raw } from "../core/measure/raw.ts";
import { checkOptions, NUMBER } from "../core/option.ts";
import { count, seconds } from "../core/measure/numbers.ts";
import { rememberProcess } from "./access.ts";
import type { GroupState, StartedCommand } from "./group_state.ts";
import { checkPeriod } from "./stats_sampler.ts";
import { checkSignal } from "./stop.ts";

/** How a process ended. */
export interface ExitStatus {
  /** `oom_killed`: by the kernel because memory ran out, as far as the group's mechanism can tell. */
  readonly outcome: "exited" | "signaled" | "oom_killed" | "unknown";
  /** null if a signal ended it, or this process could not wait for it. */
  readonly exitCode: number | null;
  /** The signal that ended it, such as `SIGKILL`; null if none did, or it is not known. */
  readonly signal: string | null;
}

/** What one run came to (docs/specification.md, "Groups"). */
export interface RunProfile extends ExitStatus {
  /** From the call of `profile` to the end. */
  readonly durationSeconds: number;
  /** CPU of the process itself, its own threads; null when it was never seen. */
  readonly cpuTimeSeconds: number | null;
  /** The most memory the process itself was seen to have; null when it was never seen. */
  readonly peakMemoryBytes: number | null;
  /** CPU over duration, in cores; null when CPU was never seen or the duration is zero. */
  readonly avgCpuCores: number | null;
  /** Looks taken while it ran. */
  readonly samples: number;
}

/** Waiters poll at this interval, in case a signal was lost. */
const LOOK_AGAIN_MS = 1_000;

/** A process that was started in a group. Keeps the group from being forgotten. */
export class RunningProcess {
  /** Its process id. */
  readonly pid: number;
  /** What it writes to standard output, when that is a pipe; null else. */
  readonly stdout: ReadableStream<Uint8Array> | null;
  /** What it writes to standard error, when that is a pipe; null else. */
  readonly stderr: ReadableStream<Uint8Array> | null;
  readonly #state: GroupState;
  readonly #started: StartedCommand;

  /** Made by `ProcessGroup.start`. */
  constructor(readonly group: object, state: GroupState, started: StartedCommand) {
    this.#state = state;
    this.#started = started;
    this.pid = started.reader.pid;
    this.stdout = started.stdout;
    this.stderr = started.stderr;
    rememberProcess(this, state, started);
  }

  /** How it ended; undefined while it runs. */
  get exitStatus(): ExitStatus | undefined {
    const { end } = this.#started;
    if (!end && !this.#state.isClosed) return undefined;
    const exit = end?.exit;
    if (!end || !exit) return { outcome: "unknown", exitCode: null, signal: null };
    const signal = exit.signal === null ? null : this.#state.tree.platform.signalName(exit.signal);
    const outcome = end.oomKilled ? "oom_killed" : signal === null ? "exited" : "signaled";
    return { outcome, exitCode: exit.exitCode, signal };
  }

  /** Wait for its end. Its children may go on; so may the group. */
  async wait(): Promise<ExitStatus> {
    await this.#state.until(() => this.exitStatus !== undefined, true);
    return this.exitStatus!;
  }

  /** When it was started, in milliseconds since the epoch: a label, to about 10 ms. */
  get startTimeMs(): number {
    return this.#started.reader.startTimeMs;
  }

  /** Whether it stands still by a signal or a debugger; false once it has ended. */
  isSuspended(): boolean {
    if (this.exitStatus !== undefined) return false;
    this.#started.reader.look(true);
    return this.#started.reader.isSuspended;
  }

  /** Send a signal to it alone, not to its children; false when it has ended or may not be signalled. */
  signal(signal: string): boolean {
    const { platform } = this.#state.tree;
    checkSignal(platform, signal);
    return this.exitStatus === undefined && platform.signal(this.#started.reader, signal);
  }

  /** Whether it is on its way out, killed or exiting, or has ended: {@link wait} resolves soon. */
  isEnding(): boolean {
    return this.exitStatus !== undefined || this.#state.tree.platform.isEnding(this.pid);
  }

  /** CPU seconds of the process itself so far, without its children; null when it was never seen. */
  cpuTimeSeconds(): number | null {
    this.#look();
    return seconds(this.#started.reader.cpuSeconds);
  }

  /** The most memory the process itself was seen to have, in bytes; null when it was never seen. */
  peakMemoryBytes(): number | null {
    this.#look();
    const { end, reader } = this.#started;
    return count(end?.peakMemoryBytes ?? reader.row[Raw.peakMemoryBytes]);
  }

  /**
   * Watch it to its end.
   * @param options.everyMs how often to look, in milliseconds; at least 1
   */
  async profile(options: { everyMs: number }): Promise<RunProfile> {
    checkOptions(options, { everyMs: NUMBER });
    checkPeriod("everyMs", options.everyMs);
    const started = performance.now();
    const everyMs = Math.max(1, options.everyMs);
    let samples = 0;
    await this.#state.withWake(async (wake) => {
      for (let due = started; this.exitStatus === undefined;) {
        if (performance.now() >= due) {
          this.#look();
          samples++;
          // A late look is skipped, never made up.
          do due += everyMs; while (due <= performance.now());
        }
        await wake.sleep(Math.min(due - performance.now(), LOOK_AGAIN_MS));
        if (!this.#state.isClosed) this.#state.tree.reapEnded();
      }
    });
    const durationSeconds = (performance.now() - started) / 1_000;
    const cpuTimeSeconds = this.cpuTimeSeconds();
    const cores = cpuTimeSeconds === null || durationSeconds <= 0 ? null : cpuTimeSeconds / durationSeconds;
    return {
      ...this.exitStatus!,
      durationSeconds,
      cpuTimeSeconds,
      peakMemoryBytes: this.peakMemoryBytes(),
      avgCpuCores: cores,
      samples,
    };
  }

  /** Once it has ended its reader holds the final figures, and is closed. */
  #look(): void {
    if (this.exitStatus === undefined) this.#started.reader.look(false);
  }
}
