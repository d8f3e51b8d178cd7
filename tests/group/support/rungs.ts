import { ProcessGroup } from "../../../mod.ts";
import type { GroupOptions } from "../../../mod.ts";
import { noCgroup } from "../../support/linux.ts";
import { noV1 } from "../../support/v1.ts";

/** A rung of the containment ladder: how a group gets there, and why that cannot be tried here. */
export interface Rung {
  readonly name: "cgroup" | "subreaper" | "cgroup_v1";
  readonly mechanism: "cgroup" | "subreaper";
  readonly options: GroupOptions;
  readonly skip: string | false;
}

/** What makes a group use every controller of cgroup v1, and limits nothing. */
export const V1_OPTIONS: GroupOptions = {
  exactPeak: true,
  limits: { memoryBytes: 2 ** 40, cpuCores: 64, processes: 100_000 },
};

/** Every rung that a group can stand on here. */
export const RUNGS: readonly Rung[] = [
  { name: "cgroup", mechanism: "cgroup", options: {}, skip: noCgroup },
  { name: "subreaper", mechanism: "subreaper", options: { mechanism: "subreaper" }, skip: false },
  { name: "cgroup_v1", mechanism: "cgroup", options: V1_OPTIONS, skip: noV1 },
];

/** A group for as long as `use` runs. */
export async function withGroup<T>(rung: Rung, use: (group: ProcessGroup) => Promise<T>): Promise<T> {
  await using group = await ProcessGroup.create(rung.options);
  if (group.mechanism !== rung.mechanism) throw new Error(`${group.mechanism}: ${group.mechanismReason}`);
  return await use(group);
}
