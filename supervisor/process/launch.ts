import { ProctorError } from "../../core/error.ts";
import { ID_VARIABLE } from "../../core/schema/marker.ts";
import type { SavedGroup } from "../../core/schema/saved_group.ts";
import type { GroupOptions } from "../../group/group_options.ts";
import { LaunchError } from "../../group/launch_error.ts";
import { ProcessGroup } from "../../group/process_group.ts";
import type { StartOptions } from "../../group/start_options.ts";
import type { LaunchRule } from "../definition.ts";
import type { Signs } from "../health/signs.ts";
import type { StartStage } from "../lifecycle/machine_event.ts";
import type { ProcessLogs } from "../logs/process_logs.ts";
import { isDiskTrouble, StreamTrouble, whyUnwritten } from "../logs/write_trouble.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { startedAs } from "./account.ts";
import type { ProcessApp } from "./process_app.ts";
import { ProcessRun } from "./process_run.ts";

/** A launch that failed, and at which step. */
class StartFailure extends Error {
  override readonly name = "StartFailure";
  constructor(readonly stage: StartStage, message: string) {
    super(message);
  }
}

/** In a cgroup no end is missed: a long interval keeps many idle processes cheap. */
const LOOKOUT_MS = 30_000;

/** A group for one run, in which nothing runs yet. Disposing gives it back, unless it has become a run. */
class Launch {
  #group: ProcessGroup | null;

  private constructor(
    readonly rule: LaunchRule,
    group: ProcessGroup,
    readonly account: Partial<StartOptions>,
    readonly isKillable: boolean,
  ) {
    this.#group = group;
  }

  /**
   * Look up the account and create the group.
   * @param group its label is part of its mark: the next supervisor finds by it what it has no record of
   * @throws StartFailure
   */
  static async prepare(
    rule: LaunchRule,
    group: Pick<GroupOptions, "label" | "limits" | "network">,
  ): Promise<Launch> {
    const account = await startedAs(rule, rule.environment).catch((error: Error) => error.message);
    if (typeof account === "string") throw new StartFailure("resolve", account);
    const { groupsOutliveOwner } = await loadPlatform();
    const onOwnerDeath = groupsOutliveOwner ? "keep" : "kill";
    const options = { ...group, onOwnerDeath, lookoutMs: LOOKOUT_MS } as const;
    const made = await ProcessGroup.create(options).catch((error: Error) => {
      throw new StartFailure("cgroup", error.message);
    });
    return new Launch(rule, made, account, group.limits?.memoryBytes !== undefined);
  }

  /** What else it is to find in its environment. @param of gets what it finds there already */
  async addVariables(
    of: (before: NodeJS.ProcessEnv, isOther: boolean) => Promise<Readonly<Record<string, string>>>,
  ): Promise<void> {
    const { env, uid } = this.account;
    this.account.env = { ...env, ...await of({ ...process.env, ...env }, uid !== undefined) };
  }

  /** What to record before {@link start}, so that the tree is found should the supervisor die; null: it dies, too. */
  save(): SavedGroup | null {
    return this.#group!.isKept ? this.#group!.save() : null;
  }

  /**
   * Start the command.
   * @throws StartFailure
   */
  start({ stdout, stderr }: Pick<StartOptions, "stdout" | "stderr">): ProcessRun {
    const { rule } = this;
    const group = this.#group!;
    try {
      const command = group.start(rule.command, {
        cwd: rule.workingDirectory,
        stdin: "null",
        ownSession: true,
        fileDescriptorLimit: rule.fileDescriptorLimit ?? undefined,
        fileModeMask: rule.fileModeMask,
        niceness: rule.niceness,
        resourceLimits: rule.resourceLimits,
        stdout,
        stderr,
        ownsStreams: true,
        ...this.account,
      });
      const run = new ProcessRun(group, command, rule, false, this.isKillable);
      this.#group = null;
      return run;
    } catch (error) {
      throw new StartFailure(stageOf(error), (error as Error).message);
    }
  }

  [Symbol.dispose](): void {
    this.#group?.[Symbol.dispose]();
    this.#group = null;
  }
}

/** Who launches a process. */
export interface Launcher {
  readonly id: string;
  readonly app: ProcessApp | null;
  readonly logs: ProcessLogs;
  readonly signs: Signs;
  /** Have it found by the next supervisor; false where that cannot be. */
  keep(begun: SavedGroup | null): boolean;
}

/**
 * Start a process in a group of its own.
 * @throws what {@link launchProblem} explains; then nothing has been started
 */
export async function launchRun(
  rule: LaunchRule,
  group: Pick<GroupOptions, "label" | "limits" | "network">,
  launcher: Launcher,
): Promise<ProcessRun> {
  const { id, app, logs, signs: { notify } } = launcher;
  using launch = await Launch.prepare(rule, group);
  await launch.addVariables(() => Promise.resolve({ [ID_VARIABLE]: id }));
  if (app) await launch.addVariables((before, isOther) => app.prepare(before, isOther));
  if (notify) {
    await launch.addVariables((_, isOther) => notify.prepare(isOther)).catch((error: Error) => {
      throw new StartFailure("spawn", error.message);
    });
  }
  // A tree that the next supervisor would not find is not started.
  if (!launcher.keep(launch.save())) throw new Unrecorded();
  using streams = logs.openStreams();
  const run = launch.start(streams);
  logs.started(run.command);
  return run;
}

/** The record that the next supervisor needs to find the tree cannot be written. */
class Unrecorded extends Error {
  override readonly name = "Unrecorded";
}

/** What has kept a process from being launched. */
export interface LaunchProblem {
  readonly stage: StartStage;
  readonly message: string;
  /** Why its output cannot be collected; null when that is not the problem. */
  readonly output: string | null;
  /** The same launch may succeed later: the disk is in trouble. */
  readonly isPassing: boolean;
  /** An error of the program: its stack. */
  readonly stack?: string;
}

/** What an error of a launch says. */
export function launchProblem(error: unknown): LaunchProblem {
  if (error instanceof StartFailure) {
    return { stage: error.stage, message: error.message, output: null, isPassing: false };
  }
  if (error instanceof StreamTrouble) {
    const isPassing = isDiskTrouble(error.fault);
    const output = isPassing ? whyUnwritten(error.fault) : null;
    return { stage: "spawn", message: error.message, output, isPassing };
  }
  const isPassing = error instanceof Unrecorded;
  return { stage: "spawn", message: String(error), output: null, isPassing, stack: (error as Error).stack };
}

function stageOf(error: unknown): StartStage {
  if (error instanceof LaunchError) {
    if (error.stage === "containment") return "cgroup";
    return error.stage === "exec" ? "exec" : "spawn";
  }
  return error instanceof ProctorError && error.kind !== "system" ? "resolve" : "spawn";
}
