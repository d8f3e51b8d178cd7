import { profiles } from "../../core/measure/profile.ts";
import type { MonitoringProfile } from "../../core/measure/profile.ts";
import { parseProfile } from "../../core/schema/profile_schema.ts";
import type { MonitorTarget } from "../../monitor/targets/monitor_target.ts";
import type { AppReader } from "../../monitor/tasks/task.ts";
import type { Definition } from "../definition.ts";
import type { SupervisorContext } from "./supervised.ts";

/**
 * Have a process watched as its definition says, instead of what was watched under its name before.
 * @param app what it tells of itself
 */
export function monitorFrom(
  definition: Definition,
  target: MonitorTarget,
  context: SupervisorContext,
  app: AppReader | null,
): void {
  const { id } = definition;
  context.monitor.stop(id);
  const profile = chosenMonitoring(definition);
  if (profile) context.monitor.start(id, target, profile, undefined, app ?? undefined);
}

/**
 * By which profile a process is watched; null when not at all. What limits need is collected whatever the profile says,
 * and every sample is exported to the supervisor's own listeners.
 */
function chosenMonitoring({ type, monitoringProfile, limits }: Definition): MonitoringProfile | null {
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

/** Whether the network of a process is counted: where its own profile says so, since each packet costs a little. */
export function countsNetwork({ monitoringProfile }: Pick<Definition, "monitoringProfile">): boolean {
  return typeof monitoringProfile === "object" && monitoringProfile !== null &&
    (monitoringProfile as Partial<MonitoringProfile>).collect_network_io === true;
}

/** Whether messages about a process go to exporters: its profile decides, whatever limits need. */
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
