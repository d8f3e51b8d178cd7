import { hostname } from "node:os";
import { formatDuration } from "../../core/duration.ts";
import { COLLECT_KEYS, profiles } from "../../core/measure/profile.ts";
import type { MonitoringProfile } from "../../core/measure/profile.ts";
import { printable } from "../../core/printable.ts";
import { Discovery } from "../../monitor/discovery/discovery.ts";
import type { Findings } from "../../monitor/discovery/discovery.ts";
import { meantOf } from "../../agent/meant.ts";
import { taskIdOf } from "../../agent/watch_target.ts";
import type { WatchTarget } from "../../agent/watch_target.ts";
import { loadWorkloadNames } from "../../platform/mod.ts";
import type { ProcessLookup } from "../../platform/mod.ts";
import { destinationName } from "../../records/record_output.ts";
import { exportDestinations } from "../options/merged_exports.ts";
import type { AgentSettings } from "../../agent/settings.ts";

const HEADING = ["TARGET", "PROFILE", "INTERVAL", "FOLLOW", "TASK", "PID", "PROCESS"];

/** What `proctor watch --check` prints: every target, the tasks that it has at the moment, and where messages go. */
export async function checkTable(settings: AgentSettings, lookup: ProcessLookup): Promise<string> {
  const { targets } = settings;
  const discovery = new Discovery(lookup, targets.map(({ query }) => query), await loadWorkloadNames());
  await discovery.settle();
  const findings = discovery.look();
  const rows = targets.flatMap((target, number) => rowsOf(target, findings[number], lookup));
  const table = [HEADING, ...rows.map((row) => row.map(printable))];
  const widths = HEADING.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd()
  );
  const problems = targets.flatMap(({ id }, number) =>
    findings[number].problems.map((line) => printable(`${id}: ${line}`))
  );
  return [...lines, ...problems, `Messages go to ${destinations(settings).join(", ")}.`, ""].join("\n");
}

function rowsOf(
  target: WatchTarget,
  found: Findings,
  lookup: ProcessLookup,
): string[][] {
  const { id, profile, follow } = target;
  const interval = profile.interval_ms === null ? "-" : formatDuration(profile.interval_ms);
  const row = [id, profileName(profile), interval, follow];
  const meant = meantOf(target, found, lookup).slice(0, follow === "one" ? 1 : undefined);
  if (meant.length === 0) return [[...row, "-", "-", "none at the moment"]];
  return meant.map(({ process, workload, what }) => {
    if (workload) {
      return [...row, taskIdOf(target, process, hostname()), String(process.pid), what];
    }
    const words = process.arguments().join(" ") || process.name;
    const shown = words.length > 60 ? `${words.slice(0, 59)}…` : words;
    return [...row, taskIdOf(target, process, hostname()), String(process.pid), shown];
  });
}

/** A built-in profile by its name, whatever its interval. */
function profileName(profile: MonitoringProfile): string {
  const keys = [
    ...Object.values(COLLECT_KEYS),
    "enabled",
    "adaptive",
    "export_to_mqtt",
    "history_size",
  ] as const;
  const named = Object.entries(profiles).find(([, one]) => keys.every((key) => one[key] === profile[key]));
  return named?.[0] ?? "its own";
}

function destinations({ records, exports }: AgentSettings): string[] {
  const names: string[] = [];
  if (records) names.push(destinationName(records));
  if (exports) names.push(...exportDestinations(exports));
  return names.map(printable);
}
