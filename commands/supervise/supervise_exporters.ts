import { LiveExporters } from "../../agent/live_exporters.ts";
import { parseDuration } from "../../core/duration.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import type { ExporterSet } from "../../exporters/exporter_set.ts";
import { EXPORT_SWITCHES } from "../../exporters/export_options.ts";
import type { ExportInput } from "../../exporters/settings.ts";
import type { Platform } from "../../platform/mod.ts";
import type { ConfigInForce } from "../../supervisor/config/load.ts";
import type { SupervisorEvent } from "../../supervisor/control.ts";
import { exportsMessages } from "../../supervisor/process/monitoring.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { exportInput } from "../options/export_options.ts";
import type { ExportFlags } from "../options/export_options.ts";

/** The flags that exporters of a supervisor have. */
export interface SuperviseExportFlags extends ExportFlags {
  propletId?: string;
  healthInterval?: number | "off";
}

/**
 * Whether any exporter is asked for; to know that, none of their modules is loaded.
 * @throws ProctorError of kind `usage` for a flag that nothing uses
 */
function asksForAny(flags: SuperviseExportFlags, inFile: Readonly<Record<string, unknown>>): boolean {
  return exportInput(flags, ["proplet_id", "task_id"], inFile) !== undefined ||
    EXPORT_SWITCHES.some((key) => inFile[key] !== undefined);
}

/** Forwards metrics, events and health of a supervisor to the exporters. */
export class SupervisorExporters {
  #live!: LiveExporters;
  /** Tasks that run, and whether they are exported. */
  readonly #begun = new Map<string, boolean>();
  readonly #propletId: string | undefined;

  private constructor(
    readonly supervisor: Supervisor,
    readonly flags: SuperviseExportFlags,
    readonly tell: (level: string, line: string) => void,
  ) {
    this.#propletId = flags.propletId ?? supervisor.manager.proplet_id;
  }

  /**
   * Open those that the configuration and the flags ask for.
   * @param tell a line for the supervisor's own log
   * @throws ProctorError of kind `usage` when they make no sense or name a file that cannot be read
   */
  static async open(
    supervisor: Supervisor,
    flags: SuperviseExportFlags,
    platform: Platform,
    tell: (level: string, line: string) => void,
  ): Promise<SupervisorExporters> {
    const exporters = new SupervisorExporters(supervisor, flags, tell);
    exporters.#live = await LiveExporters.open({
      platform,
      onNotice: (line) => tell("warn", line),
      taskCount: () => supervisor.list().filter(({ pid }) => pid !== null).length,
      ticks: () => supervisor.ticks,
      healthMs: () => exporters.#healthMs(),
      onChange: () => exporters.#begun.clear(),
    }, await exporters.#settings(supervisor.exports));
    supervisor.onMetrics((message) => exporters.#message(message));
    exporters.#live.tellHealth();
    return exporters;
  }

  /** Something has happened; a configuration that was read anew may want other exporters. */
  event(event: SupervisorEvent): void {
    this.#live.hand((set) => set.event(event));
    if (event.kind === "reloaded") this.#live.tellHealth();
  }

  /**
   * A configuration is to be in force that may want other exporters.
   * @throws what keeps them from being opened; then they are as they were
   */
  async change({ exports }: Pick<ConfigInForce, "exports">): Promise<void> {
    const hasChanged = await this.#live.change(async () =>
      this.#underSameName(await this.#settings(exports))
    );
    if (hasChanged) this.tell("info", "the exporters were reopened");
  }

  /** Deliver what waits, within a bound, and end. */
  async close(): Promise<void> {
    await this.#live.close();
  }

  /** The messages go on under the one that the monitor was made with. */
  #underSameName(input: ExportInput | undefined): ExportInput | undefined {
    if (!input || input.proplet_id === this.#propletId) return input;
    this.tell("warn", "proplet_id: the new one is used from the next start on");
    const { proplet_id: _, ...rest } = input;
    return this.#propletId === undefined ? rest : { ...rest, proplet_id: this.#propletId };
  }

  async #settings(inFile: ConfigInForce["exports"]): Promise<ExportInput | undefined> {
    const { flags } = this;
    if (!asksForAny(flags, inFile)) return undefined;
    return (await import("../options/merged_exports.ts")).superviseExports(flags, inFile);
  }

  #message(message: TaskMessage): void {
    const { task_id: id, state } = message;
    this.#live.hand((set) => {
      if (!this.#begun.has(id)) this.#begun.set(id, this.#begin(id, message, set));
      if (this.#begun.get(id)) set.message(message);
      if (state !== "running") this.#begun.delete(id);
    });
  }

  /** Its first message, in this life; whether it is exported. */
  #begin(id: string, { metrics }: TaskMessage, set: ExporterSet): boolean {
    const known = this.supervisor.list().find((one) => one.id === id);
    const described = known && this.supervisor.describe(id);
    if (!exportsMessages(described?.definition.monitoring_profile)) return false;
    set.begin({
      task_id: id,
      name: id,
      command: commandOf(described?.definition),
      pid: known?.pid ?? null,
      start_time: described?.started_at ??
        new Date(Date.parse(metrics.timestamp) - metrics.uptime_seconds * 1_000).toISOString(),
    });
    return true;
  }

  #healthMs(): number | null {
    const { health_interval } = this.supervisor.manager;
    const chosen = this.flags.healthInterval ?? health_interval;
    if (chosen === "off") return null;
    return typeof chosen === "number" ? chosen : parseDuration(chosen, "health_interval");
  }
}

/** As it may be shown: secrets are left out of it. */
function commandOf(definition: Readonly<Record<string, unknown>> | undefined): string[] {
  const { control } = (definition?.management ?? {}) as {
    control?: { executable?: string; arguments?: readonly string[] };
  };
  return control?.executable === undefined ? [] : [control.executable, ...control.arguments ?? []];
}
