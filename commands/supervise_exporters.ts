import { hostname } from "node:os";
import { parseDuration } from "../core/duration.ts";
import type { TaskMessage } from "../core/task_message.ts";
import type { ExporterSet } from "../exporters/exporter_set.ts";
import { topicsOf } from "../exporters/mqtt/topics.ts";
import { checkedSettings, openExporters } from "../exporters/open.ts";
import type { ExportInput } from "../exporters/settings.ts";
import type { Platform } from "../platform/mod.ts";
import type { SupervisorEvent } from "../supervisor/control.ts";
import { exportsMessages } from "../supervisor/monitoring.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { ExportFlags } from "./export_options.ts";
import { mergedExports } from "./merged_exports.ts";
import { withFlags } from "./run_exporters.ts";
import { AgentHealth } from "./watch_health.ts";

/** The last messages may take so long to leave. */
const CLOSE_WITHIN_MS = 5_000;
/** Messages and events that wait while the exporters are changed. */
const MOST_HELD = 10_000;

/** The flags that exporters of a supervisor have. */
export interface SuperviseExportFlags extends ExportFlags {
  propletId?: string;
  healthInterval?: number | "off";
}

/**
 * What the exporters of a supervisor are to be; undefined for none.
 * @throws ProctorError of kind `usage` when it makes no sense
 */
export function superviseExports(
  flags: SuperviseExportFlags,
  inFile: Readonly<Record<string, unknown>>,
): ExportInput | undefined {
  const exports = mergedExports(flags, inFile);
  if (exports?.mqtt === undefined) return exports;
  try {
    topicsOf(checkedSettings(exports), exports.proplet_id ?? hostname());
  } catch (error) {
    throw withFlags(error);
  }
  return exports;
}

/** Has leave what a supervisor's processes use, what becomes of them, and how it is itself. */
export class SupervisorExporters {
  #input: ExportInput | undefined;
  #set: ExporterSet | undefined;
  /** What is told while the exporters are changed. */
  #held: ((set: ExporterSet) => void)[] | undefined;
  /** Tasks that run, and whether they are exported. */
  readonly #begun = new Map<string, boolean>();
  readonly #health: AgentHealth;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changing: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(
    readonly supervisor: Supervisor,
    readonly flags: SuperviseExportFlags,
    platform: Platform,
    readonly tell: (level: string, line: string) => void,
  ) {
    this.#health = new AgentHealth(platform);
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
    const exporters = new SupervisorExporters(supervisor, flags, platform, tell);
    exporters.#input = superviseExports(flags, supervisor.exports);
    exporters.#set = await exporters.#open(exporters.#input);
    supervisor.onMetrics((message) => exporters.#message(message));
    exporters.#tellHealth();
    return exporters;
  }

  /** Something has happened; a configuration that was read anew may want other exporters. */
  event(event: SupervisorEvent): void {
    this.#hand((set) => set.event(event));
    if (event.kind !== "reloaded") return;
    this.#changing = this.#changing.then(() => this.#change()).catch((error: Error) => {
      this.tell("error", error.message);
      this.tell("error", "the exporters are as they were");
    });
  }

  /** Deliver what waits, within a bound, and end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#changing;
    await this.#set?.close(CLOSE_WITHIN_MS);
  }

  /** The old ones go first: the new may want the same port, directory or name at the broker. */
  async #change(): Promise<void> {
    this.#tellHealth();
    const before = this.#input;
    const after = superviseExports(this.flags, this.supervisor.exports);
    if (this.#isClosed || JSON.stringify(after) === JSON.stringify(before)) return;
    if (before && after && before.proplet_id !== after.proplet_id) {
      after.proplet_id = before.proplet_id;
      this.tell("warn", "proplet_id: the new one is used from the next start on");
    }
    const held: ((set: ExporterSet) => void)[] = this.#held = [];
    await this.#set?.close(CLOSE_WITHIN_MS);
    this.#set = undefined;
    try {
      this.#set = await this.#open(after);
      this.#input = after;
    } catch (error) {
      this.#set = await this.#open(before);
      throw error;
    } finally {
      this.#held = undefined;
      this.#begun.clear();
      for (const hand of held) this.#hand(hand);
      this.#tellHealth();
    }
    this.tell("info", "the exporters were opened anew");
  }

  async #open(input: ExportInput | undefined): Promise<ExporterSet | undefined> {
    return input && await openExporters(input, { onNotice: (line) => this.tell("warn", line) });
  }

  #hand(hand: (set: ExporterSet) => void): void {
    if (!this.#held) {
      if (this.#set) hand(this.#set);
    } else if (this.#held.length < MOST_HELD) this.#held.push(hand);
  }

  #message(message: TaskMessage): void {
    const { task_id: id, state } = message;
    this.#hand((set) => {
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

  #tellHealth(): void {
    clearTimeout(this.#timer);
    const ms = this.#healthMs();
    if (ms === null || !this.#set || this.#isClosed) return;
    this.#timer = setTimeout(async () => {
      const message = await this.#health.message({
        propletId: this.#set?.propletId ?? hostname(),
        taskCount: this.supervisor.list().filter(({ pid }) => pid !== null).length,
        reports: this.#set?.reports ?? [],
      });
      if (this.#isClosed) return;
      this.#set?.health(message);
      this.#tellHealth();
    }, ms);
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
