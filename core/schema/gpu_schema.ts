import { z } from "zod";
export type { GpuSummary } from "./types/parts.ts";

const percent = z.number().min(0).nullable();
const bytes = z.int().min(0).nullable();

/** What a tree did with one GPU. */
const gpuDeviceSchema = z.object({
  id: z.string().describe("its address on the bus, or what its driver calls it"),
  name: z.string().nullable(),
  driver: z.string(),
  source: z.enum(["nvml", "fdinfo"]),
  avg_percent: percent,
  max_percent: percent,
  peak_memory_bytes: bytes.describe("its own memory, or the machine's where it has none"),
  peak_system_memory_bytes: bytes.describe("the machine's memory that its driver holds for the tree"),
  engine_seconds: z.record(z.string(), z.number().min(0)).optional().describe(
    "by engine, where its driver separates them; as seen last, so at least",
  ),
});

/** What a tree did with GPUs, as far as looks have seen it. */
export const gpuSchema = z.object({
  avg_percent: percent.describe("over the time that was observed; 100 is one device busy"),
  max_percent: percent,
  peak_memory_bytes: bytes.describe("of all devices at once"),
  devices: z.array(gpuDeviceSchema).describe("those that were used"),
});
