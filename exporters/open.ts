import { hostname } from "node:os";
import { usageError } from "../core/error.ts";
import { CALLBACK, checkOptions, FLAG, OBJECT } from "../core/option.ts";
import { describeIssues, IN_OUR_WORDS } from "../core/schema/zod_issues.ts";
import { agentIdentity } from "./identity/agent_identity.ts";
import { ExporterSet } from "./exporter_set.ts";
import { namedTwice, withSpecifiedNames } from "./export_options.ts";
import { exportSettingsSchema } from "./settings.ts";
import type { ExportInput, ExportSettings } from "./settings.ts";
import type { ExportContext, TelemetryExporter } from "./telemetry.ts";

/** What opening exporters needs in addition to their settings. */
export interface OpenOptions {
  /** Where credentials and OpenTelemetry's settings are looked up; default: the environment. */
  variables?: Readonly<Record<string, string | undefined>>;
  /**
   * Whether this is an agent, whose presence is kept by the broker under its name (default), or only a run, whose end
   * says nothing about the agent of the same name.
   */
  isAgent?: boolean;
  /**
   * Has tasks sampled at least so often (ms), as a manager asks by `mqtt_control`, and those that are not named as they
   * were; without it that setting is refused.
   */
  onDenser?: (intervals: ReadonlyMap<string, number>) => void;
  /** Gets a line worth telling a user, such as that a broker refuses us; default: a warning of the process. */
  onNotice?: (line: string) => void;
}

/**
 * Open the exporters that the settings ask for. They connect in the background: an unavailable or refusing
 * destination is reported through `onNotice` within five seconds, and retried.
 *
 * ```ts
 * const exporters = await openExporters({ mqtt: "mqtt://localhost", domain: "d", channel: "c" });
 * manager.onMetrics(exporters.message);
 * await exporters.close(5_000);
 * ```
 * @throws ProctorError of kind `usage` when the settings make no sense or name a file that cannot be read
 */
export async function openExporters(input: ExportInput, options: OpenOptions = {}): Promise<ExporterSet> {
  checkOptions(options, { variables: OBJECT, isAgent: FLAG, onDenser: CALLBACK, onNotice: CALLBACK });
  const notice = options.onNotice ?? ((line: string) => process.emitWarning(line, "ProctorWarning"));
  const settings = checkedSettings(input);
  if (settings.mqtt_control !== undefined && !options.onDenser) {
    throw usageError("mqtt_control: samples are made denser by proctor watch, run and attach only");
  }
  const variables = options.variables ?? process.env;
  const isAgent = options.isAgent ?? true;
  const identity = await agentIdentity({ given: settings.agent_id, variables, isMade: isAgent, notice });
  const context: ExportContext = {
    propletId: settings.proplet_id ?? hostname(),
    agentId: identity.id,
    isAgent,
    hostName: hostname(),
    bootId: identity.bootId,
    variables,
    notice,
    ...(options.onDenser && { onDenser: options.onDenser }),
    reports: () => set.reports,
  };
  const opened: TelemetryExporter[] = [];
  const set = new ExporterSet(context.propletId, opened, notice, context.agentId);
  try {
    for (const open of wanted(settings, context)) opened.push(await open());
  } catch (error) {
    await Promise.allSettled(opened.map((exporter) => exporter.close(0)));
    throw error;
  }
  return set;
}

/** The settings, checked. @throws ProctorError of kind `usage` that names every fault */
export function checkedSettings(written: ExportInput): ExportSettings {
  for (const [name, message] of namedTwice((key) => written[key as keyof ExportInput] !== undefined)) {
    throw usageError(`${name}: ${message}`);
  }
  const input = withSpecifiedNames(written);
  const { success, data, error } = exportSettingsSchema.safeParse(input, IN_OUR_WORDS);
  if (!success) throw usageError(describeIssues(error));
  if (input.mqtt_batch_wait !== undefined && data.mqtt_batch === 1) {
    throw usageError("mqtt_batch_wait: nothing uses it; add mqtt_batch");
  }
  if (input.mqtt_control_interval !== undefined && data.mqtt_control === undefined) {
    throw usageError("mqtt_control_interval: nothing uses it; add mqtt_control");
  }
  return data;
}

/** Each exporter is loaded only where it is wanted: their libraries are large. */
function wanted(settings: ExportSettings, context: ExportContext): (() => Promise<TelemetryExporter>)[] {
  const exporters: (false | (() => Promise<TelemetryExporter>))[] = [
    settings.mqtt !== undefined &&
    (async () => (await import("./mqtt/mod.ts")).openMqtt(settings, context)),
    settings.prometheus !== undefined &&
    (async () => (await import("./prometheus/mod.ts")).openPrometheus(settings, context)),
    settings.prometheus_textfile !== undefined &&
    (async () => (await import("./prometheus/mod.ts")).openPrometheusTextfile(settings, context)),
    settings.otlp !== undefined &&
    (async () => (await import("./otlp/mod.ts")).openOtlp(settings, context)),
  ];
  return exporters.filter((open) => open !== false);
}
