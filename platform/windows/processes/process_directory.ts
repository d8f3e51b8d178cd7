import { ID_VARIABLE, MARKER, supervisedId } from "../../../core/schema/marker.ts";
import type { ProcessDirectory } from "../../contract/directory.ts";
import { closeHandle } from "../sys/close.ts";
import { variableName } from "../text/environment_block.ts";
import { accountOf, nameOfAccount } from "./account_names.ts";
import type { Sid } from "./account_names.ts";
import { environmentOf } from "./arguments_of.ts";
import { openToRead } from "./open_process.ts";
import { processSnapshot } from "./snapshot.ts";

const names = new Map<Sid, string | null>();

/** All processes of the machine; see {@link ProcessDirectory}. */
export const windowsProcesses: ProcessDirectory = {
  pids: () => [...processSnapshot.pids()],
  // Numbers are given out again at once: nobody is known to be old by his.
  newcomers: () => [...processSnapshot.pids()],
  origin(pid) {
    const isKernelThread = processSnapshot.isSystems(pid);
    const handle = openToRead(pid);
    if (handle === 0) {
      return { userName: null, cgroup: null, group: null, supervisedId: null, isKernelThread };
    }
    const sid = accountOf(handle);
    const environment = environmentOf(handle);
    const valueOf = (name: string) =>
      environment.find((one) => variableName(one) === name)?.slice(name.length + 1) ?? null;
    const mark = valueOf(MARKER);
    closeHandle(handle);
    return {
      userName: sid && nameOf(sid),
      cgroup: null,
      group: mark,
      supervisedId: supervisedId(mark, valueOf(ID_VARIABLE)),
      isKernelThread,
    };
  },
  cgroupCpuSeconds: () => NaN,
  keepCgroups() {},
};

/** A name may have to be asked of another machine: once for each account. */
function nameOf(sid: Sid): string | null {
  let name = names.get(sid);
  if (name === undefined) names.set(sid, name = nameOfAccount(sid));
  return name;
}
