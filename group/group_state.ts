import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { MARKER } from "../core/marker.ts";
import { LONGEST_MS } from "../core/duration.ts";
import { ProctorError, usageError } from "../core/error.ts";
import { checkLimits } from "../core/limits.ts";
import type { Limits } from "../core/limits.ts";
import type { SavedGroup } from "../core/saved_group.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { Platform, ProcessIdentity, ProcessReader } from "../platform/mod.ts";
import { LOOK_AGAIN_MS, lookAgain, reapFor } from "./ended_children.ts";
import { launchError } from "./launch_error.ts";
import { launchSpec } from "./launch_spec.ts";
import { lookEvery } from "./lookout.ts";
import { ProcessTree } from "./process_tree.ts";
import type { EndedMember } from "./ended_member.ts";
import type { StartOptions, Stdio } from "./start_options.ts";
import { killQuickly } from "./stop.ts";
import { Wake } from "./wake.ts";

/** How a group is made. */
export interface GroupOptions {
  /** Climb no higher on the containment ladder than this. */
  mechanism?: "subreaper";
  /** What all members together may use at most, enforced by the kernel, or the group is refused. */
  limits?: Limits;
  /**
   * What becomes of the members when this program ends, however: `kill` (the default), or `keep`: they go on, and
   * another program may take them up with `ProcessGroup.adopt`.
   */
  onOwnerDeath?: OwnerDeath;
  /**
   * How often to look for members between your calls, in milliseconds; default 50. In a cgroup, where none can be
   * missed, seldom is enough.
   */
  lookoutMs?: number;
}

/** What becomes of a group when the program that holds it ends. */
export type OwnerDeath = "kill" | "keep";

/** A command that was started, and our ends of its pipes. */
export interface StartedCommand {
  readonly reader: ProcessReader;
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  /** How it ended; undefined while it runs. */
  end: EndedMember | undefined;
}

