import { z } from "zod";
import { size } from "../../config/values.ts";
import { parseSize } from "../../core/size.ts";
import type { Resource, ResourceLimits } from "../../platform/mod.ts";

const bytes = z.union([z.int().min(0), z.literal("unlimited"), size("bytes")]).optional();
const count = z.union([z.int().min(0), z.literal("unlimited")]).optional();

/** `rlimits` of a process, by the names of getrlimit(2). */
export const rlimitsSchema = z.strictObject(
  {
    as: bytes.describe("address space"),
    core: bytes.describe("size of a core dump"),
    cpu: count.describe("seconds of CPU"),
    data: bytes.describe("data segment"),
    fsize: bytes.describe("size of a file it makes"),
    memlock: bytes.describe("memory it locks"),
    nproc: count.describe("processes and threads of its user"),
    rss: bytes.describe("resident memory; without effect on Linux"),
    sigpending: count.describe("signals that wait"),
    stack: bytes.describe("stack of a thread"),
  } satisfies Record<Resource, z.ZodType>,
);

/** The same in bytes, seconds and counts. */
export function toResourceLimits(limits: z.output<typeof rlimitsSchema>): ResourceLimits {
  const valueOf = (value: string | number) =>
    value === "unlimited" ? Infinity : typeof value === "number" ? value : parseSize(value, "rlimits");
  return Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, valueOf(value)]));
}
