/*
 * A machine that is nothing but its accounting: processes fork, use CPU, end, are waited for or not, and leave their
 * cgroup, by the kernel's own rules of who inherits what. It gives a ProcessTree what Linux would.
 */
import { performance } from "node:perf_hooks";
import process from "node:process";
import { NO_LIMIT_EVENTS } from "../../../core/measure/limits.ts";
import { MemberNews } from "../../../core/measure/member_news.ts";
import type { TreeNews } from "../../../core/measure/member_news.ts";
import { Raw, unknownRow } from "../../../core/measure/raw.ts";
import { ProcessTree } from "../../../group/process_tree.ts";
import { uncountedTraffic } from "../../../platform/contract/traffic.ts";
import { unknownUsage } from "../../../platform/contract/containment.ts";
import { Look } from "../../../platform/mod.ts";
import type {
  ChildExit,
  Container,
  ContainerRequest,
  Platform,
  ProcessReader,
} from "../../../platform/mod.ts";

/** What a parent does with the accounts of its children. */
export type Waiting = "waits" | "ignores SIGCHLD" | "SA_NOCLDWAIT";

export interface Simulated {
  readonly pid: number;
  parent: Simulated | null; // null: us
  state: "alive" | "zombie" | "gone";
  waiting: Waiting;
  isInside: boolean;
  own: number;
  reaped: number;
  faults: number;
  reapedFaults: number;
  memory: number;
  peak: number;
  /** The largest it has waited for. */
  reapedPeak: number;
}

/** Who tells of births: nobody, of all processes, or of those alone that descend from one it has told of. */
export type Teller = "nobody" | "all" | "descendants";

const FIRST_PID = 2_000_000_000;

export class SimulatedKernel {
  readonly all: Simulated[] = [];
  /** CPU ever used, in seconds, whoever it is billed to. */
  truth = 0;
  /** The most that any one process ever had. */
  largest = 0;
  /** How often a tree has asked for its code to be compiled soon. */
  soonCount = 0;
  /** What the cgroup has counted. */
  counted = 0;
  /** Whether events get lost until the next look. */
  isLossy = false;
  #news: MemberNews | undefined;

  get alive(): Simulated[] {
    return this.all.filter(({ state }) => state === "alive");
  }

  fork(parent: Simulated | null): Simulated {
    const child: Simulated = {
      pid: FIRST_PID + this.all.length,
      parent,
      state: "alive",
      waiting: "waits",
      isInside: parent?.isInside ?? true,
      own: 0,
      reaped: 0,
      faults: 1,
      reapedFaults: 0,
      memory: 1,
      peak: 1,
      reapedPeak: 0,
    };
    this.all.push(child);
    if (!this.isLossy) this.#news?.forked(child.pid, parent?.pid ?? process.pid, 0);
    return child;
  }

  use(one: Simulated, seconds: number): void {
    one.own += seconds;
    one.faults += 3;
    one.memory = seconds * 10;
    one.peak = Math.max(one.peak, one.memory);
    this.largest = Math.max(this.largest, one.peak);
    this.truth += seconds;
    if (one.isInside) this.counted += seconds;
  }

  end(one: Simulated): void {
    for (const child of this.all) if (child.parent === one && child.state !== "gone") child.parent = null;
    // Whoever does not want to wait has its children buried without accounts.
    one.state = one.parent && one.parent.waiting !== "waits" ? "gone" : "zombie";
    if (!this.isLossy) this.#news?.exited(one.pid, one.pid);
  }

  /** A parent waits for one of its children. */
  waitFor(parent: Simulated): void {
    const child = this.all.find((other) => other.parent === parent && other.state === "zombie");
    if (!child) return;
    child.state = "gone";
    parent.reaped += child.own + child.reaped;
    parent.reapedFaults += child.faults + child.reapedFaults;
    parent.reapedPeak = Math.max(parent.reapedPeak, child.peak, child.reapedPeak);
  }

