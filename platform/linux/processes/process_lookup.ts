import type { ProcessEntry, ProcessLookup } from "../../contract/lookup.ts";
import type { CgroupPlace, LayeredCgroup } from "../../contract/workloads.ts";
import { cgroupLayers, identityOf } from "../workloads/cgroup_layers.ts";
import { bootTimeMs } from "../proc/boot_time.ts";
import { cgroupPlace, parseCgroupMounts } from "../cgroup/cgroup_place.ts";
import type { CgroupMount } from "../cgroup/cgroup_place.ts";
import { processCpuSeconds } from "./cpu_clock.ts";
import { listDirectory } from "../sys/directory.ts";
import { readPiece, readText, text } from "../proc/kernel_file.ts";
import { livingThread } from "./living_thread.ts";
import { processesBetween } from "./new_pids.ts";
import { findUser } from "../users/name_service.ts";
import { parsePasswd } from "../users/passwd.ts";
import { parseListeners } from "../proc/proc_net_sockets.ts";
import { lastPid } from "../proc/proc_loadavg.ts";
import { TICKS_PER_SECOND } from "../proc/proc_stat.ts";
import {
  parseArguments,
  parseCgroups,
  parseEffectiveUser,
  parseSocketLink,
  parseStatIdentity,
} from "./process_entry.ts";
import type { StatIdentity } from "./process_entry.ts";
import { readLink } from "../sys/read_link.ts";

const ASK_AGAIN_MS = 60_000;
const SOCKET_TABLES = [["tcp", "tcp"], ["tcp6", "tcp"], ["udp", "udp"], ["udp6", "udp"]] as const;

/** Looks processes up in /proc; see {@link ProcessLookup}. */
export class LinuxProcessLookup implements ProcessLookup {
  readonly #cgroupMounts: readonly CgroupMount[];
  #lastPid = NaN;
  readonly #asked = new Map<string, { readonly uid: number | undefined; readonly ms: number }>();

  /**
   * @param proc where to read instead of /proc, for captured trees
   * @param passwd a file of users, in place of all the lists of the machine
   */
  constructor(readonly proc = "/proc", readonly passwd?: string) {
    const hierarchies = parseCgroups(readText(`${proc}/self/cgroup`) ?? "").map(({ hierarchy }) => hierarchy);
    this.#cgroupMounts = parseCgroupMounts(readText(`${proc}/self/mountinfo`) ?? "", hierarchies);
  }

  get hidesOthers(): string | null {
    return readPiece(`${this.proc}/1/stat`) ? null : "/proc is mounted with hidepid";
  }

  get ownUserId(): number {
    return process.geteuid?.() ?? NaN;
  }

  pids(): number[] {
    return pidsIn(this.proc);
  }

  newPids(): ReadonlySet<number> | undefined {
    const before = this.#lastPid;
    const last = this.#lastPid = lastPid();
    if (Number.isNaN(before) || Number.isNaN(last)) return undefined;
    const pids = processesBetween(before, last);
    return pids && new Set(pids);
  }

  find(pid: number, before?: ProcessEntry | null): ProcessEntry | null {
    // Read first: whoever runs from here on is looked at the next time.
    const clock = this.proc === "/proc" ? processCpuSeconds(pid) : NaN;
    if (before instanceof Entry && before.pid === pid && before.clock === clock) return before;
    if (pid === process.pid || !readPiece(`${this.proc}/${pid}/stat`)) return null;
    const identity = parseStatIdentity(text.bytes, text.length);
    if (!identity || identity.isDead || identity.isKernelThread) return null;
    if (this.proc === "/proc" && isThread(pid, identity, clock)) return null;
    return new Entry(`${this.proc}/${pid}`, pid, identity, clock);
  }

  listeners(ports: ReadonlySet<number>): ReadonlyMap<number, ReadonlySet<number>> {
    const found = new Map([...ports].map((port) => [port, new Set<number>()]));
    for (const [table, protocol] of SOCKET_TABLES) {
      for (
        const { port, inode } of parseListeners(readText(`${this.proc}/self/net/${table}`) ?? "", protocol)
      ) {
        found.get(port)?.add(inode);
      }
    }
    return found;
  }

  cgroupAt(path: string): CgroupPlace {
    return cgroupPlace(path, this.#cgroupMounts);
  }

  userId(name: string): number | undefined {
    const inFile = parsePasswd(readText(this.passwd ?? "/etc/passwd") ?? "").find((one) => one.name === name);
    if (inFile || this.passwd !== undefined) return inFile?.uid;
    // Other lists may be far away (nsswitch.conf(5)): this is asked at every look.
    const asked = this.#asked.get(name);
    if (asked && performance.now() - asked.ms < ASK_AGAIN_MS) return asked.uid;
    const uid = findUser(name)?.uid;
    this.#asked.set(name, { uid, ms: performance.now() });
    return uid;
  }
}

class Entry implements ProcessEntry {
  readonly name: string;
  readonly parentPid: number;
  readonly session: number;
  readonly birth: number;

  /** Where what it has is told: with one of its threads, when the main one has ended. */
  readonly #files: string;

  /** @param clock its CPU clock before it was looked at; NaN where there is none */
  constructor(
    readonly directory: string,
    readonly pid: number,
    identity: StatIdentity,
    readonly clock: number,
  ) {
    this.#files = identity.hasDeadLeader ? livingThread(directory)?.directory ?? directory : directory;
    ({ name: this.name, parentPid: this.parentPid, session: this.session, birth: this.birth } = identity);
  }

  get startTimeMs(): number {
    return bootTimeMs() + (this.birth * 1_000) / TICKS_PER_SECOND;
  }

  arguments(): readonly string[] {
    const words = readText(`${this.#files}/cmdline`) ?? "";
    return parseArguments(words);
  }

  userId(): number {
    return parseEffectiveUser(readText(`${this.directory}/status`) ?? "");
  }

  cgroups(wanted: string | null): readonly string[] {
    return parseCgroups(readText(`${this.directory}/cgroup`) ?? "")
      .filter(({ hierarchy }) => wanted === null || hierarchy === wanted)
      .map(({ path }) => path);
  }

  layeredCgroups(): readonly LayeredCgroup[] {
    return parseCgroups(readText(`${this.directory}/cgroup`) ?? "")
      .map((cgroup) => {
        const layers = cgroupLayers(cgroup.path);
        return { ...cgroup, layers, identity: identityOf(layers) };
      });
  }

  sockets(): ReadonlySet<number> | null {
    const descriptors = listDirectory(`${this.#files}/fd`);
    // A directory that may not be read looks empty; whoever has no descriptors listens nowhere anyway.
    if (descriptors.length === 0) return readLink(`${this.#files}/cwd`) === undefined ? null : new Set();
    const inodes = descriptors.map(({ name }) =>
      parseSocketLink(readLink(`${this.#files}/fd/${name}`) ?? "")
    );
    return new Set(inodes.filter((inode) => !Number.isNaN(inode)));
  }
}

/**
 * A thread's number opens a directory, too, which no list has; it has no process clock, unless the thread is the
 * caller.
 */
function isThread(pid: number, { parentPid }: StatIdentity, clock: number): boolean {
  if (Number.isNaN(clock)) return true;
  return parentPid === process.ppid && readPiece(`/proc/self/task/${pid}/comm`);
}

/** The numbers among the entries of /proc. */
export function pidsIn(proc: string): number[] {
  return listDirectory(proc).map(({ name }) => Number(name)).filter((pid) => pid > 0);
}
