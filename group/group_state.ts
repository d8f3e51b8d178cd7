import { randomBytes } from "node:crypto";
import { MARKER } from "../core/schema/marker.ts";
import { ProctorError } from "../core/error.ts";
import { checkLimits } from "../core/measure/limits.ts";
import { checkOptions, checkValue } from "../core/option.ts";
import type { SavedGroup } from "../core/schema/saved_group.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { ProcessIdentity, ProcessReader } from "../platform/mod.ts";
import { LOOK_AGAIN_MS, lookAgain, reapFor } from "./ended_children.ts";
import { GROUP_RULES, OWNER_DEATH } from "./group_options.ts";
import type { GroupOptions, OwnerDeath } from "./group_options.ts";
import { launchError } from "./launch_error.ts";
import { LaunchStreams } from "./launch_streams.ts";
import { checkWords, launchSpec } from "./launch_spec.ts";
import { ProcessTree } from "./process_tree.ts";
import { lookOutFor } from "./tree_lookout.ts";
import type { ProcessWatch } from "./process_watch.ts";
import type { EndedMember } from "./ended_member.ts";
import { credentials, START_RULES } from "./start_options.ts";
import type { StartOptions } from "./start_options.ts";
import { killQuickly } from "./stop.ts";
import { takeRegularly } from "./taking.ts";
import { Wake } from "./wake.ts";

/** A command that was started, and our ends of its pipes. */
export interface StartedCommand {
  readonly reader: ProcessReader;
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  /** How it ended; undefined while it runs. */
  end: EndedMember | undefined;
}

/** Killing at once is waited for this long: a process in an uninterruptible wait does not end. */
const KILL_PATIENCE_MS = 5_000;
/** The most searches for members that an ended child may hide, once none is known. */
const MOST_GUESSES = 5;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));
/** How often to look for new members between the calls of a user. */
const LOOKOUT_MS = 50;
const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };

/**
 * What a group owns, apart from its handle: the handle may be garbage while this is still being ended.
 * Nothing in here may refer to the handle.
 */
export class GroupState {
  isClosed = false;
  readonly #wakes = new Set<Wake>();
  /** What was started here and runs, by identity: a PID is used again. */
  readonly #running = new Map<string, StartedCommand>();
  /** Pipes that may never be read. */
  readonly #streams = new Set<ReadableStream<Uint8Array>>();
  readonly #stopListening: () => void;
  readonly #endLookout: () => void;

