import { usageError } from "../core/error.ts";
import type { ProctorError } from "../core/error.ts";
import { profiles } from "../core/measure/profile.ts";
import type { MonitoringProfile, ProfileName } from "../core/measure/profile.ts";
import { checkOptions, either, FLAG, NUMBER, rule } from "../core/option.ts";
import type { Rules } from "../core/option.ts";

const NULL = rule("null", (value) => value === null);
const PROFILE_RULES: Rules<MonitoringProfile> = {
  enabled: FLAG,
  interval_ms: either(NUMBER, NULL),
  adaptive: FLAG,
  max_interval_ms: either(NUMBER, NULL),
  collect_cpu: FLAG,
  collect_memory: FLAG,
  collect_disk_io: FLAG,
  collect_network_io: FLAG,
  collect_threads: FLAG,
  collect_file_descriptors: FLAG,
  collect_gpu: FLAG,
  export_to_mqtt: FLAG,
  retain_history: FLAG,
  history_size: NUMBER,
};

/**
 * A profile by its name, or as it is; `adaptive` when there is none.
 * @throws ProctorError of kind `usage` for a name that is not a profile
 */
export function chosenProfile(profile: ProfileName | MonitoringProfile | undefined): MonitoringProfile {
  if (typeof profile === "object" && profile !== null) {
    checkOptions(profile, PROFILE_RULES, "profile");
    const missing = Object.keys(PROFILE_RULES).find((key) =>
      key !== "collect_gpu" && profile[key as keyof MonitoringProfile] === undefined
    );
    if (missing) throw usageError(`profile: ${missing} is missing; parseProfile fills in what is left out`);
    return profile;
  }
  const name = profile === undefined ? "adaptive" : profile;
  if (!Object.hasOwn(profiles, String(name))) throw unknownProfile(String(name));
  return profiles[name];
}

/** The error for a name that is not a profile: it lists those there are. */
export function unknownProfile(name: string): ProctorError {
  return usageError(`profile: there is none called "${name}"; there are ${Object.keys(profiles).join(", ")}`);
}
