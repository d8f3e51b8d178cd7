import { LONGEST_MS } from "../core/duration.ts";
import type { Limits } from "../core/measure/limits.ts";
import { FLAG, OBJECT, oneOf, rule } from "../core/option.ts";
import type { Rules } from "../core/option.ts";

/** How a group is made. */
export interface GroupOptions {
  /** Climb no higher on the containment ladder than this. */
  mechanism?: "subreaper";
  /** What all members together may use at most, enforced by the kernel, or the group is refused. */
  limits?: Limits;
  /** The peak of the group's memory is the kernel's own count, however short it was, or the group is refused. */
  exactPeak?: boolean;
  /** Count what the members' sockets receive and send, where the kernel lets us (`run`'s option `network`). */
  network?: boolean;
  /** Count context switches, migrations, cycles, instructions and the like of all members (`run`'s option `counters`). */
  counters?: boolean;
  /** Look at what the members do with GPUs (`run`'s option `gpu`). */
  gpu?: boolean;
  /**
   * Every process of the group, however short it lived: `ProcessGroup.processTable` tells them, and statistics count
   * them (`run`'s option `processes`).
   */
  processes?: boolean;
  /**
   * What becomes of the members when this program ends, however: `kill` (the default), or `keep`: they go on, and
   * another program may take them up with `ProcessGroup.adopt`.
   */
  onOwnerDeath?: OwnerDeath;
  /**
   * How often to look for members between your calls, in milliseconds; default 50. In a cgroup, where none can be
   * missed, seldom is enough.
   */
  lookoutMs?: number;
  /** Letters and digits in the mark of every member, by which `findLabelled` finds groups that were not saved. */
  label?: string;
}

/** What becomes of a group when the program that holds it ends. */
export type OwnerDeath = "kill" | "keep";

/** Its values. */
export const OWNER_DEATH = oneOf("kill", "keep");
/** What each option may be. */
export const GROUP_RULES: Rules<GroupOptions> = {
  mechanism: oneOf("subreaper"),
  limits: OBJECT,
  exactPeak: FLAG,
  network: FLAG,
  counters: FLAG,
  gpu: FLAG,
  processes: FLAG,
  onOwnerDeath: OWNER_DEATH,
  label: rule(
    "up to 64 letters and digits",
    (value) => typeof value === "string" && /^[A-Za-z0-9]{0,64}$/.test(value),
  ),
  lookoutMs: rule(
    `milliseconds from 1 to ${LONGEST_MS}`,
    (value) => typeof value === "number" && value >= 1 && value <= LONGEST_MS,
  ),
};
