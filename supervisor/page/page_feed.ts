import { hostname } from "node:os";
import { Peaks } from "../../core/measure/peaks.ts";
import { PEAK_COUNT, PEAK_SPAN_MS } from "../../core/schema/page_messages.ts";
import type { PageHistory, PageRow, PageTick, PageWhole } from "../../core/schema/page_messages.ts";
import { serverSentEvent } from "../../io/net/stream_response.ts";
import { Feed } from "../../io/net/feed.ts";
import { ControlError } from "../control.ts";
import type { ProcessStatus, SupervisorControl } from "../control.ts";
import { pauseMs, WATCHED_MS } from "./pace.ts";
import { ProcessCourse } from "./process_course.ts";

/** After an event it is looked sooner, but not for each of many events. */
const SOON_MS = 150;
/** So far back the course of a process goes. */
const KEPT_MS = 600_000;
const MOST_MOMENTS = KEPT_MS / WATCHED_MS;
/** A page that takes nothing misses what comes after so much, and is shown the whole then: a look at many is long. */
const MOST_WAITING = 50;
/** Events a page begins with. */
const FIRST_EVENTS = 200;

interface Followed {
  readonly course: ProcessCourse;
  readonly peaks: Peaks;
  /** What the pages know of it; of no use after a look that none of them has seen. */
  told: PageRow | null;
}

/**
 * What pages are shown: how it stands with all, looked at once for all pages, and the course of the last while. While
 * none is open a look a minute is enough for the course, whose CPU is the mean since the look before.
 */
export class PageFeed {
  readonly #followed = new Map<string, Followed>();
  readonly #readers = new Set<Feed<string>>();
  readonly #stopEvents: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #order: readonly string[] = [];
  #lookedAtMs = Infinity;
  /** What a look takes, the latest ones weighing most: one that was disturbed does not set the pace. */
  #costMs = 0;
  #isClosed = false;

  constructor(readonly control: SupervisorControl) {
    this.#stopEvents = control.onEvent((event) => {
      if (this.#readers.size === 0) return;
      this.#tell(serverSentEvent("event", event));
      this.#soon ??= setTimeout(() => this.#look(), SOON_MS);
    });
    this.#look();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#soon);
    this.#stopEvents();
  }

  /** Everything, and then what changes, as server-sent events until the signal comes. */
  async *stream(signal: AbortSignal): AsyncGenerator<string> {
    const feed = new Feed<string>(MOST_WAITING);
    // Before it is listened: what this look finds, the whole has.
    this.#look(true);
    this.#readers.add(feed);
    this.#waitForNext();
    try {
      yield serverSentEvent("whole", this.#whole());
      for await (const fed of feed.values(signal)) {
        yield "value" in fed ? fed.value : serverSentEvent("whole", this.#whole());
      }
    } finally {
      this.#readers.delete(feed);
    }
  }

  /**
   * The course of one process, as far back as it is kept, or since a moment.
   * @throws ControlError `not_found`
   */
  history(id: string, sinceMs: number): PageHistory {
    this.control.get(id);
    const followed = this.#followed.get(id);
    if (!followed) throw new ControlError("not_found", `nothing is known of "${id}" yet`);
    return followed.course.since(Math.max(sinceMs, Date.now() - KEPT_MS));
  }

  #waitForNext(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#look(), pauseMs(this.#costMs, this.#readers.size > 0));
    this.#timer.unref?.();
  }

  /** Look at all, and tell the pages what has changed. @param isSeen whether there are any, or one is just coming */
  #look(isSeen = this.#readers.size > 0): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const atMs = Date.now();
    const beganMs = performance.now();
    const all = this.control.list();
    const rows: PageRow[] = [];
    for (const status of all) {
      const followed = this.#follow(status.id);
      followed.course.take(atMs, status);
      followed.peaks.take(atMs, status.cpu_percent, Math.min(atMs, this.#lookedAtMs));
      const row = isSeen ? rowOf(status) : null;
      if (row && (!followed.told || isNews(row, followed.told))) rows.push(row);
      followed.told = row;
    }
    this.#lookedAtMs = atMs;
    if (this.#followed.size > all.length) {
      const there = new Set(all.map(({ id }) => id));
      for (const id of this.#followed.keys()) if (!there.has(id)) this.#followed.delete(id);
    }
    if (isSeen) this.#tellTick(atMs, all, rows);
    this.#costMs = (this.#costMs + performance.now() - beganMs) / 2;
    this.#waitForNext();
  }

  #tellTick(atMs: number, all: readonly ProcessStatus[], rows: readonly PageRow[]): void {
    const isReordered = all.length !== this.#order.length || all.some(({ id }, at) => id !== this.#order[at]);
    if (isReordered) this.#order = all.map(({ id }) => id);
    const tick: PageTick = {
      at_ms: atMs,
      rows,
      order: isReordered ? this.#order : undefined,
      cpu_percent: all.map(({ cpu_percent }) => cpu_percent),
    };
    this.#tell(serverSentEvent("tick", tick));
  }

  #follow(id: string): Followed {
    let followed = this.#followed.get(id);
    if (!followed) {
      followed = {
        course: new ProcessCourse(MOST_MOMENTS),
        peaks: new Peaks(PEAK_COUNT, PEAK_SPAN_MS),
        told: null,
      };
      this.#followed.set(id, followed);
    }
    return followed;
  }

  #whole(): PageWhole {
    const atMs = Date.now();
    const peaks = [...this.#followed].map(([id, one]) => [id, [...one.peaks.valuesAt(atMs)]] as const);
    return {
      at_ms: atMs,
      version: this.control.info().version,
      host_name: hostname(),
      rows: this.control.list().map(rowOf),
      events: this.control.recentEvents().slice(-FIRST_EVENTS),
      peaks: Object.fromEntries(peaks),
    };
  }

  #tell(text: string): void {
    for (const reader of this.#readers) reader.push(text);
  }
}

/**
 * Whether a page that knows one row has to be shown another; the uptime rises by itself, and CPU goes with each tick.
 */
function isNews(row: PageRow, told: PageRow): boolean {
  return row.state !== told.state || row.memory_bytes !== told.memory_bytes || row.pid !== told.pid ||
    row.process_count !== told.process_count || row.restarts !== told.restarts ||
    row.health !== told.health ||
    row.reason !== told.reason || row.degraded !== told.degraded || row.type !== told.type ||
    (row.uptime_seconds === null) !== (told.uptime_seconds === null) ||
    row.groups.length !== told.groups.length || row.groups.some((name, at) => name !== told.groups[at]);
}

function rowOf(status: ProcessStatus): PageRow {
  const { id, type, groups, state, pid, restarts, uptime_seconds, cpu_percent, memory_bytes } = status;
  const { process_count, health, reason, degraded } = status;
  const known = { id, type, groups, state, pid, restarts, uptime_seconds, cpu_percent, memory_bytes };
  return { ...known, process_count, health, reason, degraded };
}
