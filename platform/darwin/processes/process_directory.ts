import { MARKER } from "../../../core/schema/marker.ts";
import type { ProcessDirectory } from "../../contract/directory.ts";
import { findUser } from "../sys/accounts.ts";
import { allPids, shortBsdInfo } from "../sys/libproc.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { environmentOf } from "./process_words.ts";

/** All processes of the machine but the kernel; see {@link ProcessDirectory}. */
export function darwinProcesses(system: LibSystem): ProcessDirectory {
  const names = new Map<number, string>();
  const nameOf = (uid: number): string => {
    let name = names.get(uid);
    if (name === undefined) names.set(uid, name = findUser(system, uid)?.name ?? String(uid));
    return name;
  };
  return {
    pids: () => allPids(system),
    newcomers: () => allPids(system),
    origin(pid) {
      const who = shortBsdInfo(system, pid);
      const mark = environmentOf(system, pid).find((one) => one.startsWith(`${MARKER}=`));
      return {
        userName: who && nameOf(who.userId),
        cgroup: null,
        group: mark?.slice(MARKER.length + 1) ?? null,
      };
    },
    cgroupCpuSeconds: () => NaN,
    keepCgroups() {},
  };
}
