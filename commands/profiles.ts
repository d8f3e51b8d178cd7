import { Command } from "commander";
import { formatDuration } from "../core/duration.ts";
import { METRIC_GROUPS } from "../core/measure/metrics.ts";
import type { MetricGroup } from "../core/measure/metrics.ts";
import { COLLECT_KEYS, PROFILE_USES, profiles, USUAL_GROUPS } from "../core/measure/profile.ts";
import type { MonitoringProfile, ProfileName } from "../core/measure/profile.ts";
import { wrapped } from "../core/wrapped.ts";
import { printOut } from "../io/terminal/output.ts";
import { unknownProfile } from "../monitor/chosen_profile.ts";

/** Columns that every terminal has. */
const COLUMNS = 80;
/** The column of the table whose text may need lines of its own. */
const METRICS_COLUMN = 4;

const EXAMPLES = `
Examples:
  proctor profiles
  proctor profiles standard --json > mine.json   to begin your own with
  proctor run --profile mine.json -- make
`;

/** `proctor profiles`: list the monitoring profiles, or show one. */
export function profilesCommand(): Command {
  return new Command("profiles")
    .description("list the monitoring profiles, or show one")
    .argument("[name]", "the profile to show")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLES)
    .action((name: string | undefined, flags: { json?: boolean }) => {
      const chosen = choose(name);
      printOut(flags.json ? asJson(name, chosen) : asTable(chosen));
    });
}

function choose(name: string | undefined): [ProfileName, MonitoringProfile][] {
  const all = Object.entries(profiles) as [ProfileName, MonitoringProfile][];
  if (name === undefined) return all;
  const chosen = all.filter(([candidate]) => candidate === name);
  if (chosen.length === 0) throw unknownProfile(name);
  return chosen;
}

function asJson(name: string | undefined, chosen: [ProfileName, MonitoringProfile][]): string {
  const value = name === undefined ? Object.fromEntries(chosen) : chosen[0][1];
  return `${JSON.stringify(value, null, 2)}\n`;
}

function asTable(chosen: [ProfileName, MonitoringProfile][]): string {
  const rows = chosen.map(([name, profile]) => [
    name,
    interval(profile),
    profile.export_to_mqtt ? "yes" : "no",
    String(profile.history_size),
    metricGroups(profile),
    PROFILE_USES[name],
  ]);
  const table = [["PROFILE", "INTERVAL", "EXPORT", "HISTORY", "METRICS", ""], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table.map((row) => {
    const cells = row.slice(0, METRICS_COLUMN).map((cell, column) => cell.padEnd(widths[column]));
    const lines = wrapped(row[METRICS_COLUMN], COLUMNS, `${cells.join("  ")}  `);
    const uses = row.at(-1) === "" ? "" : `${wrapped(row.at(-1)!, COLUMNS, "  ")}\n`;
    return `${lines}\n${uses}`;
  }).join("");
}

function interval(profile: MonitoringProfile): string {
  if (profile.interval_ms === null) return "-";
  const base = formatDuration(profile.interval_ms);
  return profile.adaptive
    ? `${base} to ${formatDuration(profile.max_interval_ms ?? profile.interval_ms)}`
    : base;
}

function metricGroups(profile: MonitoringProfile): string {
  const groups = Object.keys(METRIC_GROUPS) as MetricGroup[];
  const on = groups.filter((group) => profile[COLLECT_KEYS[group]]);
  const unusual = on.filter((group) => !USUAL_GROUPS.includes(group));
  if (on.length - unusual.length === USUAL_GROUPS.length) return ["all", ...unusual].join(", ");
  return on.length === 0 ? "none" : on.join(", ");
}
