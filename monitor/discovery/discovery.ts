import { checkValue, listOf, OBJECT } from "../../core/option.ts";
import { loadPlatform, loadWorkloadNames } from "../../platform/mod.ts";
import type { ProcessEntry, ProcessIdentity, ProcessLookup, WorkloadNames } from "../../platform/mod.ts";
import { loadPatterns } from "./linear_pattern.ts";
import { ProcessMatcher } from "./process_matcher.ts";
import { asksForWorkload, checkQuery, isItsOwn, namesOne } from "./process_query.ts";
import type { ProcessQuery } from "./process_query.ts";
import { groupWorkloads } from "./workload.ts";
import type { FoundWorkload } from "./workload.ts";

/** A process that a query has found. */
export interface FoundProcess extends ProcessIdentity {
  /** The name of its program, as the kernel has it. */
  readonly name: string;
  /** The process id of its parent. */
  readonly parentPid: number;
  /** Start time in milliseconds since the epoch: a label, to about 10 ms. */
  readonly startTimeMs: number;
  /** Its arguments; empty when there are none to be had. */
  arguments(): readonly string[];
}

/** What one query has found. */
export interface Findings {
  /** The oldest first. */
  readonly processes: readonly FoundProcess[];
  /** The containers, pods or units that they are in, the most likely first; left out unless the query asks for one. */
  readonly workloads?: readonly FoundWorkload[];
  /** What keeps the answer from being sure, each in a line. */
  readonly problems: readonly string[];
}

/** After a fork comes an execve, or a name is set: what is younger than this is looked at each time. */
const YOUNG_MS = 10_000;
/** What could change later nevertheless (another program, another user, another cgroup) is seen within this. */
const EVERYTHING_EVERY_MS = 30_000;
/** Where nothing has been started, nobody begins to listen but somebody who took his time. */
const LISTENERS_EVERY_MS = 10_000;

type Listeners = ReadonlyMap<number, ReadonlySet<number>>;

/** Of a query that was not asked. */
const NOTHING_ASKED: Findings = { processes: [], problems: [] };

interface Known {
  /** null: a kernel thread, a zombie or ourselves, for as long as the PID is not given out anew. */
  readonly entry: ProcessEntry | null;
  readonly lookedAtMs: number;
  /** The numbers of the queries that it answers. */
  readonly matches: readonly number[];
}

/**
 * Finds the processes of many queries in one pass over /proc, again and again. It reads what the queries need and no
 * more; a later look reads what is new since the last one, what is young, and what was found.
 */
export class Discovery {
  readonly #lookup: ProcessLookup;
  readonly #names: WorkloadNames | undefined;
  readonly #matchers: readonly ProcessMatcher[];
  /** The ports that queries ask for. */
  readonly #ports: ReadonlySet<number>;
  readonly #known = new Map<number, Known>();
  /** Of queries that name a process, what each found last. */
  readonly #named: (ProcessEntry | null)[] = [];
  #everythingAtMs = -Infinity;
  #listening: Listeners = new Map();
  #listenersAtMs = -Infinity;

  /** A discovery by these queries. @throws ProctorError of kind `usage` for a query that makes no sense */
  static async create(queries: readonly ProcessQuery[]): Promise<Discovery> {
    checkQueries(queries);
    if (queries.some(({ commandLine }) => commandLine !== undefined)) await loadPatterns();
    const names = queries.some(asksForWorkload) ? await loadWorkloadNames() : undefined;
    const discovery = new Discovery((await loadPlatform()).lookUp(), queries, names);
    await discovery.settle();
    return discovery;
  }

  /** See {@link create}. */
  constructor(lookup: ProcessLookup, queries: readonly ProcessQuery[], names?: WorkloadNames) {
    checkQueries(queries);
    this.#lookup = lookup;
    this.#names = names;
    this.#matchers = queries.map((query) => new ProcessMatcher(query, lookup, names));
    this.#ports = new Set(queries.flatMap(({ port }) => port ?? []));
  }

