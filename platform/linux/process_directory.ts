import { join, relative } from "node:path";
import { MARKER } from "../../core/marker.ts";
import type { ProcessDirectory, ProcessOrigin } from "../process_types.ts";
import { parseCpuStat } from "./cgroup_files.ts";
import { parseMembership, parseMount } from "./cgroup_path.ts";
import { listNumbers } from "./directory.ts";
import { KeptFile } from "./kept_file.ts";
import { processesBetween } from "./new_pids.ts";
import { lastPid } from "./proc_loadavg.ts";
import { readPiece, readText, text, textAsString } from "./kernel_file.ts";

/** PIDs are given out in rising order, so what is new has one above the last; now and then all are listed anyway. */
const SWEEP_EVERY = 10;

/** The processes of the machine by /proc; see {@link ProcessDirectory}. */
export function linuxProcesses(): ProcessDirectory {
  const pids: number[] = [];
  const cpuStats = new Map<string, KeptFile | null>();
  const usage = { cpuSeconds: NaN, userSeconds: NaN, systemSeconds: NaN };
  let users: ReadonlyMap<string, string> | undefined;
  let mounts: string | undefined;
  let newest = NaN;
  let looks = 0;

  const listAll = (): readonly number[] => {
    pids.length = 0;
    listNumbers("/proc", pids);
    return pids;
  };

  const directoryOf = (cgroup: string): string | undefined => {
    mounts ??= readText("/proc/self/mountinfo") ?? "";
    const mount = parseMount(mounts, cgroup);
    return mount && join(mount.point, relative(mount.root, cgroup));
  };
  const openCpuStat = (cgroup: string): KeptFile | null => {
    const directory = directoryOf(cgroup);
    return directory === undefined ? null : new KeptFile(join(directory, "cpu.stat"));
  };

  return {
    pids: listAll,
    newcomers() {
      const before = newest;
      newest = lastPid();
      const sweeps = looks++ % SWEEP_EVERY === 0 || Number.isNaN(before) || Number.isNaN(newest);
      if (sweeps) return listAll();
      return newest === before ? [] : processesBetween(before, newest) ?? listAll();
    },
    origin(pid) {
      users ??= parseUsers(readText("/etc/passwd") ?? "");
      return readOrigin(pid, users);
    },
    cgroupCpuSeconds(cgroup) {
      let file = cpuStats.get(cgroup);
      if (file === undefined) cpuStats.set(cgroup, file = openCpuStat(cgroup));
      if (!file?.read()) return NaN;
      parseCpuStat(text.bytes, text.length, usage);
      return usage.cpuSeconds;
    },
    keepCgroups(cgroups) {
      for (const [cgroup, file] of cpuStats) {
        if (cgroups.has(cgroup)) continue;
        file?.close();
        cpuStats.delete(cgroup);
      }
    },
  };
}

function readOrigin(pid: number, users: ReadonlyMap<string, string>): ProcessOrigin {
  const status = readPiece(`/proc/${pid}/status`) ? textAsString() : "";
  const userId = /^Uid:\s+(\d+)/m.exec(status)?.[1];
  const membership = readPiece(`/proc/${pid}/cgroup`) ? textAsString() : "";
  // Of others' processes only root may read it.
  const environment = readPiece(`/proc/${pid}/environ`) ? textAsString() : "";
  const at = `\0${environment}`.indexOf(`\0${MARKER}=`);
  return {
    userName: userId === undefined ? null : users.get(userId) ?? userId,
    cgroup: parseMembership(membership) ?? null,
    groupMark: at < 0 ? null : environment.slice(at + MARKER.length + 1).split("\0", 1)[0],
  };
}

/** Names by user ID, of /etc/passwd (passwd(5)). */
export function parseUsers(text: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [name, , id] = line.split(":");
    // The first of several names of one user is the one that counts (getpwuid(3)).
    if (id !== undefined && !names.has(id)) names.set(id, name);
  }
  return names;
}