  /**
   * A tree around the first process, on this rung.
   * @param mayLag whether counters need not be those of the moment
   * @param teller who tells the tree of births and ends
   */
  tree(mechanism: "cgroup" | "subreaper", mayLag = false, teller: Teller = "nobody"): ProcessTree {
    const request = {
      wanted: { counters: true, io: false, switches: false, fileDescriptors: false, mayLag },
      marker: "",
      soleParent: true,
      guarded: false,
    };
    const tree = ProcessTree.create(this.#platform(mechanism), request);
    tree.start({} as Parameters<ProcessTree["start"]>[0]);
    if (teller === "nobody") return tree;
    const news = this.#news = new MemberNews(process.pid, (pid) => tree.member(pid) !== undefined);
    news.begin(this.all[0].pid);
    const take = () => {
      if (this.isLossy) news.lose();
      this.isLossy = false;
      return news.take();
    };
    tree.heed({ take, follows: (pid) => teller === "all" || news.knows(pid) });
    return tree;
  }

  #platform(mechanism: "cgroup" | "subreaper"): Platform {
    const ours = () => this.all.filter(({ parent, state }) => parent === null && state === "zombie");
    return {
      createContainer: (request: ContainerRequest) => this.#container(mechanism, request),
      launch: () => ({ pid: this.fork(null).pid }),
      openChild: (pid: number) => this.#open(pid),
      openProcess: (pid: number) => this.#open(pid),
      ownCpuSeconds: () => 0,
      compileSoon: () => void this.soonCount++,
      endedChild: () => ours()[0]?.pid ?? 0,
      endedChildren: () => ours().map(({ pid }) => pid),
      hasEnded: (pid: number) => ours().some((one) => one.pid === pid),
      reap: (reader: ProcessReader) => this.#reap(reader),
      signal: () => true,
      birthNow: () => Infinity,
      holdChild: () => {},
      unholdChild: () => {},
      leaveChild: () => {},
      isHeldElsewhere: () => false,
      isChild: () => false,
      mayBeOrphan: () => true,
      bury: () => {},
      mayBeOomKill: () => false,
      onChildEnd: () => () => {},
    } as unknown as Platform;
  }

  #find(pid: number): Simulated | undefined {
    return this.all.find((one) => one.pid === pid && one.state !== "gone");
  }

  #open(pid: number): ProcessReader | null {
    const one = this.#find(pid);
    return one ? new SimulatedReader(one) : null;
  }

  #reap(reader: ProcessReader): ChildExit | null {
    const one = this.#find(reader.pid);
    if (one?.state !== "zombie" || one.parent !== null) return null;
    reader.look(true);
    const row = reader.row.slice();
    one.state = "gone";
    row[Raw.cpuSeconds] = one.own + one.reaped;
    row[Raw.minorFaults] = one.faults + one.reapedFaults;
    row[Raw.reapedCpuSeconds] = row[Raw.reapedMinorFaults] = 0;
    const largestProcessBytes = Math.max(one.peak, one.reapedPeak);
    return {
      pid: one.pid,
      exitCode: 0,
      signal: null,
      row,
      largestProcessBytes,
      peakIsOwn: one.reapedFaults === 0,
    };
  }

  #container(mechanism: "cgroup" | "subreaper", request: ContainerRequest): Container {
    const usage = unknownUsage();
    const isCgroup = mechanism === "cgroup";
    const leavers = new Set<number>();
    return {
      mechanism,
      reason: null,
      wanted: request.wanted,
      countsCpu: isCgroup,
      countsDisk: false,
      countsMemory: false,
      countsPeakMemory: false,
      ownsMembers: true,
      listsMembers: isCgroup,
      sources: { container: "cgroup", memory: "proc", members: "proc", exits: "wait4" },
      usage,
      traffic: uncountedTraffic(),
      counters: null,
      leavers,
      hasUnopened: false,
      directory: null,
      refresh: () => {
        if (isCgroup) usage.cpuSeconds = this.counted;
        return true;
      },
      discover: (known: ReadonlyMap<number, ProcessReader>, found: (reader: ProcessReader) => void) => {
        const members = new Set(known.keys());
        for (const one of this.all) {
          if (one.state === "gone") continue;
          const isRelative = one.parent === null || members.has(one.parent.pid);
          const isListed = isCgroup ? one.isInside && one.state === "alive" : false;
          if (isCgroup && !one.isInside && (members.has(one.pid) || isRelative)) leavers.add(one.pid);
          if (members.has(one.pid) || !(isListed || isRelative)) continue;
          members.add(one.pid);
          found(new SimulatedReader(one));
        }
      },
      admit: (
        { born }: TreeNews,
        known: ReadonlyMap<number, ProcessReader>,
        found: (reader: ProcessReader) => void,
      ) => {
        const members = born.flatMap(({ pid }) => known.has(pid) ? [] : this.#find(pid) ?? []);
        for (const one of members) found(new SimulatedReader(one));
        return !isCgroup || members.every(({ isInside }) => isInside);
      },
      kill: () => false,
      isPopulated: () => !isCgroup || this.all.some(({ isInside, state }) => isInside && state === "alive"),
      freeze: () => false,
      isFrozen: () => false,
      oomKillCount: () => NaN,
      limitEvents: () => NO_LIMIT_EVENTS,
      pressure: () => null,
      owns: () => true,
      isOfAnother: () => false,
      isOfGone: () => false,
      release: () => {},
      abandon: () => {},
    };
  }
}

