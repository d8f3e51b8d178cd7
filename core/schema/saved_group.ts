import { z } from "zod";
import { usageError } from "../error.ts";
import { TOTAL_WIDTH } from "../measure/raw.ts";
import { MARK } from "./marker.ts";
import { describeIssues, IN_OUR_WORDS } from "./zod_issues.ts";
import type { SavedGroup } from "./types/states.ts";
export type { SavedGroup } from "./types/states.ts";

const identity = z.strictObject({ pid: z.int().positive(), birth: z.int().min(0) });

/** What another process needs to take a group up again; plain JSON. */
export const savedGroupSchema = z.strictObject({
  version: z.literal(1),
  mechanism: z.enum(["cgroup", "subreaper", "process_group"]),
  /** The cgroup, where the group has one. */
  directory: z.string().startsWith("/").nullable(),
  /** `NAME=value` in the environment of the members. */
  marker: z.string().regex(MARK),
  /** The kernel's name for this run of the machine: a PID means nothing in another. */
  boot_id: z.string().min(1),
  /** What was started in the group and ran when it was saved. */
  processes: z.array(identity),
  /** What ended members had used, in the order of `Total`; null: not known. */
  ended_totals: z.array(z.number().nullable()).length(TOTAL_WIDTH),
});

/**
 * Check what somebody has kept for us.
 * @throws ProctorError of kind `usage` when it is not a saved group
 */
export function parseSavedGroup(value: unknown): SavedGroup {
  const parsed = savedGroupSchema.safeParse(value, IN_OUR_WORDS);
  if (!parsed.success) throw usageError(`this is not a saved group: ${describeIssues(parsed.error)}`);
  return parsed.data;
}
