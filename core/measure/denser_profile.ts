import type { MonitoringProfile } from "./profile.ts";

/** A profile with samples at least as dense as that; one that is as dense already, or samples nothing, as it is. */
export function denserProfile(profile: MonitoringProfile, intervalMs: number | undefined): MonitoringProfile {
  const { enabled, interval_ms: own, max_interval_ms: most } = profile;
  if (intervalMs === undefined || !enabled || own === null) return profile;
  const base = Math.min(own, intervalMs);
  if ((most ?? own) <= intervalMs) return profile;
  // Between the two an adaptive one would rise to its ceiling as soon as nothing changes.
  return { ...profile, interval_ms: base, adaptive: base < intervalMs, max_interval_ms: intervalMs };
}
