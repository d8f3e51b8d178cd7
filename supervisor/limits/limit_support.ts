import type { Limits } from "../../core/measure/limits.ts";
import { ProcessGroup } from "../../group/process_group.ts";
import type { LimitKind } from "../definition.ts";

/** Which limits the kernel enforces here: for each that it does not, why. */
export type LimitSupport = ReadonlyMap<LimitKind, string>;

/** Limits that hardly anything reaches. */
const HIGH: readonly (readonly [LimitKind, Limits])[] = [
  ["memory", { memoryBytes: 2 ** 50 }],
  ["cpu", { cpuCores: 1_000 }],
  ["processes", { processes: 4_000_000 }],
];

/** Find out by trying; there is no entry for what cannot be enforced at all. */
export async function readLimitSupport(): Promise<LimitSupport> {
  const obstacles = new Map<LimitKind, string>();
  for (const [kind, limits] of HIGH) {
    try {
      const group = await ProcessGroup.create({ limits, onOwnerDeath: "keep" });
      group[Symbol.dispose]();
    } catch (error) {
      obstacles.set(kind, (error as Error).message);
    }
  }
  return obstacles;
}
