import { join, relative } from "../../../core/posix_path.ts";
import { MARKER } from "../../../core/schema/marker.ts";
import type { MarkedProcess } from "../../contract/containment.ts";
import { innermostGroup } from "../cgroup/cgroup_home.ts";
import { ownCgroup, parseMembership, parseMount } from "../cgroup/cgroup_path.ts";
import { readText } from "../proc/kernel_file.ts";
import { readEnvironmentOf } from "../processes/descent.ts";
import { LinuxProcessReader } from "../processes/process_reader.ts";
import { listDirectory } from "../sys/directory.ts";

const NOTHING = { counters: true, io: false, switches: false, fileDescriptors: false };

/**
 * Every process whose environment (proc_pid_environ(5)) carries a group's mark with this label, or one that begins
 * so, and the cgroup that holds that group, where one does. What has overwritten its environment is not found by
 * itself, but by its cgroup.
 */
export function markedProcesses(label: string, isBeginning: boolean): MarkedProcess[] {
  const mark = new RegExp(`^${MARKER}=\\d+-[0-9a-f]+-${label}${isBeginning ? "[0-9A-Za-z]*" : ""}$`);
  const own = ownCgroup();
  return listDirectory("/proc").map(({ name }) => Number(name)).filter((pid) =>
    pid > 0 && pid !== process.pid
  )
    .flatMap((pid) => {
      const marker = readEnvironmentOf(pid).find((one) => mark.test(one));
      const reader = marker === undefined ? null : LinuxProcessReader.open(pid, NOTHING);
      if (!reader) return [];
      const { birth, isZombie, name } = reader;
      reader.close();
      if (isZombie) return [];
      const directory = "reason" in own ? null : groupDirectoryOf(pid);
      const mechanism = directory === null ? "subreaper" : "cgroup";
      return [{ pid, birth, name, marker: marker!, mechanism, directory }];
    });
}

/** The directory of the group that a process is in by its cgroup; null when it is in none. */
function groupDirectoryOf(pid: number): string | null {
  const path = parseMembership(readText(`/proc/${pid}/cgroup`) ?? "");
  const mount = path === undefined ? undefined : parseMount(readText("/proc/self/mountinfo") ?? "", path);
  if (!mount) return null;
  return innermostGroup(join(mount.point, relative(mount.root, path!)));
}
