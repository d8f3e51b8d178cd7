import { hostname } from "node:os";
import { EXPORT_SWITCHES } from "../../exporters/export_options.ts";
import { topicsOf } from "../../exporters/mqtt/topics.ts";
import { checkedSettings } from "../../exporters/open.ts";
import { withoutCredentials } from "../../exporters/settings.ts";
import type { ExportInput } from "../../exporters/settings.ts";
import { withFlags } from "../run/run_exporters.ts";
import { exportInput } from "./export_options.ts";
import type { ExportFlags } from "./export_options.ts";
import { checkOutputFiles } from "./output_files.ts";

/**
 * The settings of exporters in a file with the flags over them; undefined when they ask for none.
 * @throws ProctorError of kind `usage`
 */
export function mergedExports(
  flags: ExportFlags & { readonly propletId?: string },
  inFile: Readonly<Record<string, unknown>> | undefined,
): ExportInput | undefined {
  // What only says how may stand over a file that says where to.
  const flagged = exportInput(flags, ["proplet_id", "task_id"], inFile);
  const input: Record<string, unknown> = { ...inFile, ...flagged };
  if (flags.propletId !== undefined) input.proplet_id = flags.propletId;
  if (!EXPORT_SWITCHES.some((key) => input[key] !== undefined)) return undefined;
  try {
    checkedSettings(input as ExportInput);
  } catch (error) {
    throw withFlags(error);
  }
  return input as ExportInput;
}

/**
 * What the exporters of a supervisor are to be; undefined for none.
 * @throws ProctorError of kind `usage` when it makes no sense
 */
export function superviseExports(
  flags: ExportFlags & { readonly propletId?: string; readonly force?: boolean },
  inFile: Readonly<Record<string, unknown>>,
): ExportInput | undefined {
  const exports = mergedExports(flags, inFile);
  if (typeof exports?.prometheus_textfile === "string") {
    const file = {
      option: "--prometheus-textfile",
      path: exports.prometheus_textfile,
      kind: "metrics",
    } as const;
    checkOutputFiles([file], { force: flags.force });
  }
  if (exports?.mqtt === undefined) return exports;
  try {
    // Which agent it is, is found out when they are opened.
    const agentId = exports.agent_id ?? "agent";
    topicsOf(checkedSettings(exports), { propletId: exports.proplet_id ?? hostname(), agentId });
  } catch (error) {
    throw withFlags(error);
  }
  return exports;
}

/** Where messages go by these settings, in words. */
export function exportDestinations(exports: ExportInput): string[] {
  const names: string[] = [];
  for (const key of ["mqtt", "otlp"] as const) {
    const url = exports[key];
    if (typeof url !== "string") continue;
    names.push(url === "env" ? "the OTLP collector of the environment" : withoutCredentials(url));
  }
  if (exports.prometheus !== undefined) names.push(`Prometheus at ${exports.prometheus}`);
  if (exports.prometheus_textfile !== undefined) names.push(exports.prometheus_textfile);
  return names;
}
