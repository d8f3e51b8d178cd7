import type { HeldClient } from "../../../core/measure/gpu/observation.ts";
import { closeFile, isMissing, openFile, readText } from "../proc/kernel_file.ts";
import { listDirectory, listNumbers } from "../sys/directory.ts";
import { readLink } from "../sys/read_link.ts";
import { parseDrmFdinfo } from "./drm_fdinfo.ts";

/** Devices of DRM drivers, which have it that their files are below these. */
const DEVICE = /^\/dev\/(?:dri|accel)\//;
/** Devices of NVIDIA's own driver, which tells nothing by fdinfo. */
const NVIDIA = /^\/dev\/nvidia/;

/** Where to read instead of the machine itself. */
export interface GpuRoots {
  readonly proc: string;
  readonly sys: string;
}

/** The machine itself. */
export const MACHINE: GpuRoots = { proc: "/proc", sys: "/sys" };

/** A device of the machine that has a DRM driver. */
export interface DrmDevice {
  /** Its name in /sys/class, such as `card0`. */
  readonly name: string;
  /** null where it cannot be told. */
  readonly driver: string | null;
}

/** Files of DRM drivers that processes hold, read from `/proc/PID/fd` and `/proc/PID/fdinfo` (proc_pid_fdinfo(5)). */
export class DrmClients {
  /** Processes whose descriptors were out of our reach at the last look: of another user, say. */
  refusedCount = 0;
  /** Processes that held a device of NVIDIA's own driver at the last look. */
  readonly nvidiaPids = new Set<number>();

  constructor(readonly roots: GpuRoots = MACHINE) {}

  /** What these processes hold now. */
  look(pids: readonly number[]): HeldClient[] {
    const held: HeldClient[] = [];
    this.refusedCount = 0;
    this.nvidiaPids.clear();
    for (const pid of pids) this.#lookAt(pid, held);
    return held;
  }

  #lookAt(pid: number, held: HeldClient[]): void {
    const directory = `${this.roots.proc}/${pid}`;
    const opened = openFile(`${directory}/fd`);
    if (opened < 0) {
      if (!isMissing()) this.refusedCount++;
      return;
    }
    closeFile(opened);
    const descriptors: number[] = [];
    listNumbers(`${directory}/fd`, descriptors);
    let hasNvidia = false;
    for (const descriptor of descriptors) {
      const target = readLink(`${directory}/fd/${descriptor}`);
      if (target === undefined) continue;
      hasNvidia ||= NVIDIA.test(target);
      if (!DEVICE.test(target)) continue;
      const client = parseDrmFdinfo(readText(`${directory}/fdinfo/${descriptor}`) ?? "", target);
      if (client) held.push({ pid, client });
    }
    if (hasNvidia) this.nvidiaPids.add(pid);
  }
}

/** The machine's graphics cards and accelerators that have a DRM driver, NVIDIA's own left out. */
export function drmDevices({ sys }: GpuRoots = MACHINE): DrmDevice[] {
  const named = [["drm", /^card\d+$/], ["accel", /^accel\d+$/]] as const;
  return named.flatMap(([kind, pattern]) =>
    listDirectory(`${sys}/class/${kind}`).filter(({ name }) => pattern.test(name)).map(({ name }) => {
      const uevent = readText(`${sys}/class/${kind}/${name}/device/uevent`) ?? "";
      return { name, driver: /^DRIVER=(.+)$/m.exec(uevent)?.[1] ?? null };
    })
  ).filter(({ driver }) => driver !== "nvidia");
}
