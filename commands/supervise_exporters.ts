import { isDeepStrictEqual } from "node:util";
import { parseDuration } from "../core/duration.ts";
import type { TaskMessage } from "../core/task_message.ts";
import type { ExporterSet } from "../exporters/exporter_set.ts";
import { EXPORT_SWITCHES } from "../exporters/export_options.ts";
import type { ExportInput } from "../exporters/settings.ts";
import type { Platform } from "../platform/mod.ts";
import type { SupervisorEvent } from "../supervisor/control.ts";
import { exportsMessages } from "../supervisor/monitoring.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { exportInput } from "./export_options.ts";
import type { ExportFlags } from "./export_options.ts";
import type { AgentHealth } from "./watch_health.ts";

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
 * Whether any exporter is asked for; to know that, none of their modules is loaded.
 * @throws ProctorError of kind `usage` for a flag that nothing uses
 */
function asksForAny(flags: SuperviseExportFlags, inFile: Readonly<Record<string, unknown>>): boolean {
  return exportInput(flags, ["proplet_id", "task_id"], inFile) !== undefined ||
    EXPORT_SWITCHES.some((key) => inFile[key] !== undefined);
}

/** Has leave what a supervisor's processes use, what becomes of them, and how it is itself. */
export class SupervisorExporters {
  #input: ExportInput | undefined;
  #set: ExporterSet | undefined;
  /** What is told while the exporters are changed. */
  #held: ((set: ExporterSet) => void)[] | undefined;
  /** Tasks that run, and whether they are exported. */
  readonly #begun = new Map<string, boolean>();
  #health: AgentHealth | undefined;
  readonly #propletId: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changing: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(
    readonly supervisor: Supervisor,
    readonly flags: SuperviseExportFlags,
    readonly platform: Platform,
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
    const exporters = new SupervisorExporters(supervisor, flags, platform, tell);
    exporters.#input = await exporters.#settings();
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
    const after = await this.#settings();
    // The messages go on under the one that the monitor was made with.
    if (after && after.proplet_id !== this.#propletId) {
      if (this.#propletId === undefined) delete after.proplet_id;
      else after.proplet_id = this.#propletId;
      this.tell("warn", "proplet_id: the new one is used from the next start on");
    }
    if (this.#isClosed || isDeepStrictEqual(after, before)) return;
    const held: ((set: ExporterSet) => void)[] = this.#held = [];
    await this.#set?.close(CLOSE_WITHIN_MS);
    this.#set = undefined;
    try {
      this.#set = await this.#open(after);
      this.#input = after;
    } catch (error) {
      this.#input = undefined;
      this.#set = await this.#open(before);
      this.#input = before;
      throw error;
    } finally {
      this.#held = undefined;
      this.#begun.clear();
      for (const hand of held) this.#hand(hand);
      this.#tellHealth();
    }
    this.tell("info", "the exporters were opened anew");
  }

  async #settings(): Promise<ExportInput | undefined> {
    const { flags, supervisor } = this;
    if (!asksForAny(flags, supervisor.exports)) return undefined;
    return (await import("./merged_exports.ts")).superviseExports(flags, supervisor.exports);
  }

  async #open(input: ExportInput | undefined): Promise<ExporterSet | undefined> {
    if (!input) return undefined;
    const [{ openExporters }, { AgentHealth }] = await Promise.all([
      import("../exporters/open.ts"),
      import("./watch_health.ts"),
    ]);
    this.#health ??= new AgentHealth(this.platform);
    return await openExporters(input, { onNotice: (line) => this.tell("warn", line) });
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
      // They are being changed: then it is told again afterwards.
      if (!this.#set) return;
      const { propletId, reports } = this.#set;
      const taskCount = this.supervisor.list().filter(({ pid }) => pid !== null).length;
      const message = await this.#health!.message({ propletId, taskCount, reports });
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
