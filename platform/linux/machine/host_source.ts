import { join } from "../../../core/posix_path.ts";
import type { HostRoots, HostSource } from "../../contract/host.ts";
import { KeptFile } from "../proc/kept_file.ts";
import { text } from "../proc/kernel_file.ts";
import { parseDiskstats } from "../proc/proc_diskstats.ts";
import { parseLoad } from "../proc/proc_loadavg.ts";
import { parseMeminfo } from "../proc/proc_meminfo.ts";
import { parseNetDev } from "../proc/proc_net_dev.ts";
import { readPressure } from "../proc/proc_pressure.ts";
import { parseUptime } from "../proc/proc_uptime.ts";
import { parseBlocked, parseCoreTimes, parseCpuTimes } from "../proc/system_stat.ts";
import { countProcesses } from "../processes/process_states.ts";
import { isPhysical } from "./block_device.ts";
import { readIdentity } from "./machine_identity.ts";
import { MachineReader } from "./machine_facts.ts";
import { readTemperatures } from "./sensors.ts";
import { SpaceReader } from "./spaces.ts";

const MACHINE: HostRoots = { proc: "/proc", sys: "/sys", files: "" };

/** The machine by /proc and /sys, or what was captured of one. */
export function linuxHost(roots: HostRoots = MACHINE): HostSource {
  const { proc, sys } = roots;
  const file = (name: string) => new KeptFile(join(proc, name));
  const stat = file("stat");
  const meminfo = file("meminfo");
  const loadavg = file("loadavg");
  const uptime = file("uptime");
  const netDev = file("self/net/dev");
  const diskstats = file("diskstats");
  const machine = new MachineReader(roots, stat);
  const spaces = new SpaceReader(roots);
  const physical = new Map<string, boolean>();

  return {
    cpuTimes: () => stat.read() ? parseCpuTimes(text.bytes, text.length) : null,
    coreTimes: () => stat.read() ? parseCoreTimes(text.bytes, text.length) : null,
    memory: () => meminfo.read() ? parseMeminfo(text.bytes, text.length) : null,
    load: () => loadavg.read() ? parseLoad(text.bytes, text.length) : null,
    uptime: () => uptime.read() ? parseUptime(text.bytes, text.length) : null,
    interfaces: () => netDev.readWhole() ? parseNetDev(text.bytes, text.length) : null,
    spaces: (withNetwork) => spaces.read(withNetwork),
    processes() {
      const counts = countProcesses(proc);
      if (!counts) return null;
      return { ...counts, blocked: stat.read() ? parseBlocked(text.bytes, text.length) : null };
    },
    machine: () => machine.read(),
    identity: () => readIdentity(roots),
    pressure: () => readPressure((resource) => join(proc, "pressure", resource)),
    disks() {
      if (!diskstats.readWhole()) return null;
      return parseDiskstats(text.bytes, text.length).map((counters) => {
        const { name } = counters;
        if (!physical.has(name)) physical.set(name, isPhysical(sys, name));
        return { ...counters, isPhysical: physical.get(name)! };
      });
    },
    temperatures: () => readTemperatures(sys),
  };
}
