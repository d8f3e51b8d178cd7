import type { ContainerRequest } from "../../contract/containment.ts";
import type { ProcessReader } from "../../contract/processes.ts";
import { MARKER } from "../../../core/schema/marker.ts";
import { listDirectory } from "../sys/directory.ts";
import { isGuard } from "../launch/guards.ts";
import { isMissing, readText } from "../proc/kernel_file.ts";
import { livingThread } from "./living_thread.ts";
import { processesBetween } from "./new_pids.ts";
import { ownProc } from "../proc/own_proc.ts";
import { lastPid } from "../proc/proc_loadavg.ts";
import { LinuxProcessReader } from "./process_reader.ts";

/** Now and then all of /proc is searched, whatever the PID counter says. */
const SWEEP_EVERY = 100;
/**
 * A newborn's parent may end right after the fork, and leave it to us: strangers so young are looked at again, once at
 * least, however late that look is.
 */
const YOUNG_MS = 20;

/**
 * Finds members by descent, where no cgroup lists them: a new process is a member when its parent is one,
 * when it leads on a member's session, or when it was orphaned and became our own child (of a tree that was
 * adopted: when it carries the mark).
 *
 * It reads as little as it can: PIDs are given out in rising order, so what is new since the last look lies
 * between the PID given out last then and now; whether there is a process behind a PID, its CPU clock says.
 */
export class Descent {
  /** Whether there were processes in the last look that could not be opened: they are looked at again in the next. */
  hasUnopened = false;
  #lastPid = NaN;
  #looks = 0;
  /** Newborns that seemed to be strangers, and until when that may change. */
  #young: { readonly pid: number; readonly untilMs: number }[] = [];

  /** @param adopts whether orphans of the tree become children of this process */
  constructor(readonly request: ContainerRequest, readonly adopts: boolean) {}

  /** Hand over every process of the tree that is not in `known`; parents before children. */
  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    // What stands in a foreign /proc by number is nobody of ours.
    if (!ownProc()) return;
    const before = this.#lastPid;
    const last = lastPid();
    this.#lastPid = last;
    const isDue = this.#looks++ % SWEEP_EVERY === 0;
    const sweep = thorough || isDue || this.hasUnopened || Number.isNaN(before) || Number.isNaN(last);
    const now = performance.now();
    if (last === before && !sweep && this.#young.length === 0) return;
    const born = sweep ? undefined : processesBetween(before, last);
    const strangers = this.#adopt(
      born ? [...new Set([...this.#young.map(({ pid }) => pid), ...born])] : listPids(),
      known,
      found,
    );
    if (!born) return;
    const young = this.#young.filter(({ pid, untilMs }) => untilMs > now && strangers.has(pid));
    for (const pid of born) if (strangers.has(pid)) young.push({ pid, untilMs: now + YOUNG_MS });
    this.#young = young;
  }

  /** Hand over those of the processes that are of the tree; gives the living others. */
  #adopt(
    pids: number[],
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
  ): ReadonlySet<number> {
    let open: ProcessReader[] = [];
    this.hasUnopened = false;
    for (const pid of pids) {
      if (known.has(pid) || pid === process.pid || isGuard(pid)) continue;
      const reader = LinuxProcessReader.open(pid, this.request.wanted);
      if (reader) open.push(reader);
      else if (!isMissing()) this.hasUnopened = true;
    }
    open.sort((a, b) => a.birth - b.birth || a.pid - b.pid);
    const members = new Map(known);
    // A child can sort before its parent (both within one clock tick, or a wrapped PID): repeat until stable.
    for (let grown = true; grown;) {
      grown = false;
      const rest: ProcessReader[] = [];
      for (const reader of open) {
        if (!this.#belongs(reader, members)) {
          rest.push(reader);
          continue;
        }
        members.set(reader.pid, reader);
        found(reader);
        grown = true;
      }
      open = rest;
    }
    for (const stranger of open) stranger.close();
    return new Set(open.filter(({ isZombie }) => !isZombie).map(({ pid }) => pid));
  }

  #belongs(reader: ProcessReader, members: ReadonlyMap<number, ProcessReader>): boolean {
    if (members.has(reader.parentPid)) return true;
    // Orphans of a tree that we have adopted go to init, not to us.
    if (this.request.adopted && readEnvironmentOf(reader.pid).includes(this.request.marker)) return true;
    if (this.adopts && reader.parentPid === process.pid && isOrphanOf(this.request, reader.pid)) return true;
    const leader = members.get(reader.session);
    return leader !== undefined && leader.birth <= reader.birth;
  }
}

/**
 * Whether a child of ours that we did not start is an orphan of a tree, and not one that the program around us
 * started.
 */
export function isOrphanOf({ soleParent, marker }: ContainerRequest, pid: number): boolean {
  return soleParent || readEnvironmentOf(pid).includes(marker);
}

/** The environment of a process as `NAME=value` (proc_pid_environ(5)); empty when it is not ours to read. */
export function readEnvironmentOf(pid: number): string[] {
  const own = readText(`/proc/${pid}/environ`);
  // Of a process whose main thread has ended it is empty, gone or forbidden, by version of the kernel and user.
  const thread = own ? null : livingThread(`/proc/${pid}`);
  return ((thread ? readText(`${thread.directory}/environ`) : own) ?? "").split("\0");
}

function listPids(): number[] {
  return listDirectory("/proc").map((entry) => Number(entry.name)).filter((pid) => pid > 0);
}

/** Whether a process was started with a mark, but with another one. */
export function carriesOtherMark(pid: number, marker: string): boolean {
  const variables = readEnvironmentOf(pid);
  return !variables.includes(marker) && variables.some((variable) => variable.startsWith(`${MARKER}=`));
}
