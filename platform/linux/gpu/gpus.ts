import type { GpuLook } from "../../../core/measure/gpu/ledger.ts";
import type { GpuReader, Gpus } from "../../contract/gpu.ts";
import type { Finding } from "../../contract/self.ts";
import { readLink } from "../sys/read_link.ts";
import { DrmClients, drmDevices } from "./drm_clients.ts";
import type { DrmDevice } from "./drm_clients.ts";
import { Nvml } from "./nvml.ts";

/** The kernel's first PID namespace, by the number of its file (PROC_PID_INIT_INO, include/linux/proc_ns.h). */
const FIRST_PID_NAMESPACE = "pid:[4026531836]";
/** Drivers that are known to tell of each client (Documentation/gpu/drm-usage-stats.rst, and their show_fdinfo). */
const TELLING = new Set([
  "amdgpu",
  "amdxdna",
  "etnaviv",
  "i915",
  "lima",
  "msm",
  "msm_dpu",
  "nouveau",
  "panfrost",
  "panthor",
  "v3d",
  "xe",
]);

let nvml: Nvml | undefined;

/** NVML by foreign calls, and the fdinfo of DRM drivers. */
export const linuxGpus: Gpus = {
  openReader: () => new LinuxGpuReader(),
  finding,
};

class LinuxGpuReader implements GpuReader {
  readonly #nvml = nvml ??= new Nvml();
  readonly #clients = new DrmClients();
  readonly #devices = drmDevices();
  readonly #isFirst = readLink("/proc/self/ns/pid") === FIRST_PID_NAMESPACE;
  #hasTold = { nvml: false, fdinfo: false };
  /** Processes of ours with a device of NVIDIA's open, and none of them in NVML's list. */
  #hasUnlisted = false;
  #unansweredSeconds: number | null = null;

  poll(nowMs: number): void {
    this.#nvml.poll(nowMs);
  }

  look(pids: readonly number[], nowMs: number): GpuLook {
    const all = this.#nvml.processes(nowMs);
    this.#unansweredSeconds = this.#nvml.unansweredSeconds(nowMs);
    // Where no device could be held, nobody's descriptors are looked at.
    const hasDrm = this.#devices.length > 0;
    const clients = hasDrm || (all && !this.#isFirst) ? this.#clients.look(pids) : null;
    // Elsewhere the numbers may be the host's, which are other processes here: who uses such a device has it open.
    const members = this.#isFirst ? new Set(pids) : this.#clients.nvidiaPids;
    const processes = all?.filter(({ pid }) => members.has(pid)) ?? null;
    if (clients && hasDrm) this.#hasTold.fdinfo = true;
    if (processes) this.#hasTold.nvml = true;
    this.#hasUnlisted ||= !this.#isFirst && processes?.length === 0 && members.size > 0;
    return { clients: hasDrm ? clients : null, processes };
  }

  get sources(): readonly string[] {
    const { nvml, fdinfo } = this.#hasTold;
    return [...nvml ? ["nvml"] : [], ...fdinfo ? ["fdinfo"] : []];
  }

  get obstacle(): string | null {
    const reasons = [
      this.#nvmlObstacle(),
      this.#devices.length > 0 ? null : this.#nvml.state === "ready" ? null : NO_DRM,
      this.#clients.refusedCount > 0
        ? `open files of ${this.#clients.refusedCount} processes may not be inspected (of other users; root may)`
        : null,
    ];
    return reasons.filter((reason) => reason !== null).join("; ") || null;
  }

  #nvmlObstacle(): string | null {
    if (this.#unansweredSeconds !== null) return `NVML has not answered for ${this.#unansweredSeconds} s`;
    if (this.#hasUnlisted) {
      return "NVML knows processes by the host's numbers, which are others in this PID namespace";
    }
    const { state, obstacle } = this.#nvml;
    if (state === null) return "NVML had not answered yet";
    // That a library of NVIDIA's is not there is no trouble where there is another GPU.
    return state === "absent" && this.#devices.length > 0 ? null : obstacle;
  }
}

const NO_DRM = "no GPU of a DRM driver";

/** How long the doctor waits for a driver. */
const DOCTOR_PATIENCE_MS = 5_000;

async function finding(): Promise<Finding> {
  const library = nvml ??= new Nvml();
  const untilMs = performance.now() + DOCTOR_PATIENCE_MS;
  for (;;) {
    library.poll(performance.now());
    if (library.state !== null || performance.now() >= untilMs) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return describe(library, drmDevices());
}

/** The rungs in reach, and what would raise them. */
function describe({ state, obstacle, deviceCount }: Nvml, devices: readonly DrmDevice[]): Finding {
  const drm = devices.map(({ name, driver }) => `${name} (${driver ?? "driver unknown"})`).join(", ");
  const telling = devices.filter(({ driver }) => driver !== null && TELLING.has(driver));
  const isRoot = process.getuid?.() === 0;
  const rungs = [
    ...(state === "ready" ? [`nvml: ${deviceCount} ${deviceCount === 1 ? "device" : "devices"}`] : []),
    ...(telling.length > 0 ? [`fdinfo: ${drm}${isRoot ? "" : ", of our own processes"}`] : []),
  ];
  const silent = devices.length > 0 && telling.length === 0
    ? `${drm}: not known to report processes`
    : NO_DRM;
  const nvmlWords = state === "ready" ? [] : [obstacle ?? "NVML does not answer"];
  if (rungs.length === 0) {
    // No GPU at all is no want of anything.
    const detail = `${[...nvmlWords, silent].join("; ")}: nothing for --gpu to report`;
    const ok = state === "absent" && devices.length === 0;
    return { topic: "gpu", ok, detail, advice: ok ? null : "load the GPU's own driver; see dmesg" };
  }
  const trouble = state === "failed" || state === null ? nvmlWords : [];
  return {
    topic: "gpu",
    ok: trouble.length === 0,
    detail: [`${rungs.join("; ")} (--gpu)`, ...trouble].join("; "),
    advice: trouble.length > 0 ? "load a driver of the library's version" : null,
  };
}
