import { readRegularFile, UnfitFile } from "../../io/regular_file.ts";
import type { ProcessEntry, ProcessLookup, WorkloadNames } from "../../platform/mod.ts";
import { linearPattern } from "./linear_pattern.ts";
import type { LinearPattern } from "./linear_pattern.ts";
import { hasName } from "./process_names.ts";
import { asksForWorkload } from "./process_query.ts";
import type { ProcessQuery } from "./process_query.ts";
import type { Workload } from "./workload.ts";
import { WorkloadMatcher } from "./workload_matcher.ts";

/** Only the first line of a PID file counts. */
const MOST_PID_FILE_BYTES = 65_536;
/** A PID file is written when its process has begun; clocks and file systems round. */
const OLDER_THAN_FILE_MS = 2_000;

type Listeners = ReadonlyMap<number, ReadonlySet<number>>;

/** Says which processes answer one query; what is cheapest to know is asked first. */
export class ProcessMatcher {
  #listeners: ReadonlySet<number> = new Set();
  #isHeld = false;
  /** Processes that may not be looked into, seen since {@link begin}. */
  #closedCount = 0;
  #userId: number | undefined;
  #fileProblem: string | undefined;
  #fileWrittenMs = NaN;

  readonly #pattern: LinearPattern | undefined;
  readonly #workloads: WorkloadMatcher | undefined;
  #namesRevision = 0;

  /** @throws ProctorError of kind `usage` for an expression that cannot be matched in linear time */
  constructor(readonly query: ProcessQuery, readonly lookup: ProcessLookup, names?: WorkloadNames) {
    this.#pattern = query.commandLine && linearPattern(query.commandLine);
    if (!asksForWorkload(query)) return;
    if (!names) throw new Error("a query for containers needs their names");
    this.#workloads = new WorkloadMatcher(query, names, lookup.ownUserId);
  }

  /**
   * Prepare for a pass.
   * @returns whether what was found out earlier does not hold any more
   */
  begin(listeners: Listeners): boolean {
    const { user, port } = this.query;
    const userId = typeof user === "string" ? this.#numberOf(user) : user;
    const now = port === undefined ? this.#listeners : listeners.get(port) ?? new Set();
    const revision = this.#workloads?.names.revision ?? 0;
    const changed = userId !== this.#userId || !isSame(now, this.#listeners) ||
      revision !== this.#namesRevision;
    this.#namesRevision = revision;
    this.#userId = userId;
    this.#listeners = now;
    // Without a pass over all processes, what was seen of them in the last one still holds.
    if (changed) this.#isHeld = false;
    if (changed) this.#closedCount = 0;
    return changed;
  }

  /** The process ID that the query names, itself or by its file; undefined when there is none at the moment. */
  namedPid(): number | undefined {
    const { pid, pidFile } = this.query;
    if (pidFile === undefined) return pid;
    const named = this.#readPidFile(pidFile);
    return pid === undefined || pid === named ? named : undefined;
  }