class SimulatedReader implements ProcessReader {
  readonly pid: number;
  readonly birth: number;
  readonly startTimeMs = performance.timeOrigin;
  readonly session = 0;
  readonly isSuspended = false;
  readonly name = "simulated";
  readonly args = null;
  readonly row = unknownRow();
  readonly hasFreshDetails = true;
  readonly hasCurrentIo = true;
  readonly openedAtMs = -Infinity;
  lags = false;
  discardsChildren = false;
  cpuSeconds = 0;
  #parentPid = 0;
  #state: Simulated["state"] = "alive";

  constructor(readonly one: Simulated) {
    this.pid = this.birth = one.pid;
    this.look(true);
  }

  get parentPid(): number {
    return this.#parentPid;
  }

  get isZombie(): boolean {
    return this.#state === "zombie";
  }

  get state(): string {
    return this.isZombie ? "Z" : "S";
  }

  look(force: boolean, briefly = false): number {
    const { one, row } = this;
    if (one.state === "gone") return Look.gone;
    if (briefly && !force && one.state === "alive") {
      if (one.own === this.cpuSeconds) return Look.unmoved;
      row[Raw.cpuSeconds] = this.cpuSeconds = one.own;
      row[Raw.memoryBytes] = one.memory;
      row[Raw.peakMemoryBytes] = Math.max(row[Raw.peakMemoryBytes], one.memory);
      this.lags = true;
      return Look.moved;
    }
    this.lags = false;
    this.#state = one.state;
    this.#parentPid = one.parent?.pid ?? process.pid;
    row[Raw.cpuSeconds] = this.cpuSeconds = one.own;
    row[Raw.reapedCpuSeconds] = one.reaped;
    row[Raw.minorFaults] = one.faults;
    row[Raw.reapedMinorFaults] = one.reapedFaults;
    row[Raw.memoryBytes] = one.state === "zombie" ? 0 : one.memory;
    row[Raw.peakMemoryBytes] = one.peak;
    return Look.moved;
  }

  lookAtDetails(): void {
    this.lookAtSignals();
  }

  readonly waits = { runQueueSeconds: NaN, blockIoSeconds: NaN, memoryWaitSeconds: NaN };

  lookAtWaits(): void {}

  lookAtSignals(): void {
    if (this.one.state !== "gone") this.discardsChildren = this.one.waiting === "ignores SIGCHLD";
  }

  inheritedFaults(): number {
    return this.one.state === "gone" ? NaN : this.one.reapedFaults;
  }

  threads() {
    return [];
  }

  close(): void {}
}