/** Killing at once is waited for this long: a process in an uninterruptible wait does not end. */
const KILL_PATIENCE_MS = 2_000;
/** How often it is looked for members that may hide behind an ended child, when none is known. */
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
  /** Pipes that nobody may ever read. */
  readonly #streams = new Set<ReadableStream<Uint8Array>>();
  readonly #stopListening: () => void;
  readonly #endLookout: () => void;

  private constructor(
    readonly tree: ProcessTree,
    readonly marker: string,
    readonly isKept: boolean,
    lookoutMs = LOOKOUT_MS,
  ) {
    tree.onEnded = (member) => {
      const started = this.#running.get(identity(member));
      if (!started) return;
      started.end = member;
      this.#running.delete(identity(member));
      // The end of what is not our child is noticed by a look.
      for (const wake of this.#wakes) wake.now();
    };
    // An orphan that nobody has seen alive cannot be told from a stranger once it has ended.
    this.#endLookout = lookEvery(lookoutMs, () => tree.refresh(performance.now()));
    this.#stopListening = reapFor(tree, () => {
      for (const wake of this.#wakes) wake.now();
    });
  }

  /** Make the container and put a guard beside it. */
  static async create(options: GroupOptions): Promise<GroupState> {
    const platform = await loadPlatform();
    const marker = `${MARKER}=${process.pid}-${randomBytes(6).toString("hex")}`;
    const { mechanism } = options;
    const lookout = checkLookout(options.lookoutMs);
    const limits = checkLimits(options.limits);
    const isKept = checkOwnerDeath(options.onOwnerDeath) === "keep";
    const request = { wanted: ALL, marker, soleParent: false, guarded: !isKept, mechanism, limits };
    const tree = ProcessTree.create(platform, request);
    return new GroupState(tree, marker, isKept, tree.container.mechanism === "cgroup" ? lookout : LOOKOUT_MS);
  }

  /** Take up a group that another process has kept. */
  static async adopt(saved: SavedGroup, ownerDeath: OwnerDeath | undefined): Promise<GroupState> {
    const platform = await loadPlatform();
    const { marker, mechanism, boot_id, processes } = saved;
    if (boot_id !== platform.bootId()) {
      throw new ProctorError(
        "system",
        "the group cannot be adopted: the machine has been started anew since it was saved",
      );
    }
    const isKept = checkOwnerDeath(ownerDeath ?? "keep") === "keep";
    const request = {
      wanted: ALL,
      marker,
      soleParent: false,
      adopted: true,
      guarded: !isKept,
      mechanism: mechanism === "subreaper" ? mechanism : undefined,
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
      mechanism: container.mechanism === "cgroup" ? "cgroup" : "subreaper",
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
    const streams = new Streams(platform);
    try {
      const stdio = [
        streams.childEnd(options.stdin ?? "inherit", 0),
        streams.childEnd(options.stdout ?? "inherit", 1),
        streams.childEnd(options.stderr ?? "inherit", 2),
      ] as const;
      const { cwd, env } = options;
      const spec = launchSpec(platform, { command, cwd, env, stdio }, this.marker);
      const { fileDescriptorLimit: fileLimit, ownSession } = options;
      const launched = this.tree.start({
        ...spec,
        credentials: credentials(options),
        fileLimit,
        ownSession,
        closesOthers: true,
      });
      if ("stage" in launched) throw launchError(launched, spec);
      const reader = this.tree.member(launched.pid);
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

  /** Wait until something holds, or the group is closed; asked whenever a child of ours has ended, and now and then. */
  async until(holds: () => boolean): Promise<void> {
    const isOver = () => this.isClosed || holds();
    await this.withWake(async (wake) => {
      for (let pause = 1; !isOver() && pause < LOOK_AGAIN_MS; pause *= 2) {
        await wake.sleep(pause);
        if (!this.isClosed) this.tree.reapEnded();
      }
      const endLooking = lookAgain(this.tree.platform, () => isOver() && wake.now());
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
    // A look first, at any price: whoever has lost his parent is known by his environment only, which he may have overwritten.
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
    this.#stopListening();
    for (const stream of this.#streams) this.tree.platform.settle(stream);
    for (const wake of this.#wakes) wake.now();
  }
}

function checkOwnerDeath(value: OwnerDeath = "kill"): OwnerDeath {
  if (value === "kill" || value === "keep") return value;
  throw usageError(`onOwnerDeath: there is no "${value}"; write "kill" or "keep"`);
}

function checkLookout(ms = LOOKOUT_MS): number {
  if (ms >= 1 && ms <= LONGEST_MS) return ms;
  throw usageError(`lookoutMs: ${ms} is out of range; it is milliseconds from 1 to ${LONGEST_MS}`);
}

function identity({ pid, birth }: ProcessIdentity): string {
  return `${pid}/${birth}`;
}

function credentials({ uid, gid }: StartOptions): { uid: number; gid: number } | undefined {
  if (uid === undefined && gid === undefined) return undefined;
  if (uid === undefined || gid === undefined) {
    throw usageError("uid and gid: one is of no use without the other");
  }
  for (const [name, id] of Object.entries({ uid, gid })) {
    // The highest number means "as it is" to the kernel, which is not what anybody means here.
    if (!Number.isInteger(id) || id < 0 || id >= 2 ** 32 - 1) {
      throw usageError(`${name}: ${id} is no ID; it is a whole number from 0 to ${2 ** 32 - 2}`);
    }
  }
  return { uid, gid };
}

/** The descriptors of one launch: the child's ends are closed in any case, ours when nobody takes them. */
class Streams {
  readonly #childEnds: number[] = [];
  readonly #ownEnds = new Map<number, number>();

  constructor(readonly platform: Platform) {}

  /** The descriptor that the child is to get for one of its streams. */
  childEnd(stdio: Stdio, number: number): number {
    if (stdio === "inherit") return number;
    if (typeof stdio === "number") return stdio;
    if (stdio === "null") return this.#open(this.platform.openNull());
    const [own, childs] = this.platform.makePipe();
    this.#ownEnds.set(number, own);
    return this.#open(childs);
  }

  /** Our end of a stream, as a stream; null when it is no pipe. */
  take(number: number): ReadableStream<Uint8Array> | null {
    const own = this.#ownEnds.get(number);
    if (own === undefined) return null;
    this.#ownEnds.delete(number);
    return this.platform.readableOf(own);
  }

  close(): void {
    for (const descriptor of [...this.#childEnds, ...this.#ownEnds.values()]) {
      this.platform.closeDescriptor(descriptor);
    }
  }

  #open(descriptor: number): number {
    this.#childEnds.push(descriptor);
    return descriptor;
  }
}
