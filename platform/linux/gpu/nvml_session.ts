import type { GpuProcess } from "../../../core/measure/gpu/observation.ts";
import type { CallList, CallResult, ListedCall } from "../sys/call_list.ts";
import { copyOf, ForeignMemory } from "../sys/memory.ts";
import { NVML, nvmlWords } from "./nvml_answers.ts";
import { NvmlDescription } from "./nvml_description.ts";
import { NvmlDevice } from "./nvml_device.ts";
import type { NvmlFunctions } from "./nvml_device.ts";

/** By name, as the loader looks for it: in LD_LIBRARY_PATH (not of a setuid program), then in the system's places. */
const LIBRARY = "libnvidia-ml.so.1";
const RTLD_NOW = 2;
/** A device beyond these is not watched. */
const MOST_DEVICES = 64;

/** What has come of talking to NVML. */
export type NvmlAnswer =
  | { readonly state: "absent" | "failed"; readonly obstacle: string }
  | { readonly state: "ready"; readonly deviceCount: number; readonly processes: readonly GpuProcess[] };

type Talk = Generator<readonly ListedCall[] | NvmlAnswer, NvmlAnswer, readonly CallResult[]>;

/**
 * All that is said between us and the library, from loading it on. It yields calls to be made, and is given what they
 * return; or an answer. It ends, with another answer, where that leads nowhere.
 */
export function* nvmlSession(calls: CallList): Talk {
  const dlopen = calls.symbolAt("dlopen");
  const name = copyOf(new TextEncoder().encode(`${LIBRARY}\0`));
  const [library] = dlopen === 0 ? [] : yield [{ address: dlopen, args: [name.address, RTLD_NOW] }];
  if (!library || library.address === 0) return { state: "absent", obstacle: `there is no ${LIBRARY}` };
  // Each by itself: a version that lacks one has the others.
  const find = (...names: string[]) =>
    names.map((symbol) => calls.symbolAt(symbol, library.address)).find((address) => address !== 0) ?? 0;
  const init = find("nvmlInit_v2", "nvmlInit");
  const countAt = find("nvmlDeviceGetCount_v2", "nvmlDeviceGetCount");
  const byIndex = find("nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex");
  if (!init || !countAt || !byIndex) return failed(`${LIBRARY} lacks what every version of it has`);
  const number = new ForeignMemory(4);
  const handles = Array.from({ length: MOST_DEVICES }, () => new ForeignMemory(8));
  // In one go, for each answer is fetched at a look only; beyond the last device there is an error each.
  const [started, counted, ...found] = yield [
    { address: init, args: [] },
    { address: countAt, args: [number.address] },
    ...handles.map(({ address }, index) => ({ address: byIndex, args: [index, address] })),
  ];
  const trouble = [started, counted].find(({ code }) => code !== NVML.success);
  if (trouble) return failed(nvmlWords(trouble.code));
  const functions = functionsOf(find);
  const describing = {
    uuid: find("nvmlDeviceGetUUID"),
    name: find("nvmlDeviceGetName"),
    memory: find("nvmlDeviceGetMemoryInfo"),
  };
  const nowUs = Date.now() * 1_000;
  // One that has fallen off the bus takes none of the others along.
  const devices = handles.slice(0, number.view.getUint32(0, true)).flatMap((memory, index) => {
    if (found[index].code !== NVML.success) return [];
    const handle = memory.getU64(0);
    return [new NvmlDevice(handle, new NvmlDescription(handle, index, describing), functions, nowUs)];
  });
  if (devices.length === 0) return failed("no GPU answers");
  for (;;) {
    const asked = devices.map((device) => device.calls());
    const results = yield asked.flat();
    let at = 0;
    const processes = devices.flatMap((device, index) => {
      const codes = results.slice(at, at += asked[index].length).map(({ code }) => code);
      return device.take(codes, Date.now() * 1_000);
    });
    yield { state: "ready", deviceCount: devices.length, processes };
  }
}

function failed(obstacle: string): NvmlAnswer {
  return { state: "failed", obstacle: `NVML: ${obstacle}` };
}

function functionsOf(find: (...names: string[]) => number): NvmlFunctions {
  const compute = "nvmlDeviceGetComputeRunningProcesses";
  const graphics = "nvmlDeviceGetGraphicsRunningProcesses";
  const newCompute = find(`${compute}_v3`, `${compute}_v2`);
  const newGraphics = find(`${graphics}_v3`, `${graphics}_v2`);
  const hasOldEntries = newCompute === 0 && newGraphics === 0;
  return {
    computeProcesses: hasOldEntries ? find(compute) : newCompute,
    graphicsProcesses: hasOldEntries ? find(graphics) : newGraphics,
    hasOldEntries,
    processUtilization: find("nvmlDeviceGetProcessUtilization"),
    processesUtilization: find("nvmlDeviceGetProcessesUtilizationInfo"),
  };
}
