import { make } from "../parts/dom.ts";
import { LiveChart } from "../parts/live_chart.ts";
import { HOST_PANELS, TASK_PANELS } from "./panels.ts";
import type { FleetPanel } from "./panels.ts";
import { readSeries } from "./server.ts";
import type { Series } from "./server.ts";

/** Means of some time: single samples of two over each other would be a thicket. */
const POINTS = 60;
/** Of each panel its first line: four in a chart can no longer be told apart. */
const COLORS = ["--line-0", "--line-1"] as const;

/** One of two courses that are drawn over each other. */
export interface ComparedCourse {
  readonly task: number;
  readonly name: string;
  /** When its period begins, ms since 1970. */
  readonly from: number;
}

/** The courses of two tasks over periods of one length, each chart with both. */
export class CompareCourses {
  readonly element = make("div", { class: "charts" });
  readonly #charts: LiveChart[] = [];
  readonly #sizes = new ResizeObserver(() => this.#fit(false));
  #isClosed = false;

  /** @param until the end of the second's period, ms since 1970: times on the axis are of it */
  constructor(
    readonly courses: readonly [ComparedCourse, ComparedCourse],
    readonly seconds: number,
    readonly until: number,
    isHost: boolean,
  ) {
    this.#sizes.observe(this.element);
    const panels = isHost ? HOST_PANELS : TASK_PANELS;
    void this.#read(panels.filter(({ id }) => ["cpu", "memory", "disk", "network"].includes(id)));
  }

  restyle(): void {
    this.#fit(true);
  }

  close(): void {
    this.#isClosed = true;
    this.#sizes.disconnect();
    for (const chart of this.#charts) chart.destroy();
  }

  async #read(panels: readonly FleetPanel[]): Promise<void> {
    try {
      const columns = panels.map((panel) => panel.columns[0]);
      const found = await Promise.all(
        this.courses.map(({ task, from }) =>
          readSeries(task, columns, from, from + this.seconds * 1_000, POINTS)
        ),
      );
      if (!this.#isClosed) panels.forEach((panel) => this.#draw(panel, found));
      this.#fit(false);
    } catch (error) {
      this.element.replaceChildren(make("p", { class: "empty" }, (error as Error).message));
    }
  }

  #draw(panel: FleetPanel, found: readonly Series[]): void {
    const [column] = panel.columns;
    const start = this.until - this.seconds * 1_000;
    // Both on one axis: what was before is drawn at the same distance from its beginning.
    const lines = found.map(({ times, values }, n) => {
      const shift = start - this.courses[n].from;
      return new Map(times.map((time, at) => [time + shift, (values[column] ?? [])[at] ?? null] as const));
    });
    if (lines.every((line) => [...line.values()].every((value) => value === null))) return;
    const step = Math.max(...found.map(({ step_ms }) => step_ms ?? 0)) || 1_000;
    const grid = [
      ...new Set(lines.flatMap((line) => [...line.keys()].map((time) => Math.round(time / step)))),
    ]
      .sort((a, b) => a - b);
    const placed = lines.map((line) => {
      const byStep = new Map([...line].map(([time, value]) => [Math.round(time / step), value]));
      // Between the samples of one there are those of the other: gaps are only where nothing is known.
      return grid.map((at) => byStep.has(at) ? byStep.get(at)! : undefined);
    });
    const chart = new LiveChart(
      {
        ...panel,
        lines: this.courses.map(({ name }, n) => ({ label: name, color: COLORS[n] })),
        hint: panel.lines[0].label === panel.title ? "" : panel.lines[0].label,
      },
      this.seconds,
      300,
    );
    this.#charts.push(chart);
    this.element.append(chart.element);
    chart.show(grid.map((at) => at * step / 1_000), placed, this.until / 1_000);
  }

  #fit(isNew: boolean): void {
    for (const chart of this.#charts) chart.fit(Math.max(100, chart.element.clientWidth - 2), isNew);
  }
}
