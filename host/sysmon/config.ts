import { LONGEST_MS, parseDuration, unitlessDuration } from "../../core/duration.ts";
import { usageError } from "../../core/error.ts";

/** What of the broker's config.json is ours; it holds other programs' keys as well, which are passed over. */
export interface SysmonConfig {
  readonly cacheMs?: number;
  readonly loopback?: boolean;
  readonly networkMounts?: boolean;
}

/**
 * Read our keys of a configuration: `sysmon_cache_duration`, `sysmon_loopback` and `sysmon_network_mounts`.
 *
 * @param where names the file in the message
 * @throws ProctorError of kind `usage`
 */
export function parseConfig(input: unknown, where: string): SysmonConfig {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw usageError(`${where}: a configuration is an object, such as {"sysmon_cache_duration": "1s"}`);
  }
  const config = input as Readonly<Record<string, unknown>>;
  const duration = config.sysmon_cache_duration;
  return {
    cacheMs: duration === undefined || duration === null
      ? undefined
      : parseCacheDuration(duration, `${where}: sysmon_cache_duration`),
    loopback: flag(config, "sysmon_loopback", where),
    networkMounts: flag(config, "sysmon_network_mounts", where),
  };
}

/**
 * How long readings are kept, in milliseconds: a duration, or 0 for not at all. A number is seconds, or nanoseconds
 * from 1,000,000 up.
 * @throws ProctorError of kind `usage`
 */
export function parseCacheDuration(value: unknown, where: string): number {
  if (typeof value === "string") return /^0(ms|s|m|h)?$/.test(value) ? 0 : parseDuration(value, where);
  const ms = typeof value === "number" && value >= 0 ? unitlessDuration(value) : null;
  if (ms !== null && ms <= LONGEST_MS) return ms;
  throw usageError(
    `${where}: ${
      JSON.stringify(value)
    } is not a duration; write "500ms" or "1s", or a number of seconds below 1000`,
  );
}

function flag(config: Readonly<Record<string, unknown>>, key: string, where: string): boolean | undefined {
  const value = config[key];
  if (value === undefined || typeof value === "boolean") return value;
  throw usageError(`${where}: ${key}: ${JSON.stringify(value)} is neither true nor false`);
}
