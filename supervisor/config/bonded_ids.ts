import { isNamed } from "../instance_rows.ts";
import type { ProcessConfig } from "./process_schema.ts";

/** The ids among what a process depends on that it restarts with: a process of instances stands for each of them. */
export function bondedIds(
  { restart_with = [], depends_on }: Pick<ProcessConfig, "restart_with" | "depends_on">,
): string[] {
  return Object.keys(depends_on).filter((id) => restart_with.some((name) => isNamed(name, id)));
}
