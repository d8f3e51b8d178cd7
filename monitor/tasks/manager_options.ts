import type { Variables } from "../../core/measure/monitoring_environment.ts";
import { profileFromEnvironment } from "../../core/measure/monitoring_environment.ts";
import { profiles } from "../../core/measure/profile.ts";
import type { MonitoringProfile, ProfileName } from "../../core/measure/profile.ts";
import { usageError } from "../../core/error.ts";
import { CALLBACK, either, FLAG, OBJECT, rule, TEXT, whole } from "../../core/option.ts";
import type { Rules } from "../../core/option.ts";
import { chosenProfile } from "../chosen_profile.ts";
import { checkMs } from "../options.ts";

/** How a manager is made. */
export interface ManagerOptions {
  /** The `proplet_id` of its messages; default: the host's name. */
  propletId?: string;
  /** How many tasks that have ended are remembered, the newest; default 100. */
  keepEnded?: number;
  /** Where `PROCTOR_METRICS_INTERVAL` and `PROCTOR_ENABLE_MONITORING` are looked up; default: the environment. */
  variables?: Variables;
  /** Listen to what the kernel tells of every process, so that targets may ask for theirs; default false. */
  processes?: boolean;
  /** Called with a line worth telling a user; default: a warning of the process. */
  onNotice?: (line: string) => void;
}

/** What each of {@link ManagerOptions} has to be. */
export const MANAGER_RULES: Rules<ManagerOptions> = {
  propletId: TEXT,
  keepEnded: either(whole(0), rule("Infinity", (value) => value === Infinity)),
  variables: OBJECT,
  processes: FLAG,
  onNotice: CALLBACK,
};

const LONGEST_HISTORY = 10_000_000;

/**
 * The profile of a task as it was asked for; where it was not, `standard`, as the variables change it.
 * @throws ProctorError of kind `usage` when it is none
 */
export function profileOf(
  profile: ProfileName | MonitoringProfile | undefined,
  variables: Variables,
): MonitoringProfile {
  if (profile === undefined) return profileFromEnvironment(profiles.standard, variables);
  const chosen = chosenProfile(profile);
  if (!chosen.enabled) return chosen;
  if (chosen.interval_ms !== null) checkMs("interval_ms", chosen.interval_ms);
  const { history_size: size } = chosen;
  if (!Number.isInteger(size) || size < 0 || size > LONGEST_HISTORY) {
    throw usageError(
      `history_size: ${size} is out of range; it is a whole number up to ${LONGEST_HISTORY}`,
    );
  }
  return chosen;
}
