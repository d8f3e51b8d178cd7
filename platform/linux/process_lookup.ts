import type { ProcessEntry, ProcessLookup } from "../lookup_types.ts";
import { bootTimeMs } from "./boot_time.ts";
import { ownCgroup } from "./cgroup_path.ts";
import { processCpuSeconds } from "./cpu_clock.ts";
import { listDirectory } from "./directory.ts";
import { readPiece, readText, text } from "./kernel_file.ts";
import { processesBetween } from "./new_pids.ts";
import { parseListeners } from "./proc_net_sockets.ts";
import { lastPid } from "./proc_loadavg.ts";
import { TICKS_PER_SECOND } from "./proc_stat.ts";
import {
  parseCgroups,
  parseEffectiveUser,
  parseSocketLink,
  parseStatIdentity,
  parseUserId,
} from "./process_entry.ts";
import type { StatIdentity } from "./process_entry.ts";
import { readLink } from "./read_link.ts";

const SOCKET_TABLES = [["tcp", "tcp"], ["tcp6", "tcp"], ["udp", "udp"], ["udp6", "udp"]] as const;

/** Looks processes up in /proc; see {@link ProcessLookup}. */
export class LinuxProcessLookup implements ProcessLookup {
  readonly cgroupMount: string | null;
  #lastPid = NaN;

  /** @param proc where to read instead of /proc, for captured trees */
  constructor(readonly proc = "/proc", readonly passwd = "/etc/passwd") {
    const own = ownCgroup(proc);
    this.cgroupMount = "mountPoint" in own ? own.mountPoint : null;
  }

  get hidesOthers(): boolean {
    return !readPiece(`${this.proc}/1/stat`);
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

  find(pid: number): ProcessEntry | null {
    if (pid === process.pid || !readPiece(`${this.proc}/${pid}/stat`)) return null;
    const identity = parseStatIdentity(text.bytes, text.length);
    if (!identity || identity.isDead || identity.isKernelThread) return null;
    if (this.proc === "/proc" && isThread(pid, identity)) return null;
    return new Entry(`${this.proc}/${pid}`, pid, identity);
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

  userId(name: string): number | undefined {
    return parseUserId(readText(this.passwd) ?? "", name);
  }
}

class Entry implements ProcessEntry {
  readonly name: string;
  readonly parentPid: number;
  readonly session: number;
  readonly birth: number;

  constructor(readonly directory: string, readonly pid: number, identity: StatIdentity) {
    ({ name: this.name, parentPid: this.parentPid, session: this.session, birth: this.birth } = identity);
  }

  get startTimeMs(): number {
    return bootTimeMs() + (this.birth * 1_000) / TICKS_PER_SECOND;
  }

  arguments(): readonly string[] {
    const words = readText(`${this.directory}/cmdline`) ?? "";
    return words === "" ? [] : words.replace(/\0$/, "").split("\0");
  }

  userId(): number {
    return parseEffectiveUser(readText(`${this.directory}/status`) ?? "");
  }

  cgroups(): readonly string[] {
    return parseCgroups(readText(`${this.directory}/cgroup`) ?? "");
  }

  sockets(): ReadonlySet<number> | null {
    const descriptors = listDirectory(`${this.directory}/fd`);
    // A directory that may not be read looks empty; whoever has no descriptors listens nowhere anyway.
    if (descriptors.length === 0) return readLink(`${this.directory}/cwd`) === undefined ? null : new Set();
    const inodes = descriptors.map(({ name }) =>
      parseSocketLink(readLink(`${this.directory}/fd/${name}`) ?? "")
    );
    return new Set(inodes.filter((inode) => !Number.isNaN(inode)));
  }
}

/** A thread's number opens a directory, too, which no list has; it has no process clock, unless the thread is the caller. */
function isThread(pid: number, { parentPid }: StatIdentity): boolean {
  if (Number.isNaN(processCpuSeconds(pid))) return true;
  return parentPid === process.ppid && readPiece(`/proc/self/task/${pid}/comm`);
}

/** The numbers among the entries of /proc. */
export function pidsIn(proc: string): number[] {
  return listDirectory(proc).map(({ name }) => Number(name)).filter((pid) => pid > 0);
}
