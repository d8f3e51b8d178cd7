import { nodeOs } from "../../../io/builtins.ts";
import type {
  CpuTimes,
  HostSource,
  InterfaceReading,
  MachineReading,
  MemoryReading,
  ProcessCounts,
  SpaceReading,
} from "../../contract/host.ts";
import { parseInterfaces, RoundCounters } from "../layout/interfaces.ts";
import {
  CPU_LOAD_INFO,
  parseBootTime,
  parseCpuLoad,
  parseFileSystem,
  parseLoadAverages,
  parseSwap,
  parseThreadCount,
  parseVmStatistics,
  poolOf,
  PROCESSOR_SET_LOAD_INFO,
  STATFS_SIZE,
  VM_INFO,
} from "../layout/machine_info.ts";
import { STATUS } from "../layout/proc_info.ts";
import { text } from "../layout/words.ts";
import { bootId } from "../sys/clock.ts";
import { allPids, shortBsdInfo, taskAll } from "../sys/libproc.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { sysctl, sysctlByName, sysctlNumber, sysctlText } from "../sys/sysctl.ts";
import { diskReader } from "./disks.ts";

/** Ticks of the machine's CPU time in a second (kern.clockrate). */
const TICKS_PER_SECOND = 100;
const CTL_NET = 4;
const PF_ROUTE = 17;
const NET_RT_IFLIST2 = 6;
const IF_NAMESIZE = 16;
const MNT_NOWAIT = 2;
/** Of the system itself, not of a disk. */
const NO_DISKS = ["devfs", "autofs", "nullfs"];

/** The machine by sysctl(3), host_statistics, getfsstat(2) and IOKit. Temperatures (SMC, private) are not told. */
export function darwinHost(system: LibSystem): HostSource {
  const cpuTimes = cpuTimesReader(system);
  const interfaces = interfaceReader(system);
  const disks = diskReader(system);
  return {
    cpuTimes,
    // Of each there would be host_processor_info, which nothing asks yet.
    coreTimes: () => null,
    memory: () => memory(system),
    load() {
      const view = sysctlByName(system, "vm.loadavg", 24);
      if (view?.byteLength !== 24) return null;
      const [load1, load5, load15] = parseLoadAverages(view);
      return { load1, load5, load15, runnableTasks: null, existingTasks: threadCount(system) };
    },
    uptime() {
      const bootTimeMs = bootTime(system);
      return bootTimeMs === null
        ? null
        : { uptimeSeconds: (Date.now() - bootTimeMs) / 1_000, idleSeconds: cpuTimes()?.idle ?? null };
    },
    interfaces,
    spaces: (withNetwork) => ({ spaces: spaces(system, withNetwork), unanswered: [] }),
    processes: () => countProcesses(system),
    machine: () => machine(system),
    identity: () => ({ machineId: machineId(system), bootId: bootId(system) }),
    pressure: () => null,
    disks,
    temperatures: () => null,
  };
}

/** Ask the kernel for a structure of 32-bit words, so many of them; null where it gives fewer. */
function hostStatistics(
  system: LibSystem,
  call: "host_statistics" | "host_statistics64",
  { flavor, size }: { readonly flavor: number; readonly size: number },
): DataView | null {
  const block = system.scratch("host statistics", 512);
  const count = system.scratch("host count", 8);
  count.view.setUint32(0, size / 4, true);
  const result = system.c[call](hostPort(system), flavor, block.address, count.address);
  if (result !== 0 || count.view.getUint32(0, true) < size / 4) return null;
  return new DataView(block.bytes.buffer, block.bytes.byteOffset, size);
}

const ports = new WeakMap<LibSystem, number>();

/** The kernel's name for the machine: asked for once, since each time counts as another user of it. */
function hostPort(system: LibSystem): number {
  let port = ports.get(system);
  if (port === undefined) ports.set(system, port = system.c.mach_host_self());
  return port;
}

/** CPU time of the machine. Its counters go round at 2^32: with ten processors after fifty days. */
function cpuTimesReader(system: LibSystem): () => CpuTimes | null {
  const rounds = new RoundCounters();
  return () => {
    const view = hostStatistics(system, "host_statistics", CPU_LOAD_INFO);
    if (!view) return null;
    const load = parseCpuLoad(view);
    const seconds = (name: keyof typeof load) => rounds.add(name, load[name]) / TICKS_PER_SECOND;
    return {
      user: seconds("user"),
      nice: seconds("nice"),
      system: seconds("system"),
      idle: seconds("idle"),
      iowait: null,
      irq: null,
      softirq: null,
      steal: null,
      guest: null,
      guestNice: null,
    };
  };
}

function memory(system: LibSystem): MemoryReading | null {
  const totalBytes = sysctlNumber(system, "hw.memsize");
  // Of the processor, not of the program: 16 KiB on Apple silicon.
  const pageBytes = sysctlNumber(system, "hw.pagesize");
  if (Number.isNaN(totalBytes + pageBytes)) return null;
  const view = hostStatistics(system, "host_statistics64", VM_INFO);
  const pages = view && parseVmStatistics(view);
  const swapView = sysctlByName(system, "vm.swapusage", 32);
  const swap = swapView?.byteLength === 32 ? parseSwap(swapView) : { totalBytes: 0, availableBytes: 0 };
  const freePages = pages && pages.freePages - pages.speculativePages;
  return {
    totalBytes,
    freeBytes: freePages === null ? null : freePages * pageBytes,
    availableBytes: pages && (pages.freePages + pages.inactivePages + pages.purgeablePages) * pageBytes,
    buffersBytes: null,
    cachedBytes: pages && (pages.externalPages + pages.purgeablePages) * pageBytes,
    swapTotalBytes: swap.totalBytes,
    swapFreeBytes: swap.availableBytes,
  };
}

