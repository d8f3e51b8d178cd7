import { join, relative } from "../../../core/posix_path.ts";
import { ID_VARIABLE, MARKER, supervisedId } from "../../../core/schema/marker.ts";
import type { ProcessDirectory, ProcessOrigin } from "../../contract/directory.ts";
import { parseCpuStat } from "../cgroup/cgroup_files.ts";
import { innermostGroup } from "../cgroup/cgroup_home.ts";
import { parseMembership, parseMount } from "../cgroup/cgroup_path.ts";
import { listNumbers } from "../sys/directory.ts";
import { KeptFile } from "../proc/kept_file.ts";
import { processesBetween } from "./new_pids.ts";
import { demandOwnProc } from "../proc/own_proc.ts";
import { lastPid } from "../proc/proc_loadavg.ts";
import { readPiece, readText, text, textAsString } from "../proc/kernel_file.ts";
import { parsePasswd } from "../users/passwd.ts";

/** PIDs are given out in rising order, so what is new has one above the last; now and then all are listed anyway. */
const SWEEP_EVERY = 10;

/**
 * The processes of the machine by /proc; see {@link ProcessDirectory}.
 * @throws ProctorError of kind `system` when /proc is another PID namespace's
 */
export function linuxProcesses(): ProcessDirectory {
  demandOwnProc();
  const pids: number[] = [];
  const cpuStats = new Map<string, KeptFile | null>();
  const usage = { cpuSeconds: NaN, userSeconds: NaN, systemSeconds: NaN };
  let users: ReadonlyMap<number, string> | undefined;
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
      users ??= namesByUser(readText("/etc/passwd") ?? "");
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

function readOrigin(pid: number, users: ReadonlyMap<number, string>): ProcessOrigin {
  const status = readPiece(`/proc/${pid}/status`) ? textAsString() : "";
  const userId = /^Uid:\s+(\d+)/m.exec(status)?.[1];
  const membership = readPiece(`/proc/${pid}/cgroup`) ? textAsString() : "";
  // Of others' processes only root may read it.
  const environment = readPiece(`/proc/${pid}/environ`) ? `\0${textAsString()}` : "";
  const mark = variableIn(environment, MARKER);
  const cgroup = parseMembership(membership) ?? null;
  return {
    userName: userId === undefined ? null : users.get(Number(userId)) ?? userId,
    cgroup,
    group: innermostGroup(cgroup ?? "") ?? mark,
    supervisedId: supervisedId(mark, variableIn(environment, ID_VARIABLE)),
  };
}

/** The value of a variable in an environment, before each of which a NUL stands; null where it is not there. */
function variableIn(environment: string, name: string): string | null {
  const at = environment.indexOf(`\0${name}=`);
  return at < 0 ? null : environment.slice(at + name.length + 2).split("\0", 1)[0];
}

/**
 * Names by user ID; of several the first. Other lists than the file are not asked: that may take long, and here are
 * many.
 */
function namesByUser(passwd: string): Map<number, string> {
  return new Map(parsePasswd(passwd).reverse().map(({ uid, name }) => [uid, name]));
}
