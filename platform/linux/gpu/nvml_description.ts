import type { GpuDevice } from "../../../core/measure/gpu/observation.ts";
import type { ListedCall } from "../sys/call_list.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { NVML } from "./nvml_answers.ts";

/** NVML_DEVICE_UUID_V2_BUFFER_SIZE, NVML_DEVICE_NAME_V2_BUFFER_SIZE. */
const TEXT_SIZE = 96;
/** nvmlMemory_t: total, free, used u64. */
const MEMORY_SIZE = 24;

/** Addresses of NVML's functions that describe a device; 0 where this version of the library has none. */
export interface DescribingFunctions {
  readonly uuid: number;
  readonly name: number;
  readonly memory: number;
}

/** Asks a device what it is called and how much memory it has. */
export class NvmlDescription {
  device: GpuDevice;
  /** What the device has; NaN where it is not known. */
  memoryBytes = NaN;
  readonly calls: readonly ListedCall[];
  readonly #buffers: readonly { readonly kind: keyof DescribingFunctions; readonly memory: ForeignMemory }[];

  constructor(handle: number, index: number, functions: DescribingFunctions) {
    this.device = { id: `nvidia${index}`, name: null, driver: "nvidia", source: "nvml" };
    const kinds = (["uuid", "name", "memory"] as const).filter((kind) => functions[kind] !== 0);
    this.#buffers = kinds.map((kind) => ({
      kind,
      memory: new ForeignMemory(kind === "memory" ? MEMORY_SIZE : TEXT_SIZE),
    }));
    this.calls = this.#buffers.map(({ kind, memory }) => ({
      address: functions[kind],
      args: kind === "memory" ? [handle, memory.address] : [handle, memory.address, TEXT_SIZE],
    }));
  }

  /** @param codes what {@link calls} have returned */
  take(codes: readonly number[]): void {
    for (const [index, { kind, memory }] of this.#buffers.entries()) {
      if (codes[index] !== NVML.success) continue;
      if (kind === "memory") this.memoryBytes = memory.getU64(0) || NaN;
      else if (textOf(memory) !== "") {
        this.device = { ...this.device, [kind === "uuid" ? "id" : "name"]: textOf(memory) };
      }
    }
  }
}

function textOf({ bytes }: ForeignMemory): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.slice(0, end < 0 ? bytes.length : end));
}