  /** Whether a process answers the query. */
  accepts(entry: ProcessEntry): boolean {
    const { name, user, cgroup, commandLine, port } = this.query;
    return (name === undefined || hasName(entry, name)) &&
      (user === undefined || entry.userId() === this.#userId) &&
      (cgroup === undefined || this.#isInside(entry, cgroup)) &&
      (this.#workloads === undefined || this.#workloads.find(entry) !== null) &&
      (commandLine === undefined || this.#hasWords(entry, commandLine)) &&
      (port === undefined || this.#listens(entry));
  }

  /** The container, pod or unit that the query asks for and an accepted process is in; null when it asks for none. */
  workloadOf(entry: ProcessEntry): Workload | null {
    return this.#workloads?.find(entry) ?? null;
  }

  /** What keeps the answer from being sure. */
  problems(found: readonly ProcessEntry[]): string[] {
    const { user, port, pidFile } = this.query;
    const problems: string[] = [];
    if (typeof user === "string" && this.#userId === undefined) {
      const advice = this.lookup.hidesUserNumbers === undefined ? "; write the number" : "";
      problems.push(`there is no user called "${user}"${advice}`);
    }
    if (typeof user === "number" && this.lookup.hidesUserNumbers !== undefined) {
      problems.push(this.lookup.hidesUserNumbers);
    }
    if (this.#workloads?.names.absence !== undefined) problems.push(this.#workloads.names.absence);
    if (this.#fileProblem) problems.push(this.#fileProblem);
    for (const { pid, startTimeMs } of found) {
      if (pidFile !== undefined && startTimeMs > this.#fileWrittenMs + OLDER_THAN_FILE_MS) {
        problems.push(
          `${pidFile} is older than process ${pid}, which it names: should that be another one, add its name`,
        );
      }
    }
    if (port !== undefined && this.#listeners.size > 0 && !this.#isHeld && this.#closedCount > 0) {
      problems.push(
        `port ${port} is in use by a process that may not be inspected (${this.#closedCount} may not); ` +
          "that takes root or CAP_SYS_PTRACE",
      );
    }
    if (found.length === 0 && this.#workloads?.hasNameless) {
      problems.push(...this.#workloads.names.problems());
    }
    // A file is read for it.
    const hidesOthers = found.length === 0 ? this.lookup.hidesOthers : null;
    if (hidesOthers !== null) problems.push(`processes of other users are hidden here (${hidesOthers})`);
    return problems;
  }

  #numberOf(user: string): number | undefined {
    return /^\d+$/.test(user) ? Number(user) : this.lookup.userId(user);
  }

  #readPidFile(path: string): number | undefined {
    this.#fileProblem = undefined;
    try {
      const { bytes, modifiedMs } = readRegularFile(path, MOST_PID_FILE_BYTES);
      this.#fileWrittenMs = modifiedMs;
      const line = Buffer.from(bytes).toString("latin1").split("\n", 1)[0].trim();
      if (/^[1-9]\d{0,9}$/.test(line)) return Number(line);
      // It may just be written.
      if (line !== "") this.#fileProblem = `${path}: its first line is not a process ID`;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof UnfitFile) this.#fileProblem = `${path}: ${error.message}`;
      // Who is not running has none.
      else if (code !== "ENOENT" && code !== "ENOTDIR") {
        this.#fileProblem = `${path}: it cannot be read (${code})`;
      }
    }
    return undefined;
  }

  #isInside(entry: ProcessEntry, wanted: string): boolean {
    const { hierarchy, path } = this.lookup.cgroupAt(wanted);
    return entry.cgroups(hierarchy).some((cgroup) => cgroup === path || cgroup.startsWith(`${path}/`));
  }

  /** Whoever started us with the expression among our arguments (sudo, sh -c) has it among its own. */
  #hasWords(entry: ProcessEntry, expression: RegExp): boolean {
    const line = entry.arguments().join(" ");
    if (line === "" || !this.#pattern?.test(line)) return false;
    return !(line.includes(expression.source) && this.#isAbove(entry) && quotes(expression));
  }

  #isAbove({ pid }: ProcessEntry): boolean {
    const seen = new Set<number>();
    for (let above = process.ppid; above > 0 && !seen.has(above);) {
      if (above === pid) return true;
      seen.add(above);
      above = this.lookup.find(above)?.parentPid ?? 0;
    }
    return false;
  }

  #listens(entry: ProcessEntry): boolean {
    if (this.#listeners.size === 0) return false;
    const sockets = entry.sockets();
    if (!sockets) this.#closedCount++;
    const listens = sockets !== null && [...this.#listeners].some((inode) => sockets.has(inode));
    if (listens) this.#isHeld = true;
    return listens;
  }
}

/** Whether our own arguments have the expression in them. */
function quotes({ source }: RegExp): boolean {
  return process.argv.some((word) => word.includes(source));
}

function isSame(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a === b || a.size === b.size && [...a].every((item) => b.has(item));
}
