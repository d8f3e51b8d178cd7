import { ProcessGroup } from "../../../mod.ts";
import type { GroupOptions } from "../../../mod.ts";
import { noCgroup } from "../../support/linux.ts";

/** A rung of the containment ladder: how a group gets there, and why that cannot be tried here. */
export interface Rung {
  readonly name: "cgroup" | "subreaper";
  readonly options: GroupOptions;
  readonly skip: string | false;
}

/** Every rung that a group can stand on here. */
export const RUNGS: readonly Rung[] = [
  { name: "cgroup", options: {}, skip: noCgroup },
  { name: "subreaper", options: { mechanism: "subreaper" }, skip: false },
];

/** A group for as long as `use` runs. */
export async function withGroup<T>(rung: Rung, use: (group: ProcessGroup) => Promise<T>): Promise<T> {
  await using group = await ProcessGroup.create(rung.options);
  if (group.mechanism !== rung.name) throw new Error(`${group.mechanism}: ${group.mechanismReason}`);
  return await use(group);
}
