import { profiles } from "../core/profile.ts";
import type { MonitoringProfile } from "../core/profile.ts";
import { parseProfile } from "../core/profile_schema.ts";
import type { Definition } from "./definition.ts";

/**
 * By which profile a process is watched; null when not at all. What limits need is collected whatever the profile says,
 * and every sample is told, since our own users ask for it.
 */
export function chosenMonitoring({ type, monitoringProfile, limits }: Definition): MonitoringProfile | null {
  const watched = limits.filter(({ policy }) => policy !== "none").map(({ kind }) => kind);
  const chosen = monitoringProfile === null
    ? profiles[defaultProfile(type, watched.length > 0)]
    : typeof monitoringProfile === "string"
    ? profiles[monitoringProfile]
    : parseProfile(monitoringProfile, "monitoring_profile");
  if (watched.length === 0) return chosen.enabled ? { ...chosen, export_to_mqtt: true } : null;
  const base = chosen.enabled && chosen.interval_ms !== null ? chosen : profiles.intensive;
  return {
    ...base,
    export_to_mqtt: true,
    collect_cpu: base.collect_cpu || watched.includes("cpu"),
    collect_memory: base.collect_memory || watched.includes("memory"),
    collect_file_descriptors: base.collect_file_descriptors || watched.includes("file_descriptors"),
  };
}

/** Whether what is told of a process is to leave by exporters: what its profile says, whatever limits need. */
export function exportsMessages(monitoringProfile: unknown): boolean {
  if (monitoringProfile === null || monitoringProfile === undefined) return true;
  const profile = typeof monitoringProfile === "string"
    ? profiles[monitoringProfile as keyof typeof profiles]
    : parseProfile(monitoringProfile, "monitoring_profile");
  return profile.enabled && profile.export_to_mqtt;
}

/** What is asked for is read when it is asked for; of a process of others only samples are known. */
function defaultProfile(
  type: Definition["type"],
  hasLimits: boolean,
): "intensive" | "standard" | "long_running_daemon" {
  if (hasLimits) return "intensive";
  return type === "unmanaged" ? "standard" : "long_running_daemon";
}
