import { LONGEST_MS, parseDuration } from "../duration.ts";
import { usageError } from "../error.ts";
import { profiles } from "./profile.ts";
import type { MonitoringProfile } from "./profile.ts";

/** Our names of the variables, each with the one in docs/specification.md. */
const INTERVAL = ["PROCTOR_METRICS_INTERVAL", "PROPLET_METRICS_INTERVAL"] as const;
const ENABLED = ["PROCTOR_ENABLE_MONITORING", "PROPLET_ENABLE_MONITORING"] as const;

/** Environment variables, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * What the environment makes of a profile that nobody has asked for by name: `PROCTOR_METRICS_INTERVAL` (seconds, or a
 * duration such as `500ms`) and `PROCTOR_ENABLE_MONITORING` (`true`, `false`, `1`, `0`), or the same with `PROPLET_`.
 *
 * @throws ProctorError of kind `usage` when a value makes no sense
 */
export function profileFromEnvironment(profile: MonitoringProfile, variables: Variables): MonitoringProfile {
  if (!isEnabled(variables)) return profiles.disabled;
  const found = find(INTERVAL, variables);
  if (!found || !profile.enabled) return profile;
  const ms = intervalMs(...found);
  const ceiling = profile.adaptive ? Math.max(ms, profile.max_interval_ms ?? ms) : ms;
  return { ...profile, interval_ms: ms, max_interval_ms: ceiling };
}

function isEnabled(variables: Variables): boolean {
  const found = find(ENABLED, variables);
  if (!found) return true;
  const [name, value] = found;
  if (/^(true|1)$/i.test(value)) return true;
  if (/^(false|0)$/i.test(value)) return false;
  throw usageError(`${name}: "${value}" is neither true nor false`);
}

function intervalMs(name: string, value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value)) return parseDuration(value, name);
  const ms = Number(value) * 1_000;
  if (!(ms > 0 && ms <= LONGEST_MS)) {
    throw usageError(`${name}: ${value} seconds is out of range; write more than 0, up to 24 days`);
  }
  return ms;
}

/** The first of the names that is set to something, and its value. */
function find(names: readonly string[], variables: Variables): [string, string] | undefined {
  const name = names.find((name) => variables[name]?.trim());
  return name === undefined ? undefined : [name, variables[name]!.trim()];
}
