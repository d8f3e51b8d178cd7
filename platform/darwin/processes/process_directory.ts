import { ID_VARIABLE, MARKER, supervisedId } from "../../../core/schema/marker.ts";
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
      const environment = environmentOf(system, pid);
      const valueOf = (name: string) =>
        environment.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
      const mark = valueOf(MARKER);
      return {
        userName: who && nameOf(who.userId),
        cgroup: null,
        group: mark,
        supervisedId: supervisedId(mark, valueOf(ID_VARIABLE)),
      };
    },
    cgroupCpuSeconds: () => NaN,
    keepCgroups() {},
  };
}