  /** Have names that a runtime tells only when it is asked be there for the next look; bounded in time. */
  async settle(): Promise<void> {
    if (!this.#names || !this.#matchers.some(({ query }) => asksForWorkload(query))) return;
    this.look();
    this.#names.refresh();
    await this.#names.settled();
  }

  /**
   * What there is now, in the order of the queries.
   * @param isKnown tells of queries, by their number, that need not be asked: they are said to have found nothing
   */
  look(isKnown: (number: number) => boolean = () => false): Findings[] {
    const found: ProcessEntry[][] = this.#matchers.map(() => []);
    this.#names?.refresh();
    const fresh = this.#lookup.newPids();
    const listeners = this.#listeners(fresh);
    let moved = false;
    const known = this.#matchers.map((_, number) => isKnown(number));
    this.#matchers.forEach((matcher, number) => {
      if (!known[number]) moved = matcher.begin(listeners) || moved;
    });
    this.#searchAll(found, moved ? undefined : fresh);
    this.#matchers.forEach((matcher, number) => {
      if (known[number] || !namesOne(matcher.query)) return;
      const pid = matcher.namedPid();
      const before = isItsOwn(matcher.query) ? this.#named[number] : null;
      const entry = this.#named[number] = pid === undefined ? null : this.#lookup.find(pid, before);
      if (entry && matcher.accepts(entry)) found[number].push(entry);
    });
    return found.map((entries, number) => {
      if (known[number]) return NOTHING_ASKED;
      const matcher = this.#matchers[number];
      entries.sort((a, b) => a.birth - b.birth || a.pid - b.pid);
      return {
        processes: entries,
        ...(asksForWorkload(matcher.query) && { workloads: workloadsOf(matcher, entries) }),
        problems: matcher.problems(entries),
      };
    });
  }

  /** The kernel walks all its connections for the tables of sockets: that is dear, and seldom needed. */
  #listeners(fresh: ReadonlySet<number> | undefined): Listeners {
    const ports = this.#ports;
    if (ports.size === 0) return this.#listening;
    const now = performance.now();
    if (fresh?.size === 0 && now - this.#listenersAtMs < LISTENERS_EVERY_MS) return this.#listening;
    this.#listenersAtMs = now;
    return this.#listening = this.#lookup.listeners(ports);
  }

  /** @param fresh PIDs given out since the last look; undefined when every process has to be looked at */
  #searchAll(found: ProcessEntry[][], fresh: ReadonlySet<number> | undefined): void {
    if (this.#matchers.every(({ query }) => namesOne(query))) return;
    const now = performance.now();
    const everything = fresh === undefined || now - this.#everythingAtMs >= EVERYTHING_EVERY_MS;
    if (everything) this.#everythingAtMs = now;
    const pids = this.#lookup.pids();
    const there = new Set(pids);
    for (const pid of this.#known.keys()) if (!there.has(pid)) this.#known.delete(pid);
    const wallMs = Date.now();
    for (const pid of pids) {
      const before = this.#known.get(pid);
      if (!before || everything || fresh.has(pid) || isYoung(before, wallMs)) this.#learn(pid, wallMs);
      else if (before.matches.length > 0 && !this.#isStill(before.entry!)) this.#known.delete(pid);
      const known = this.#known.get(pid);
      for (const number of known?.matches ?? []) found[number].push(known!.entry!);
    }
  }

  /** Look at a process anew. What does not count is remembered as well: it is not read again. */
  #learn(pid: number, wallMs: number): void {
    const entry = this.#lookup.find(pid);
    const matches: number[] = [];
    this.#matchers.forEach((matcher, number) => {
      if (entry && !namesOne(matcher.query) && matcher.accepts(entry)) matches.push(number);
    });
    this.#known.set(pid, { entry, lookedAtMs: wallMs, matches });
  }

  #isStill({ pid, birth }: ProcessIdentity): boolean {
    return this.#lookup.find(pid)?.birth === birth;
  }
}

function workloadsOf(matcher: ProcessMatcher, entries: readonly ProcessEntry[]): FoundWorkload[] {
  return groupWorkloads(entries.flatMap((entry) => {
    const workload = matcher.workloadOf(entry);
    return workload ? [{ entry, workload }] : [];
  }));
}

function isYoung({ entry, lookedAtMs }: Known, nowMs: number): boolean {
  return entry !== null && (lookedAtMs - entry.startTimeMs < YOUNG_MS || nowMs < lookedAtMs);
}

function checkQueries(queries: readonly ProcessQuery[]): void {
  checkValue("queries", queries, listOf("a list of queries", OBJECT));
  queries.forEach(checkQuery);
}

/**
 * Find processes that nobody of ours has started, whatever started them; kernel threads, zombies and this process
 * itself are never among them.
 *
 * ```ts
 * const [{ processes }] = await findProcesses([{ name: "postgres", user: "postgres" }]);
 * for (const process of processes) manager.start(`postgres-${process.pid}`, process);
 * ```
 * @throws ProctorError of kind `usage` for a query that makes no sense
 */
export async function findProcesses(queries: readonly ProcessQuery[]): Promise<Findings[]> {
  return (await Discovery.create(queries)).look();
}
