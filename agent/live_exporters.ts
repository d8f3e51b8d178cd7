import { isDeepStrictEqual } from "node:util";
import type { TickCounts } from "../core/measure/sampler.ts";
import type { ExporterSet } from "../exporters/exporter_set.ts";
import type { ExportInput } from "../exporters/settings.ts";
import type { Platform } from "../platform/mod.ts";
import type { AgentHealth } from "./watch_health.ts";

/** The last messages may take so long to leave. */
const CLOSE_WITHIN_MS = 5_000;
/** What waits at most while the exporters are changed. */
const MOST_HELD = 10_000;

/** Whose exporters they are. */
export interface ExporterOwner {
  readonly platform: Platform;
  /** Gets a line worth telling a user. */
  readonly onNotice: (line: string) => void;
  /** How many tasks there are now. */
  readonly taskCount: () => number;
  /** How ticks went so far, of all tasks. */
  readonly ticks: () => TickCounts;
  /** How often to tell how the owner is, in milliseconds; null for never. */
  readonly healthMs: () => number | null;
  /** Others are open: whoever has told them something that holds on tells it anew, before what has waited is told. */
  readonly onChange: () => void;
  /** Has tasks sampled at least so often (ms), those that are not named as they were; left out where that cannot be. */
  readonly onDenser?: (intervals: ReadonlyMap<string, number>) => void;
}

/**
 * The exporters of a program that goes on while they are changed, and that tells them how it is. As long as none are
 * asked for, none of their modules is loaded.
 */
export class LiveExporters {
  #input: ExportInput | undefined;
  #set: ExporterSet | undefined;
  /** What is told while the exporters are changed. */
  #held: ((set: ExporterSet) => void)[] | undefined;
  #health: AgentHealth | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changing: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(readonly owner: ExporterOwner) {}

  /**
   * Open those that are asked for.
   * @throws ProctorError of kind `usage` when the settings make no sense or name a file that cannot be read
   */
  static async open(owner: ExporterOwner, input: ExportInput | undefined): Promise<LiveExporters> {
    const exporters = new LiveExporters(owner);
    exporters.#set = await exporters.#open(input);
    exporters.#input = input;
    return exporters;
  }

  /** Whether there are any, or will be again in a moment. */
  get areThere(): boolean {
    return this.#set !== undefined || this.#held !== undefined;
  }

  /** Tell them something, now or once they have been changed. */
  hand(tell: (set: ExporterSet) => void): void {
    if (!this.#held) {
      if (this.#set) tell(this.#set);
    } else if (this.#held.length < MOST_HELD) this.#held.push(tell);
  }

  /**
   * Go on with others, where they are others; the old ones go first, since the new may want the same port, directory or
   * name at the broker.
   *
   * @param settings what is asked for by the time that an earlier change is over
   * @returns whether anything has changed
   * @throws what keeps them from being opened; then they are as they were
   */
  change(settings: () => Promise<ExportInput | undefined>): Promise<boolean> {
    const done = this.#changing.then(async () => await this.#change(await settings()));
    this.#changing = done.catch(() => {});
    return done;
  }

  /** Tell how the owner is after an interval, and again and again. */
  tellHealth(): void {
    clearTimeout(this.#timer);
    const ms = this.owner.healthMs();
    if (ms === null || !this.#set || this.#isClosed) return;
    this.#timer = setTimeout(async () => {
      // They are being changed: then it is told again afterwards.
      if (!this.#set) return;
      const { propletId, agentId, reports } = this.#set;
      const { taskCount, ticks } = this.owner;
      const state = { propletId, agentId, taskCount: taskCount(), ticks: ticks(), reports };
      const message = await this.#health!.message(state);
      if (this.#isClosed) return;
      this.#set?.health(message);
      this.tellHealth();
    }, ms);
  }

  /** Deliver what waits, within a bound, and end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#changing;
    await this.#set?.close(CLOSE_WITHIN_MS);
  }

  async #change(after: ExportInput | undefined): Promise<boolean> {
    const before = this.#input;
    if (this.#isClosed || isDeepStrictEqual(after, before)) return false;
    const held: ((set: ExporterSet) => void)[] = this.#held = [];
    await this.#set?.close(CLOSE_WITHIN_MS);
    this.#set = this.#input = undefined;
    // What a manager has asked for goes with those who heard it.
    this.owner.onDenser?.(new Map());
    try {
      this.#set = await this.#open(after);
      this.#input = after;
    } catch (error) {
      this.#set = await this.#open(before);
      this.#input = before;
      throw error;
    } finally {
      this.#held = undefined;
      this.owner.onChange();
      for (const tell of held) this.hand(tell);
      this.tellHealth();
    }
    return true;
  }

  async #open(input: ExportInput | undefined): Promise<ExporterSet | undefined> {
    if (!input) return undefined;
    const [{ openExporters }, { AgentHealth }] = await Promise.all([
      import("../exporters/open.ts"),
      import("./watch_health.ts"),
    ]);
    this.#health ??= new AgentHealth(this.owner.platform);
    const { onNotice, onDenser } = this.owner;
    return await openExporters(input, { onNotice, ...(onDenser && { onDenser }) });
  }
}