  private constructor(
    readonly tree: ProcessTree,
    readonly marker: string,
    readonly isKept: boolean,
    lookoutMs = LOOKOUT_MS,
    readonly processes?: ProcessWatch,
  ) {
    processes?.beginEmpty(tree);
    const endTaking = processes && takeRegularly(processes);
    tree.onEnded = (member) => {
      processes?.seen(member);
      const started = this.#running.get(identity(member));
      if (!started) return;
      started.end = member;
      this.#running.delete(identity(member));
      // The end of what is not our child is noticed by a look.
      for (const wake of this.#wakes) wake.now();
    };
    // An orphan that was never seen alive cannot be distinguished from a foreign process once it has ended.
    const endLookout = lookOutFor(tree, lookoutMs);
    this.#endLookout = () => {
      endLookout();
      endTaking?.();
    };
    this.#stopListening = reapFor(tree, () => {
      for (const wake of this.#wakes) wake.now();
    });
  }

  /** Create the container and its guard. */
  static async create(options: GroupOptions): Promise<GroupState> {
    checkOptions(options, GROUP_RULES);
    const limits = checkLimits(options.limits);
    const platform = await loadPlatform();
    const { label = "" } = options;
    const marker = `${MARKER}=${process.pid}-${randomBytes(6).toString("hex")}${label && `-${label}`}`;
    const { mechanism, exactPeak, network, counters, lookoutMs, onOwnerDeath } = options;
    const isKept = onOwnerDeath === "keep";
    const request = {
      wanted: ALL,
      marker,
      soleParent: false,
      guarded: !isKept,
      mechanism,
      limits,
      exactPeak,
      traffic: network,
      counters,
    };
    const processes = options.processes ? await listen() : undefined;
    try {
      const tree = ProcessTree.create(platform, request);
      if (options.gpu) await tree.watchGpu().ready;
      const lookMs = tree.container.listsMembers ? lookoutMs : LOOKOUT_MS;
      return new GroupState(tree, marker, isKept, lookMs, processes);
    } catch (error) {
      processes?.close();
      throw error;
    }
  }

  /** Take up a group that another process has kept. */
  static async adopt(saved: SavedGroup, ownerDeath: OwnerDeath = "keep"): Promise<GroupState> {
    checkValue("onOwnerDeath", ownerDeath, OWNER_DEATH);
    const platform = await loadPlatform();
    const { marker, boot_id, processes } = saved;
    if (boot_id !== platform.bootId()) {
      throw new ProctorError(
        "system",
        "the group cannot be adopted: the machine has been rebooted since it was saved",
      );
    }
    const isKept = ownerDeath === "keep";
    const request = {
      wanted: ALL,
      marker,
      soleParent: false,
      adopted: true,
      guarded: !isKept,
    };
    const tree = ProcessTree.adopt(platform, request, saved);
    if (!tree) {
      const pids = processes.map(({ pid }) => pid).join(", ") || "none was saved";
      throw new ProctorError("system", `the group cannot be adopted: its processes have ended (PID ${pids})`);
    }
    const state = new GroupState(tree, marker, isKept);
    for (const { pid, birth } of processes) {
      const reader = tree.member(pid);
      if (reader?.birth !== birth) continue;
      state.#running.set(identity(reader), { reader, stdout: null, stderr: null, end: undefined });
    }
    return state;
  }

  /** What was started in the group and runs. */
  get running(): StartedCommand[] {
    return [...this.#running.values()];
  }

  /** What another process needs to {@link adopt} the group. */
  save(): SavedGroup {
    const { container, ledger, platform } = this.tree;
    return {
      version: 1,
      // A group is never of a tree that is only watched.
      mechanism: container.mechanism as SavedGroup["mechanism"],
      directory: container.directory,
      marker: this.marker,
      boot_id: platform.bootId(),
      processes: this.running.map(({ reader }) => ({ pid: reader.pid, birth: reader.birth })),
      ended_totals: ledger.saveEnded(),
    };
  }

  /** Start a command with the streams its options ask for. */
  launch(command: readonly (string | Uint8Array)[], options: StartOptions): StartedCommand {
    const { platform } = this.tree;
    checkOptions(options, START_RULES);
    const { cwd, env, withoutEnv } = options;
    checkWords({ command, cwd, env });
    const owner = credentials(options);
    const streams = new LaunchStreams(platform, owner, options.ownsStreams);
    try {
      const stdio = [
        streams.childEnd(options.stdin ?? "inherit", 0),
        streams.childEnd(options.stdout ?? "inherit", 1),
        streams.childEnd(options.stderr ?? "inherit", 2),
      ] as const;
      const spec = launchSpec(platform, { command, cwd, env, withoutEnv, stdio }, this.marker);
      const { fileDescriptorLimit: fileLimit, ownSession, fileModeMask, niceness, resourceLimits } = options;
      const launched = this.tree.start({
        ...spec,
        credentials: owner,
        fileLimit,
        fileModeMask,
        niceness,
        resourceLimits,
        ownSession,
        closesOthers: true,
      });
      if ("stage" in launched) throw launchError(launched, spec);
      const reader = this.tree.member(launched.pid);
      this.processes?.start(launched.pid, reader?.writtenBefore);
      if (!reader) {
        throw new ProctorError("system", `process ${launched.pid} has vanished while it was started`);
      }
      const started: StartedCommand = {
        reader,
        stdout: streams.take(1),
        stderr: streams.take(2),
        end: undefined,
      };
      this.#running.set(identity(reader), started);
      for (const stream of [started.stdout, started.stderr]) if (stream) this.#streams.add(stream);
      return started;
    } finally {
      streams.close();
    }
  }

  /** Follow a member as if it had been started here; null when there is no living member with this PID. */
  follow(pid: number): StartedCommand | null {
    if (this.isClosed) return null;
    this.tree.refresh(performance.now(), "members");
    const reader = this.tree.member(pid);
    if (!reader || reader.isZombie) return null;
    const known = this.#running.get(identity(reader));
    if (known) return known;
    const started: StartedCommand = { reader, stdout: null, stderr: null, end: undefined };
    this.#running.set(identity(reader), started);
    return started;
  }

  /**
   * Wait until something holds, or the group is closed; asked whenever a child of ours has ended, and now and then.
   * @param isTold whether it cannot come to hold but by the end of a member that was started here: nobody asks then
   */
  async until(holds: () => boolean, isTold = false): Promise<void> {
    const isOver = () => this.isClosed || holds();
    await this.withWake(async (wake) => {
      for (let pause = 1; !isOver() && pause < LOOK_AGAIN_MS; pause *= 2) {
        await wake.sleep(pause);
        if (!this.isClosed) this.tree.reapEnded();
      }
      const look = isTold ? undefined : () => isOver() && wake.now();
      const endLooking = lookAgain(this.tree.platform, look);
      try {
        while (!isOver()) await wake.sleep(Infinity);
      } finally {
        endLooking();
      }
    });
  }

  /** Lend a sleep that the end of a child ends. */
  async withWake<T>(use: (wake: Wake) => Promise<T>): Promise<T> {
    const wake = new Wake();
    this.#wakes.add(wake);
    try {
      return await use(wake);
    } finally {
      this.#wakes.delete(wake);
    }
  }

  /** Kill everything, wait for it to be gone, and give back what was held; at once, without a turn of the loop. */
  killNow(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const { tree } = this;
    // A look first, at any price: whoever has lost his parent is known by his environment only, which he may have
    // overwritten.
    tree.refresh(performance.now(), "members");
    let [left, progressMs] = [tree.members.length, performance.now()];
    // The program's own ended children cannot be told from orphans before its loop turns: they are not waited for long.
    let guesses = MOST_GUESSES;
    const isLeft = () => tree.members.length > 0 || (tree.mayHideMembers() && guesses-- > 0);
    while (isLeft() && performance.now() - progressMs < KILL_PATIENCE_MS) {
      if (!tree.kill()) killQuickly(tree);
      Atomics.wait(PAUSE, 0, 0, 1);
      tree.refresh(performance.now(), "members");
      if (tree.members.length !== left) [left, progressMs] = [tree.members.length, performance.now()];
    }
    tree.release();
    this.#letGo();
  }

  /** Give back what was held, and leave the members to themselves. */
  detach(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.tree.abandon();
    this.#letGo();
  }

  #letGo(): void {
    this.#endLookout();
    this.processes?.close();
    this.#stopListening();
    for (const stream of this.#streams) this.tree.platform.settle(stream);
    for (const wake of this.#wakes) wake.now();
  }
}

async function listen(): Promise<ProcessWatch> {
  const [{ ProcessWatch }, { SharedProcessEvents }] = await Promise.all([
    import("./process_watch.ts"),
    import("./shared_events.ts"),
  ]);
  const events = await SharedProcessEvents.open();
  const watch = ProcessWatch.over(events.lend());
  events.close();
  return watch;
}

function identity({ pid, birth }: ProcessIdentity): string {
  return `${pid}/${birth}`;
}