function bootTime(system: LibSystem): number | null {
  const view = sysctlByName(system, "kern.boottime", 16);
  return view?.byteLength === 16 ? parseBootTime(view) : null;
}

function interfaceReader(system: LibSystem): () => InterfaceReading[] | null {
  const rounds = new RoundCounters();
  return () => {
    const bytes = sysctl(system, [CTL_NET, PF_ROUTE, 0, 0, NET_RT_IFLIST2, 0], 65_536);
    if (!bytes) return null;
    return parseInterfaces(bytes).flatMap((counters) => {
      const name = system.scratch("interface", IF_NAMESIZE);
      if (system.c.if_indextoname(counters.index, name.address) === 0) return [];
      const { index, rxBytes, txBytes, ...others } = counters;
      return [{
        ...others,
        name: text(name.view, 0, IF_NAMESIZE),
        rxBytes: rounds.add(`${index} rx`, rxBytes),
        txBytes: rounds.add(`${index} tx`, txBytes),
      }];
    });
  };
}

function spaces(system: LibSystem, withNetwork: boolean): SpaceReading[] {
  const { c } = system;
  const getfsstat = process.arch === "x64" ? c["getfsstat$INODE64"] ?? c.getfsstat : c.getfsstat;
  const most = (getfsstat?.(0, 0, MNT_NOWAIT) ?? 0) + 8;
  const block = system.allocate(most * STATFS_SIZE);
  try {
    const count = Math.max(0, getfsstat?.(block.address, block.size, MNT_NOWAIT) ?? 0);
    return Array.from({ length: count }, (_, index) => parseFileSystem(block.view, index * STATFS_SIZE))
      .filter(({ isLocal, isHidden, type, totalBytes, point }) =>
        totalBytes > 0 && (isLocal || withNetwork) && !NO_DISKS.includes(type) && (!isHidden || point === "/")
      )
      .map((one) => ({
        point: one.point,
        type: one.type,
        source: one.source,
        space: one.id,
        pool: poolOf(one),
        totalBytes: one.totalBytes,
        usedBytes: one.totalBytes - one.freeBytes,
        availableBytes: one.availableBytes,
      }));
  } finally {
    block.free();
  }
}

/** Of other users' processes it is not told whether they run: they count as sleeping. */
function countProcesses(system: LibSystem): ProcessCounts {
  const counts = { running: 0, sleeping: 0, stopped: 0, zombie: 0 };
  let seenThreads = 0;
  for (const pid of allPids(system)) {
    const task = taskAll(system, pid);
    const who = task ?? shortBsdInfo(system, pid);
    if (!who) continue;
    if (who.status === STATUS.zombie) counts.zombie++;
    else if (who.status === STATUS.stopped) counts.stopped++;
    else if (task && task.runningThreads > 0) counts.running++;
    else counts.sleeping++;
    seenThreads += task?.threadCount ?? 1;
  }
  return { ...counts, threads: threadCount(system) ?? seenThreads, blocked: null };
}

/** Threads of all processes, whoever's they are; null where it is not told. */
function threadCount(system: LibSystem): number | null {
  const { c } = system;
  const set = system.scratch("processor set", 8);
  if (c.processor_set_default?.(hostPort(system), set.address) !== 0) return null;
  const info = system.scratch("processor set statistics", PROCESSOR_SET_LOAD_INFO.size);
  const count = system.scratch("host count", 8);
  count.view.setUint32(0, PROCESSOR_SET_LOAD_INFO.size / 4, true);
  const { flavor } = PROCESSOR_SET_LOAD_INFO;
  const result = c.processor_set_statistics?.(
    set.view.getUint32(0, true),
    flavor,
    info.address,
    count.address,
  );
  return result === 0 ? parseThreadCount(info.view) : null;
}

/** The hardware's UUID; nothing where it is not known within a second. */
function machineId(system: LibSystem): string | null {
  const uuid = system.scratch("host UUID", 16);
  const wait = system.scratch("host UUID wait", 16);
  wait.setU64(0, 1);
  wait.setU64(8, 0);
  if (system.c.gethostuuid?.(uuid.address, wait.address) !== 0) return null;
  return Buffer.from(uuid.bytes.subarray(0, 16)).toString("hex");
}

function machine(system: LibSystem): MachineReading {
  const processors = sysctlNumber(system, "hw.logicalcpu");
  return {
    hostName: sysctlText(system, "kern.hostname"),
    kernel: sysctlText(system, "kern.osrelease"),
    os: "macOS",
    osRelease: sysctlText(system, "kern.osproductversion"),
    platform: nodeOs().arch(),
    processorCount: processors > 0 ? processors : null,
    bootTimeMs: bootTime(system),
    container: null,
  };
}
